"""Connection strings: where they may stand, and that they are never repeated."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from exporters.core.errors import EnvironmentFault, UsageFault
from exporters.dbpool.dsn import WITHHELD, Dsn, redacted

SECRET = "tops3cret"


def test_a_connection_string_is_read_anew_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "dsn"
    file.write_text("postgresql://me:old@db:6432/june\n")
    dsn = Dsn(f"file:{file}")
    assert dsn.options() == {"user": "me", "password": "old", "host": "db", "port": "6432", "dbname": "june"}
    file.write_text("host=db password='n e w'")
    assert dsn.options() == {"host": "db", "password": "n e w"}
    monkeypatch.setenv("JUNE_DSN", "host=other")
    assert Dsn("env:JUNE_DSN").options() == {"host": "other"}


@pytest.mark.parametrize("words", [b"host=db password=\xff", b"postgresql://db?password=%FF"])
def test_a_password_may_hold_any_bytes(words: bytes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(os.environb, b"JUNE_DSN", words)
    assert Dsn("env:JUNE_DSN").options() == {"host": "db", "password": "\udcff"}


@pytest.mark.parametrize(
    "place",
    [
        f"postgresql://me:{SECRET}@db/june",
        f"host=db password={SECRET}",
        f"env:postgresql://me:{SECRET}@db/june",
        f"env:host=db password={SECRET}",
        f"file:postgresql://me:{SECRET}@db/june",
        f"file:host=db PASSWORD = {SECRET}",
        f"file:me:{SECRET}@db/june",
        SECRET,
        "env:",
        "env:1",
        "env:Ä",
        "file:",
        "",
    ],
)
def test_a_connection_string_given_for_its_place_is_refused_and_not_repeated(place: str):
    with pytest.raises(UsageFault) as fault:
        Dsn(place)
    assert SECRET not in str(fault.value)


@pytest.mark.parametrize(
    "content",
    [
        SECRET,
        f"postgresql://me:{SECRET}%zz@db/june",
        f"postgresql+psycopg://me:{SECRET}@db/june",
        f"host=db {SECRET}",
        f"host=db secret={SECRET}",
        f"host=db password='{SECRET}",
        f"host=db password={SECRET}\0",
        f"host=db\0password={SECRET}",
        "",
        " \n",
        "host=''",
        "postgresql://",
    ],
)
def test_what_is_no_connection_string_is_refused_and_not_repeated(tmp_path: Path, content: str):
    """Nor is an empty one: it would lead to whatever server libpq finds on this machine."""
    (tmp_path / "dsn").write_text(content)
    with pytest.raises(EnvironmentFault, match="holds no connection string; expected") as fault:
        Dsn(f"file:{tmp_path}/dsn").options()
    assert SECRET not in str(fault.value)
    assert fault.value.__cause__ is None


def test_what_cannot_be_read_is_named_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("JUNE_DSN", raising=False)
    (tmp_path / "picture").write_bytes(b"\xff\xd8")
    for place, reason in (
        (f"file:{tmp_path}/missing", "cannot be read: No such file or directory"),
        (f"file:{tmp_path}", "cannot be read: Is a directory"),
        (f"file:{tmp_path}/picture", "is not text"),
        ("env:JUNE_DSN", "is not set"),
    ):
        with pytest.raises(EnvironmentFault) as fault:
            Dsn(place).options()
        assert f"{place} {reason}" in str(fault.value)


def test_an_error_is_told_without_any_value_of_the_connection_string():
    options = {"host": "db.internal", "user": "monitor", "password": SECRET, "port": "5432", "dbname": "june"}
    error = f'connection to "db.internal", port 5432 failed: no "monitor" for june, {SECRET}x is 15432 years old\n'
    assert redacted(error, options) == (
        'connection to "<host>", port <port> failed: no "<user>" for <dbname>, <password>x is 15432 years old'
    )


def test_of_an_error_nothing_is_told_that_would_give_a_short_password_away():
    options = {"host": "127.0.0.1", "password": "p"}
    assert redacted("connection to 127.0.0.1, port 1 failed", options) == WITHHELD
