"""Records as files: JSON, written whole or not at all; and the folder for what outlives a run."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")

REPOSITORY = Path(__file__).resolve().parents[1]


def state_folder() -> Path:
    """`.loadgen` in the repository, or LOADGEN_HOME: Prometheus' data, the lock, work folders, downloaded tools."""
    return Path(os.environ.get("LOADGEN_HOME") or REPOSITORY / ".loadgen").resolve()


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` to `path` so that a reader finds the old file or the new one, never a piece.

    Raises OSError, with the path in it, when the folder cannot be written or the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        _replace(path, content)
    except OSError as error:
        # A full disk names no file, and a folder that cannot be written a name that nobody knows.
        raise OSError(error.errno, error.strerror, str(path)) from error


def _replace(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def save(path: Path, record: object) -> None:
    """Write a record as indented JSON."""
    write_whole(path, msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")


def load(path: Path, kind: type[T]) -> T:
    """Read a record back. Raises OSError, or msgspec.ValidationError/DecodeError with the place of the fault."""
    return msgspec.json.decode(path.read_bytes(), type=kind)
