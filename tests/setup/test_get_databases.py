"""PostgreSQL and PgBouncer are installed, without a server or a cluster, or a line says what to do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from scripts import apt, get_databases

FAKE_POSTGRES = "#!/bin/sh\necho 'postgres (PostgreSQL) {version} (Debian {version}-1)'\n"


def put(folder: Path, *names: str, version: str = "15.18") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text(FAKE_POSTGRES.format(version=version))
        (folder / name).chmod(0o755)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without databases and apt: an empty folder on PATH, which is returned."""
    path = tmp_path / "bin"
    path.mkdir()
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.setattr(get_databases, "VERSIONS", tmp_path / "postgresql")
    monkeypatch.setattr(get_databases, "FOR_ROOT", str(tmp_path / "sbin"))
    return path


class Shop:
    """Stands in for apt: it remembers what was asked for, and puts it on the machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[tuple[str, str | None]] = []
        self.meanwhile: list[Mapping[Path, str]] = []
        self.version = "15.18"

    def install(self, package: str, service: str | None, meanwhile: Mapping[Path, str]) -> None:
        self.asked.append((package, service))
        self.meanwhile.append(meanwhile)
        if package == "pgbouncer":
            put(self.folder / "sbin", "pgbouncer")
        else:
            put(self.folder / "postgresql/15/bin", "postgres", "initdb", version=self.version)


@pytest.fixture
def shop(bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    shop = Shop(tmp_path)
    monkeypatch.setattr(apt, "install", shop.install)
    return shop


def test_both_are_installed_with_their_services_named_so_that_none_is_left_running(shop: Shop):
    assert get_databases.main([]) == 0
    assert shop.asked == [("postgresql", "postgresql"), ("pgbouncer", "pgbouncer")]


def test_no_cluster_is_made_with_either(shop: Shop):
    get_databases.main([])
    (file,) = get_databases.NO_CLUSTER
    assert file.parent == Path("/etc/postgresql-common/createcluster.d")
    assert [told[file] for told in shop.meanwhile] == ["create_main_cluster = false\n"] * 2


def test_what_is_there_is_taken_without_asking_anybody(shop: Shop, tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    put(tmp_path / "postgresql/17/bin", "postgres", "initdb", version="17.2")
    put(tmp_path / "sbin", "pgbouncer")
    assert get_databases.main([]) == 0
    assert shop.asked == []
    assert capfd.readouterr() == ("", "")


def test_the_newest_of_several_counts_by_number(shop: Shop, tmp_path: Path):
    put(tmp_path / "postgresql/9/bin", "postgres", "initdb", version="9.6")
    put(tmp_path / "postgresql/16/bin", "postgres", "initdb", version="16.1")
    assert get_databases.has_postgresql()


@pytest.mark.parametrize("version, enough", [("14.11", False), ("15.0", True), ("18beta1", True)])
def test_one_on_path_counts_by_its_own_words(bare: Path, version: str, enough: bool):
    put(bare, "postgres", "initdb", version=version)
    assert get_databases.has_postgresql() is enough


def test_a_server_without_initdb_is_of_no_use(bare: Path):
    put(bare, "postgres")
    assert not get_databases.has_postgresql()


def test_an_installation_that_brings_an_old_one_is_told(shop: Shop, capfd: pytest.CaptureFixture[str]):
    shop.version = "13.9"
    assert get_databases.main([]) == get_databases.EXIT_ENVIRONMENT
    assert "postgresql: installed, yet it is missing or too old" in capfd.readouterr().err


def test_when_nothing_works_one_line_says_what_to_install_and_what_was_tried(
    bare: Path, capfd: pytest.CaptureFixture[str]
):
    assert get_databases.main([]) == get_databases.EXIT_ENVIRONMENT
    said = capfd.readouterr().err
    assert said.count("\n") == 1
    assert "apt-get install postgresql pgbouncer" in said
    assert "postgresql: there is no apt-get; pgbouncer: there is no apt-get" in said


def test_where_they_are_optional_the_line_is_said_and_nothing_is_hindered(
    bare: Path, capfd: pytest.CaptureFixture[str]
):
    assert get_databases.main(["--optional"]) == 0
    assert "the rest works without them" in capfd.readouterr().err
