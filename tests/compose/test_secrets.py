"""The stack's passwords: random, made once, in a folder that only its owner enters."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from loadgen.run import databases
from scripts import secrets_for_stack
from scripts.secrets_for_stack import DERIVED, EXIT_ENVIRONMENT, PASSWORDS, main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOADGEN_HOME", str(tmp_path))
    return tmp_path / "secrets"


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_all_of_them_are_there_and_no_two_alike(folder: Path):
    assert main() == 0
    made = contents(folder)
    assert made.keys() == {*PASSWORDS, *DERIVED}
    assert len({made[name] for name in PASSWORDS}) == len(PASSWORDS)
    assert all(re.fullmatch(r"[0-9a-f]{48}\n", made[name]) for name in PASSWORDS)


def test_only_the_owner_enters_the_folder_and_each_services_user_reads_the_file_that_is_mounted(folder: Path):
    main()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o644}


def test_a_second_time_changes_nothing(folder: Path):
    main()
    before = {path.name: (path.read_text(), path.stat().st_ino) for path in folder.iterdir()}
    assert main() == 0
    assert {path.name: (path.read_text(), path.stat().st_ino) for path in folder.iterdir()} == before


def test_a_password_of_ones_own_is_kept_and_what_is_made_from_it_follows(folder: Path):
    main()
    (folder / "june_password").write_text("chosen-by-somebody\n")
    assert main() == 0
    made = contents(folder)
    assert made["june_password"] == "chosen-by-somebody\n"
    for name in ("postgres_roles.sql", "pgbouncer_users", "june_dsn"):
        assert "chosen-by-somebody" in made[name]


@pytest.mark.parametrize("damage", ["", "short", "with 'quotes' and spaces"])
def test_a_damaged_one_is_named_and_not_told(folder: Path, damage: str, capsys: pytest.CaptureFixture[str]):
    main()
    (folder / "june_password").write_text(damage)
    assert main() == EXIT_ENVIRONMENT
    said = capsys.readouterr().err
    assert str(folder / "june_password") in said
    assert not damage or damage not in said


def test_a_folder_that_cannot_be_had_is_said_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LOADGEN_HOME", str(tmp_path / "file"))
    assert main() == EXIT_ENVIRONMENT
    assert capsys.readouterr().err.count("\n") == 1


def test_the_roles_are_those_of_a_native_run():
    passwords = dict.fromkeys(PASSWORDS, "p")
    roles = set(re.findall(r"CREATE ROLE (\w+)", DERIVED["postgres_roles.sql"](passwords)))
    assert roles == {databases.OWNER, databases.MONITOR}
    assert set(re.findall(r'^"(\w+)"', DERIVED["pgbouncer_users"](passwords), re.MULTILINE)) == {
        databases.OWNER,
        databases.STATS,
    }
    assert f"CREATE DATABASE {databases.DATABASE} OWNER {databases.OWNER}" in DERIVED["postgres_roles.sql"](passwords)


def test_no_value_reaches_the_output(folder: Path, capsys: pytest.CaptureFixture[str]):
    main()
    said = "".join(capsys.readouterr())
    assert not any(secret.strip() in said for secret in contents(folder).values())
    assert secrets_for_stack.secrets_folder({"LOADGEN_HOME": str(folder.parent)}) == folder
