"""Every conversation is stored through the pool, in SQLite or in a real PostgreSQL behind a real PgBouncer."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jwt
import psycopg
import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.june_calls import GENERATE, prompt, unary, upload, wav
from tests.postgres_process import RunningDatabases, start_databases
from tests.sim_process import FREE_PORTS, ROOT, Sim
from tests.waiting import wait_until

CUT_THE_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL
"""
QUERY = "SELECT operation, user_id FROM june_conversations ORDER BY id"


def converse(sim: Sim) -> list[tuple[str, str]]:
    """One of each kind of conversation; returns the rows that it should leave."""
    token = requests.post(f"{sim.rest}/auth/token?user_id=ann", timeout=5).json()["access_token"]
    requests.post(f"{sim.rest}/chat", json={}, headers={"Authorization": f"Bearer {token}"}, timeout=5)
    requests.post(f"{sim.rest}/api/v1/llm/generate", json={"prompt": "x"}, timeout=5)
    requests.post(f"{sim.rest}/api/v1/audio/transcribe", files=upload(wav(1)), timeout=5)
    requests.post(f"{sim.rest}/api/v1/tts/speak", json={"text": "x"}, timeout=5)
    unary(sim, GENERATE, prompt())
    return [
        ("rest:chat", "ann"),
        ("rest:llm_generate", "anonymous"),
        ("rest:transcribe", "anonymous"),
        ("rest:tts_speak", "anonymous"),
        ("grpc:llm_generate", "anonymous"),
    ]


def test_sqlite_keeps_one_row_for_each_conversation(start: Callable[..., Sim], tmp_path: Path) -> None:
    database, dsn = tmp_path / "june.db", tmp_path / "dsn"
    dsn.write_text(f"sqlite:///{database}\n")
    rows = converse(start("--dsn-file", str(dsn)))
    with sqlite3.connect(database) as connection:
        assert connection.execute(QUERY).fetchall() == rows


def test_a_user_whom_the_database_knows_gets_roles(start: Callable[..., Sim], tmp_path: Path) -> None:
    database, dsn = tmp_path / "june.db", tmp_path / "dsn"
    dsn.write_text(f"sqlite:///{database}")
    sim = start("--dsn-file", str(dsn))
    with sqlite3.connect(database) as connection:
        connection.execute("INSERT INTO june_users VALUES ('root', 'admin')")
    token = requests.post(f"{sim.rest}/auth/token?user_id=root", timeout=5).json()["access_token"]
    assert jwt.decode(token, options={"verify_signature": False})["roles"] == ["admin"]


@pytest.mark.parametrize("dsn", ["oracle://u:secret@x/y", "postgresql://u:secret@127.0.0.1:1/x"])
def test_a_dsn_that_leads_nowhere_is_exit_4_and_stays_untold(tmp_path: Path, dsn: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sim", *FREE_PORTS, "--dsn-env", "JUNE_DSN"],
        cwd=ROOT,
        env={**os.environ, "JUNE_DSN": dsn},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (4, 1)
    assert "secret" not in done.stderr


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDatabases]:
    """A real PostgreSQL behind a real PgBouncer."""
    with start_databases(tmp_path_factory.mktemp("databases"), pool_size=2) as running:
        yield running


@pytest.fixture
def start_on(databases: RunningDatabases, start: Callable[..., Sim]) -> Callable[..., Sim]:
    """Start a stand-in on them, through PgBouncer unless told otherwise, with no conversation kept yet."""

    def start_one(*arguments: str, of: str = "june") -> Sim:
        sim = start("--dsn-file", str(databases.file(of)), *arguments)
        with databases.connect() as connection:
            connection.execute("TRUNCATE june_conversations")
        return sim

    return start_one


def speak(sim: Sim) -> int:
    return requests.post(f"{sim.rest}/api/v1/tts/speak", json={"text": "x"}, timeout=10).status_code


def test_postgresql_keeps_one_row_for_each_conversation(
    databases: RunningDatabases, start_on: Callable[..., Sim]
) -> None:
    rows = converse(start_on())
    with databases.connect() as connection:
        assert connection.execute(QUERY).fetchall() == rows


def test_a_connection_that_was_cut_is_replaced(databases: RunningDatabases, start_on: Callable[..., Sim]) -> None:
    sim = start_on("--pool-size", "1", of="superuser")
    assert speak(sim) == 200
    with databases.connect("superuser") as connection:
        connection.execute(CUT_THE_OTHERS)
    assert [speak(sim), speak(sim)] == [500, 200]


def test_through_pgbouncer_connections_outlive_the_database_and_serve_the_next(
    databases: RunningDatabases, start_on: Callable[..., Sim]
) -> None:
    sim = start_on("--pool-size", "4")
    assert speak(sim) == 200
    databases.stop(databases.postgres)
    databases.start_again()
    # PgBouncer learns of it from the first statement on each connection that it still holds.
    wait_until(lambda: speak(sim) == 200, 20, "a conversation that is kept again")


def test_many_share_pgbouncers_few_connections_and_no_statement_is_missed(start_on: Callable[..., Sim]) -> None:
    sim = start_on("--pool-size", "8")
    with ThreadPoolExecutor(8) as crowd:
        assert set(crowd.map(lambda _: speak(sim), range(80))) == {200}


def test_a_query_time_holds_pgbouncers_connection_and_the_others_wait_there(
    databases: RunningDatabases, start_on: Callable[..., Sim]
) -> None:
    sim = start_on("--pool-size", "8", "--query-time", "0.4")
    with ThreadPoolExecutor(6) as crowd:
        statuses = [crowd.submit(speak, sim) for _ in range(6)]
        wait_until(lambda: _pool(databases) == (2, 4), 10, "2 connections in use and 4 clients waiting")
        assert {status.result() for status in statuses} == {200}
    assert _pool(databases) == (0, 0)


def _pool(databases: RunningDatabases) -> tuple[int, int]:
    """Server connections in use and clients waiting, as PgBouncer sees them."""
    with databases.connect("pgbouncer") as connection:
        cursor = psycopg.ClientCursor(connection, row_factory=psycopg.rows.dict_row)
        (pool,) = [row for row in cursor.execute("SHOW POOLS") if row["database"] == "june"]
    return pool["sv_active"], pool["cl_waiting"]


def test_a_query_time_holds_a_connection_to_sqlite_too(start: Callable[..., Sim]) -> None:
    sim = start("--pool-size", "1", "--query-time", "0.4")
    with ThreadPoolExecutor(3) as crowd:
        statuses = [crowd.submit(speak, sim) for _ in range(3)]
        wait_until(lambda: _own_pool(sim) == {"used": 1.0, "pending": 2.0}, 10, "one at work and two waiting")
        assert {status.result() for status in statuses} == {200}


def _own_pool(sim: Sim) -> dict[str, float]:
    """What the stand-in's own pool shows of itself."""
    found = {}
    for family in text_string_to_metric_families(requests.get(f"{sim.rest}/metrics", timeout=5).text):
        for sample in family.samples:
            if sample.labels.get("db_client_connection_state") == "used":
                found["used"] = sample.value
            if sample.name == "db_client_connection_pending_requests":
                found["pending"] = sample.value
    return found
