"""One way or another there is an actionlint, or a line that says what to do."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from scripts import get_actionlint
from tests.setup.release_host import Shelf, packed, plain

ARCHIVE = f"actionlint_{get_actionlint.VERSION}_linux_amd64.tar.gz"
ADDRESS = f"/v{get_actionlint.VERSION}/{ARCHIVE}"

GO = """#!/bin/sh
test -n "$GOPATH" && test -n "$GOCACHE" && test "$1" = install || exit 9
echo "$2" > {asked}
/bin/mkdir -p "$GOBIN" "$GOPATH/pkg"
/bin/cp {program} "$GOBIN/actionlint"
"""
"""A stand-in for Go: it notes what it was asked to install, and builds nothing."""


def program(version: str) -> bytes:
    """A program that answers -version as actionlint does."""
    return f"#!/bin/sh\necho '{version}'\necho 'installed by building from source'\n".encode()


def put(file: Path, content: bytes) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    file.chmod(0o755)
    return file


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without actionlint, Go and network: an empty folder on PATH, which is returned."""
    path = tmp_path / "bin"
    path.mkdir()
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(get_actionlint, "BINARIES", tmp_path / "venv/bin")
    monkeypatch.setattr(get_actionlint, "GO", tmp_path / "nowhere/go")
    monkeypatch.setenv(get_actionlint.RELEASES_VARIABLE, "http://127.0.0.1:1")
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    return path


@pytest.fixture
def release(bare: Path, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """A bare machine with a release host, whose archive is pinned; as in the real one, all is at its top."""
    content = packed(plain("LICENSE.txt", b"", 0o644), plain("actionlint", program("1.7.12")))
    shelf.files[ADDRESS] = content
    pins = tmp_path / "pins"
    pins.write_text(f"{hashlib.sha256(content).hexdigest()}  {ARCHIVE}\n")
    monkeypatch.setattr(get_actionlint, "PINS", pins)
    monkeypatch.setenv(get_actionlint.RELEASES_VARIABLE, shelf.url)
    return shelf


def test_what_is_there_is_taken_without_asking_anybody(bare: Path, capfd: pytest.CaptureFixture[str]):
    put(bare / "actionlint", program("1.7.3"))
    assert get_actionlint.main() == 0
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("on_path", [True, False])
def test_go_builds_the_pinned_version_where_there_is_one_though_nothing_in_the_environment_names_a_place(
    release: Shelf, bare: Path, tmp_path: Path, on_path: bool
):
    asked = tmp_path / "asked"
    built = put(tmp_path / "built", program("1.7.12"))
    put(bare / "go" if on_path else get_actionlint.GO, GO.format(asked=asked, program=built).encode())
    assert get_actionlint.main() == 0
    assert asked.read_text() == f"{get_actionlint.MODULE}@v{get_actionlint.VERSION}\n"
    assert get_actionlint.program() == str(tmp_path / "venv/bin/actionlint")
    assert release.asked == []


@pytest.mark.parametrize("go", ["none", "broken"])
def test_else_the_pinned_release_is_unpacked_and_found_the_next_time(
    release: Shelf, bare: Path, tmp_path: Path, go: str
):
    if go == "broken":
        put(bare / "go", b"#!/bin/sh\nexit 1\n")
    assert get_actionlint.main() == 0
    assert [file.name for file in (tmp_path / "venv/bin").iterdir()] == ["actionlint"]
    assert get_actionlint.main() == 0
    assert release.asked == [ADDRESS]


def test_an_archive_that_is_not_the_pinned_one_leaves_nothing_behind(
    release: Shelf, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    release.files[ADDRESS] += b" "
    assert get_actionlint.main() == get_actionlint.EXIT_ENVIRONMENT
    assert "has the SHA-256" in capfd.readouterr().err
    assert list((tmp_path / "venv/bin").iterdir()) == []


def test_an_archive_without_the_program_is_refused(
    release: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    content = release.files[ADDRESS] = packed(plain("something", b""))
    get_actionlint.PINS.write_text(f"{hashlib.sha256(content).hexdigest()}  {ARCHIVE}\n")
    assert get_actionlint.main() == get_actionlint.EXIT_ENVIRONMENT
    assert "the archive has no actionlint" in capfd.readouterr().err


def test_when_nothing_works_one_line_says_what_to_do_and_what_was_tried(bare: Path, capfd: pytest.CaptureFixture[str]):
    put(bare / "go", b"#!/bin/sh\necho 'no such module' >&2; exit 1\n")
    put(bare / "actionlint", program("1.6.27"))
    assert get_actionlint.main() == get_actionlint.EXIT_ENVIRONMENT
    said = capfd.readouterr().err
    assert said.count("\n") == 1
    assert f"go install {get_actionlint.MODULE}@v{get_actionlint.VERSION}" in said
    assert "go: no such module" in said
    assert "archive: http://127.0.0.1:1/" in said


def test_every_machine_for_which_a_release_is_pinned_has_the_version_that_go_builds():
    names = [line.split()[1] for line in get_actionlint.PINS.read_text().splitlines()]
    assert ARCHIVE in names
    assert [name for name in names if not name.startswith(f"actionlint_{get_actionlint.VERSION}_")] == []


@pytest.mark.parametrize(
    "text, expected", [("1.7.12", (1, 7)), ("v1.7.12", (1, 7)), ("1.10.0-rc", (1, 10)), ("(devel)", (0, 0))]
)
def test_the_version_is_read_from_the_programs_own_words(tmp_path: Path, text: str, expected: tuple[int, int]):
    assert get_actionlint.version(str(put(tmp_path / "actionlint", program(text)))) == expected
