"""Chromium is taken where it is, installed where it can be, or a line says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import apt, get_chromium

FAKE = "#!/bin/sh\necho 'Chromium {version} built on Debian GNU/Linux 12 (bookworm)'\n"


def put(folder: Path, name: str, version: str) -> None:
    (folder / name).write_text(FAKE.format(version=version))
    (folder / name).chmod(0o755)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without Chromium and apt: an empty folder on PATH, which is returned."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.fixture
def shop(bare: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked of a stand-in for apt, which puts a new one on the machine."""
    asked: list[str] = []

    def install(package: str) -> None:
        asked.append(package)
        put(bare, package, "156.0.8078.79")

    monkeypatch.setattr(apt, "install", install)
    return asked


@pytest.mark.parametrize("name", get_chromium.PROGRAMS)
def test_what_is_there_is_taken_without_asking_anybody(bare, shop, name, capfd):
    put(bare, name, "131.0.1")
    assert get_chromium.main([]) == 0
    assert shop == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("version", ["130.0.1", "of a kind unknown"])
def test_one_that_is_too_old_or_says_no_version_does_not_do(bare, shop, version):
    put(bare, "google-chrome", version)
    assert get_chromium.main([]) == 0
    assert shop == ["chromium"]


def test_when_nothing_works_one_line_says_what_to_install_and_what_was_tried(bare, capfd):
    assert get_chromium.main([]) == get_chromium.EXIT_ENVIRONMENT
    said = capfd.readouterr().err
    assert said.count("\n") == 1
    assert "apt-get install chromium" in said
    assert "Tried: there is no apt-get" in said


def test_where_it_is_optional_the_line_is_said_and_nothing_is_hindered(bare, capfd):
    assert get_chromium.main(["--optional"]) == 0
    assert "the rest works without it" in capfd.readouterr().err
