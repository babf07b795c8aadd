"""A release archive is unpacked whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import socket
from pathlib import Path

import pytest

from scripts import archive
from tests.setup.release_host import Shelf, link, packed, plain

WANTED = ("prometheus", "promtool")
TOP = "prometheus-9.9.9.linux-amd64"
GOOD = packed(plain(f"{TOP}/prometheus"), plain(f"{TOP}/promtool"), plain(f"{TOP}/prometheus.yml", b"", 0o644))


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def refusal_of(shelf: Shelf, content: bytes, folder: Path, *, said: str | None = None) -> str:
    """Offer `content`, announced with the sum `said` or its own; it must be refused and leave nothing behind."""
    shelf.files["/a.tar.gz"] = content
    with pytest.raises(archive.Refused) as refused:
        archive.fetch(f"{shelf.url}/a.tar.gz", said or sha256(content), WANTED, folder)
    assert list(folder.iterdir()) == []
    return str(refused.value)


def test_an_archive_with_the_right_sum_is_unpacked_and_only_the_wanted_files(shelf: Shelf, tmp_path: Path):
    shelf.files["/a.tar.gz"] = GOOD
    unpacked = archive.fetch(f"{shelf.url}/a.tar.gz", sha256(GOOD), WANTED, tmp_path / "tools")
    assert unpacked == tmp_path / "tools" / TOP
    assert {file.name: file.stat().st_mode & 0o777 for file in unpacked.iterdir()} == dict.fromkeys(WANTED, 0o755)
    assert list((tmp_path / "tools").iterdir()) == [unpacked]


def test_a_second_fetch_replaces_the_first(shelf: Shelf, tmp_path: Path):
    (tmp_path / TOP).mkdir()
    (tmp_path / TOP / "rest-of-an-old-one").touch()
    shelf.files["/a.tar.gz"] = GOOD
    unpacked = archive.fetch(f"{shelf.url}/a.tar.gz", sha256(GOOD), WANTED, tmp_path)
    assert sorted(file.name for file in unpacked.iterdir()) == sorted(WANTED)


def test_an_archive_with_another_sum_is_refused_and_nothing_stays(shelf: Shelf, tmp_path: Path):
    said = sha256(b"something else")
    message = refusal_of(shelf, GOOD, tmp_path, said=said)
    assert sha256(GOOD) in message
    assert said in message


def test_a_download_that_breaks_off_is_refused(shelf: Shelf, tmp_path: Path):
    shelf.cut.add("/a.tar.gz")
    assert "is expected" in refusal_of(shelf, GOOD, tmp_path)


def test_an_archive_that_is_not_there_is_refused_with_the_hosts_answer(shelf: Shelf, tmp_path: Path):
    with pytest.raises(archive.Refused, match=r"/nowhere answered 404 Not Found"):
        archive.fetch(f"{shelf.url}/nowhere", sha256(GOOD), WANTED, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_a_network_the_refusal_names_the_address(tmp_path: Path):
    with socket.socket() as taken:  # bound and not listening: a connection is refused
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/a.tar.gz"
        with pytest.raises(archive.Refused, match=f"{url} cannot be read: .*refused"):
            archive.fetch(url, sha256(GOOD), WANTED, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../outside", f"{TOP}/../../outside", "/outside", f"/{TOP}/outside"])
def test_a_path_that_leaves_the_folder_spoils_the_whole_archive(shelf: Shelf, tmp_path: Path, name: str):
    folder = tmp_path / "tools"
    content = packed(plain(f"{TOP}/prometheus"), plain(f"{TOP}/promtool"), plain(name))
    assert "leaves its folder" in refusal_of(shelf, content, folder)
    assert list(tmp_path.iterdir()) == [folder]


def test_a_link_in_the_place_of_a_program_is_refused(shelf: Shelf, tmp_path: Path):
    content = packed(plain(f"{TOP}/prometheus"), link(f"{TOP}/promtool", "/bin/sh"))
    assert "no plain file" in refusal_of(shelf, content, tmp_path)


def test_an_archive_without_a_wanted_file_is_refused(shelf: Shelf, tmp_path: Path):
    assert f"has no {TOP}/promtool" in refusal_of(shelf, packed(plain(f"{TOP}/prometheus")), tmp_path)


def test_an_archive_with_two_folders_is_refused(shelf: Shelf, tmp_path: Path):
    content = packed(plain(f"{TOP}/prometheus"), plain("other/promtool"))
    assert "should hold one folder" in refusal_of(shelf, content, tmp_path)


# Named, for a compressed content holds the second in which it was made, and workers must agree on the tests' names.
@pytest.mark.parametrize(
    "content",
    [b"no archive", gzip.compress(b"no archive"), GOOD[: len(GOOD) // 2]],
    ids=["plain text", "compressed text", "half an archive"],
)
def test_what_is_no_whole_archive_is_refused_even_with_the_right_sum(shelf: Shelf, tmp_path: Path, content: bytes):
    assert "cannot be unpacked" in refusal_of(shelf, content, tmp_path)
