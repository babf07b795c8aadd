"""A release archive: downloaded, checked by its SHA-256, unpacked whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
import urllib.error
import urllib.request
from pathlib import Path, PurePosixPath

TIMEOUT = 30.0
"""Seconds without a byte after which a download is given up."""
LARGEST = 1 << 30
CHUNK = 1 << 20


class Refused(Exception):
    """The archive cannot be had or is not what it should be; the text says which. Nothing was left behind."""


def fetch(url: str, sha256: str, wanted: tuple[str, ...], folder: Path) -> Path:
    """Unpack the files `wanted` of the archive's one folder into `<folder>/<that folder>` and return that path.

    Raises Refused when the download fails, the sum differs, or the archive is not of the expected form.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".unpacking-") as name:
        temporary = Path(name)
        download(url, sha256, temporary / "archive")
        unpacked = unpack(temporary / "archive", wanted, temporary)
        final = folder / unpacked.name
        if final.exists():
            shutil.rmtree(final)
        return unpacked.rename(final)


def fetch_one(url: str, sha256: str, wanted: str, folder: Path) -> Path:
    """Put the plain file `wanted`, which lies at the archive's top, into `folder` and return its path.

    Raises Refused when the download fails, the sum differs, or the archive is not of the expected form.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".unpacking-") as name:
        temporary = Path(name)
        download(url, sha256, temporary / "archive")
        try:
            with tarfile.open(temporary / "archive", "r:gz") as tar:
                _write(tar, wanted, temporary / wanted)
        except (tarfile.TarError, OSError, EOFError) as error:
            raise Refused(f"the archive cannot be unpacked: {error}") from error
        return (temporary / wanted).replace(folder / wanted)


def download(url: str, sha256: str, to: Path) -> None:
    """Write what is at `url` to a file and check it. Raises Refused."""
    digest, size = hashlib.sha256(), 0
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer, to.open("wb") as file:  # noqa: S310 - our own address
            while chunk := answer.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
                if size > LARGEST:
                    raise Refused(f"{url} is larger than {LARGEST} bytes")
                file.write(chunk)
    except urllib.error.HTTPError as error:
        raise Refused(f"{url} answered {error.code} {error.reason}") from error
    except (OSError, ValueError) as error:
        raise Refused(f"{url} cannot be read: {getattr(error, 'reason', None) or error}") from error
    if digest.hexdigest() != sha256:
        raise Refused(f"{url} has the SHA-256 {digest.hexdigest()}, and {sha256} is expected ({size} bytes came)")


def unpack(archive: Path, wanted: tuple[str, ...], into: Path) -> Path:
    """Write the files `wanted` into a folder named as the archive's own, below `into`. Raises Refused.

    Only plain files directly in the archive's one folder are ever written, by name; a path that leaves the folder
    spoils the whole archive.
    """
    try:
        with tarfile.open(archive, "r:gz") as tar:
            members = tar.getmembers()
            top = _the_one_folder(members)
            target = into / top
            target.mkdir()
            for name in wanted:
                _write(tar, f"{top}/{name}", target / name)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise Refused(f"the archive cannot be unpacked: {error}") from error
    return target


def _the_one_folder(members: list[tarfile.TarInfo]) -> str:
    """The name of the folder that holds everything. Raises Refused for a path that is absolute or climbs out."""
    tops = set()
    for member in members:
        path = PurePosixPath(member.name)
        if path.is_absolute() or ".." in path.parts or not path.parts:
            raise Refused(f"the archive holds the path {member.name!r}, which leaves its folder")
        tops.add(path.parts[0])
    if len(tops) != 1:
        raise Refused(f"the archive should hold one folder, and holds {sorted(tops)}")
    return tops.pop()


def _write(tar: tarfile.TarFile, name: str, to: Path) -> None:
    """Write one plain file, executable when the archive says so. Raises Refused when it is missing or no plain file."""
    try:
        member = tar.getmember(name)
    except KeyError:
        raise Refused(f"the archive has no {name}") from None
    source = tar.extractfile(member) if member.isreg() else None
    if source is None:
        raise Refused(f"{name} in the archive is no plain file")
    with (
        source,
        os.fdopen(
            os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o755 if member.mode & 0o100 else 0o644), "wb"
        ) as file,
    ):
        shutil.copyfileobj(source, file)
