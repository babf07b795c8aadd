"""The client, against a real PostgreSQL and a real PgBouncer, and against what only takes connections."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from exporters.dbpool.client import APPLICATION, Client, Refused, Unreachable
from exporters.dbpool.dsn import Dsn
from tests.postgres_process import RunningDatabases

MOMENT = 0.02
"""Seconds that a hung server gets."""


def soon() -> float:
    return time.monotonic() + 20


@pytest.fixture
def client(databases: RunningDatabases) -> Iterator[Client]:
    client = Client(Dsn(f"file:{databases.file('postgresql')}"))
    yield client
    client.close()


def test_rows_come_by_column_with_null_as_none(client: Client):
    assert client.ask("SELECT 1 AS one, NULL AS none, 'é' AS sign", soon()) == [{"one": "1", "none": None, "sign": "é"}]
    assert client.ask("SET LOCAL statement_timeout = 1000; SELECT 2 AS two", soon()) == [{"two": "2"}]
    assert client.ask("SELECT 1 AS one WHERE false", soon()) == []


def test_an_answer_of_many_parts_is_read_to_its_end(client: Client):
    rows = client.ask("SELECT repeat('x', 1000) AS x FROM generate_series(1, 5000)", soon())
    assert len(rows) == 5000
    assert {row["x"] for row in rows} == {"x" * 1000}


def test_the_connection_is_kept_and_says_whose_it_is(client: Client):
    ask = "SELECT pid, application_name AS name FROM pg_stat_activity WHERE pid = pg_backend_pid()"
    (first,) = client.ask(ask, soon())
    assert first["name"] == APPLICATION
    assert client.ask(ask, soon()) == [first]


def test_a_statement_that_fails_costs_neither_the_connection_nor_the_next(client: Client):
    (first,) = client.ask("SELECT pg_backend_pid()", soon())
    for wrong, text in (("SELECT nothing", "does not exist"), ("SELECT 1; SELECT 1 / 0", "division by zero")):
        with pytest.raises(Refused, match=text):
            client.ask(wrong, soon())
    assert client.ask("SELECT pg_backend_pid()", soon()) == [first]


def test_a_database_that_was_stopped_and_started_is_found_again(client: Client, databases: RunningDatabases):
    client.ask("SELECT 1", soon())
    databases.stop(databases.postgres)
    for _ in range(2):
        with pytest.raises(Unreachable, match="Connection refused"):
            client.ask("SELECT 1", soon())
    databases.start_again()
    assert client.ask("SELECT 1 AS one", soon()) == [{"one": "1"}]


def test_a_password_that_was_changed_is_taken_up(databases: RunningDatabases, tmp_path: Path):
    file = tmp_path / "dsn"
    right = databases.dsn("postgresql")
    file.write_text(right.replace("@", "wrong@"))
    client = Client(Dsn(f"file:{file}"))
    with pytest.raises(Unreachable, match='password authentication failed for user "<user>"'):
        client.ask("SELECT 1", soon())
    file.write_text(right)
    assert client.ask("SELECT 1 AS one", soon()) == [{"one": "1"}]
    client.close()


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[Path]:
    """The DSN of a port that takes connections, as a kernel does, and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as listener:
        (tmp_path / "dsn").write_text(f"host=127.0.0.1 port={listener.getsockname()[1]} user=me sslmode=disable")
        yield tmp_path / "dsn"


def ask_in_vain(client: Client, times: int) -> None:
    """Asks; what this process holds is the same afterwards."""
    before = held()
    for _ in range(times):
        with pytest.raises(Unreachable, match="did not answer in time"):
            client.ask("SHOW LISTS", time.monotonic() + MOMENT)
    assert held() == before


def held() -> tuple[int, int]:
    return threading.active_count(), psutil.Process().num_fds()


def test_a_port_that_never_answers_costs_the_time_given_and_leaves_nothing(silent: Path):
    ask_in_vain(Client(Dsn(f"file:{silent}")), 100)


@pytest.mark.parametrize(
    "kind, child, statement", [("postgresql", "postgres", "SELECT 1"), ("pgbouncer", "pgbouncer", "SHOW VERSION")]
)
def test_a_server_that_hangs_costs_the_time_given_and_leaves_nothing(
    databases: RunningDatabases, kind: str, child: str, statement: str
):
    client = Client(Dsn(f"file:{databases.file(kind)}"))
    with databases.paused(getattr(databases, child)):
        ask_in_vain(client, 20)
    assert len(client.ask(statement, soon())) == 1
    threads, descriptors = held()
    with databases.paused(getattr(databases, child)):
        for _ in range(20):
            with pytest.raises(Unreachable, match="did not answer in time"):
                client.ask(statement, time.monotonic() + MOMENT)
    assert held() == (threads, descriptors - 1), "the connection that hung is closed, and nothing else is left"
    assert len(client.ask(statement, soon())) == 1
    client.close()
