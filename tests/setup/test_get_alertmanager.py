"""Alertmanager is installed without a daemon, or a line says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import apt, get_alertmanager

FAKE = "#!/bin/sh\necho 'alertmanager, version {version} (branch: HEAD, revision: 0)'\n"


def put(folder: Path, *names: str, version: str = "0.25.0") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text(FAKE.format(version=version))
        (folder / name).chmod(0o755)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without Alertmanager and apt: an empty folder on PATH, which is returned."""
    path = tmp_path / "bin"
    path.mkdir()
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.setenv("LOADGEN_HOME", str(tmp_path / "state"))
    return path


class Shop:
    """Stands in for apt: it remembers what was asked for, and puts it on the machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[tuple[str, str | None]] = []
        self.version = "0.25.0"

    def install(self, package: str, service: str | None) -> None:
        self.asked.append((package, service))
        put(self.folder, "prometheus-alertmanager", "amtool", version=self.version)


@pytest.fixture
def shop(bare: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    shop = Shop(bare)
    monkeypatch.setattr(apt, "install", shop.install)
    return shop


def test_debians_package_is_installed_with_its_service_named_so_that_it_is_not_left_running(shop: Shop):
    assert get_alertmanager.main([]) == 0
    assert shop.asked == [("prometheus-alertmanager", "prometheus-alertmanager")]


@pytest.mark.parametrize("name", get_alertmanager.PROGRAMS)
def test_what_is_there_is_taken_without_asking_anybody(shop: Shop, name: str, capfd: pytest.CaptureFixture[str]):
    put(shop.folder, name, "amtool", version="0.28.1")
    assert get_alertmanager.main([]) == 0
    assert shop.asked == []
    assert capfd.readouterr() == ("", "")


def test_one_in_the_state_folders_tools_is_taken(shop: Shop, tmp_path: Path):
    put(tmp_path / "state/tools/alertmanager-0.27.0", "alertmanager", "amtool", version="0.27.0")
    assert get_alertmanager.main([]) == 0
    assert shop.asked == []


@pytest.mark.parametrize("version, enough", [("0.24.0", False), ("0.25.0", True), ("1.0.0", True), ("none", False)])
def test_it_counts_by_its_own_words(bare: Path, tmp_path: Path, version: str, enough: bool):
    put(bare, "alertmanager", "amtool", version=version)
    assert get_alertmanager.usable(tmp_path) is enough


def test_one_without_amtool_is_of_no_use(bare: Path, tmp_path: Path):
    put(bare, "alertmanager")
    assert not get_alertmanager.usable(tmp_path)


def test_an_installation_that_brings_an_old_one_is_told(shop: Shop, capfd: pytest.CaptureFixture[str]):
    shop.version = "0.21.0"
    assert get_alertmanager.main([]) == get_alertmanager.EXIT_ENVIRONMENT
    assert "installed, yet it does not answer" in capfd.readouterr().err


def test_when_nothing_works_one_line_says_what_to_install_and_what_was_tried(
    bare: Path, capfd: pytest.CaptureFixture[str]
):
    assert get_alertmanager.main([]) == get_alertmanager.EXIT_ENVIRONMENT
    said = capfd.readouterr().err
    assert said.count("\n") == 1
    assert "apt-get install prometheus-alertmanager" in said
    assert "Tried: there is no apt-get" in said


def test_where_it_is_optional_the_line_is_said_and_nothing_is_hindered(bare: Path, capfd: pytest.CaptureFixture[str]):
    assert get_alertmanager.main(["--optional"]) == 0
    assert "the rest works without it" in capfd.readouterr().err
