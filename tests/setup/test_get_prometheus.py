"""One way or another there is a Prometheus, or a line that says what to do."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from scripts import apt, get_prometheus
from tests.setup.release_host import Shelf, packed, plain

NAME = "prometheus-9.9.9.linux-amd64"


def program(version: str) -> bytes:
    """A program that answers --version as Prometheus does."""
    return f"#!/bin/sh\necho 'prometheus, version {version} (branch: HEAD, revision: 0)'\n".encode()


def put_on_path(folder: Path, version: str, *names: str) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_bytes(program(version))
        (folder / name).chmod(0o755)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without Prometheus, apt and network: an empty folder on PATH, which is returned."""
    path = tmp_path / "bin"
    path.mkdir()
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.setenv("LOADGEN_HOME", str(tmp_path / "state"))
    monkeypatch.setenv(get_prometheus.RELEASES_VARIABLE, "http://127.0.0.1:1")
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    return path


@pytest.fixture
def release(bare: Path, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """A bare machine with a release host, whose archive is pinned."""
    content = packed(
        plain(f"{NAME}/prometheus", program("9.9.9")),
        plain(f"{NAME}/promtool", program("9.9.9")),
        plain(f"{NAME}/LICENSE", b"", 0o644),
        plain(f"{NAME}/NOTICE", b"", 0o644),
    )
    shelf.files[f"/v9.9.9/{NAME}.tar.gz"] = content
    pins = tmp_path / "pins"
    pins.write_text(f"{hashlib.sha256(content).hexdigest()}  {NAME}.tar.gz\n")
    monkeypatch.setattr(get_prometheus, "PINS", pins)
    monkeypatch.setenv(get_prometheus.RELEASES_VARIABLE, shelf.url + "/")
    return shelf


def test_one_on_path_that_is_new_enough_is_taken_without_asking_anybody(bare: Path, capfd: pytest.CaptureFixture[str]):
    put_on_path(bare, "2.42.0+ds", "prometheus", "promtool")
    assert get_prometheus.main() == 0
    assert capfd.readouterr() == ("", "")


def test_without_one_the_pinned_release_is_unpacked_and_found_the_next_time(release: Shelf, tmp_path: Path):
    assert get_prometheus.main() == 0
    assert (tmp_path / "state/tools" / NAME / "promtool").is_file()
    assert get_prometheus.main() == 0
    assert release.asked == [f"/v9.9.9/{NAME}.tar.gz"]


def test_one_that_is_too_old_is_left_alone_and_the_release_stands_beside_it(release: Shelf, bare: Path, tmp_path: Path):
    put_on_path(bare, "2.41.0", "prometheus", "promtool")
    before = (bare / "prometheus").read_bytes()
    assert get_prometheus.main() == 0
    assert (bare / "prometheus").read_bytes() == before
    assert (tmp_path / "state/tools" / NAME / "prometheus").is_file()


def test_debians_package_comes_before_the_release(bare: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(get_prometheus.RELEASES_VARIABLE, shelf.url)
    installed: list[tuple[str, str | None]] = []

    def install(package: str, service: str | None = None) -> None:
        installed.append((package, service))
        put_on_path(bare, "2.42.0", "prometheus", "promtool")

    monkeypatch.setattr(apt, "install", install)
    assert get_prometheus.main() == 0
    assert installed == [("prometheus", "prometheus")]
    assert shelf.asked == []


def test_when_nothing_works_one_line_says_what_to_install_and_what_was_tried(
    bare: Path, capfd: pytest.CaptureFixture[str]
):
    assert get_prometheus.main() == get_prometheus.EXIT_ENVIRONMENT
    said = capfd.readouterr().err
    assert said.count("\n") == 1
    assert "apt-get install prometheus" in said
    assert "package: there is no apt-get" in said
    assert "archive: http://127.0.0.1:1/" in said


def test_a_machine_for_which_no_release_is_pinned_is_told_so(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    assert get_prometheus.main() == get_prometheus.EXIT_ENVIRONMENT
    assert "no release is pinned for *.linux-riscv64.tar.gz" in capfd.readouterr().err


@pytest.mark.parametrize(
    "text, expected",
    [
        ("prometheus, version 2.42.0+ds (branch: debian/sid)", (2, 42)),
        ("prometheus, version 3.14.1 (branch: HEAD)", (3, 14)),
        ("something else", (0, 0)),
    ],
)
def test_the_version_is_read_from_the_programs_own_words(tmp_path: Path, text: str, expected: tuple[int, int]):
    file = tmp_path / "prometheus"
    file.write_text(f"#!/bin/sh\necho '{text}'\n")
    file.chmod(0o755)
    assert get_prometheus.version(str(file)) == expected


def test_a_program_that_cannot_be_started_has_no_version(tmp_path: Path):
    assert get_prometheus.version(str(tmp_path / "nothing")) == (0, 0)


def test_every_pin_is_a_sum_and_an_archive_of_a_version_that_is_new_enough():
    for line in get_prometheus.PINS.read_text().splitlines():
        found = re.fullmatch(r"[0-9a-f]{64}  prometheus-(\d+)\.(\d+)\.\d+\.[a-z]+-[a-z0-9]+\.tar\.gz", line)
        assert found, line
        assert (int(found[1]), int(found[2])) >= get_prometheus.OLDEST
