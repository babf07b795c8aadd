"""Every conversation is stored through the pool, in SQLite or in a real PostgreSQL."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import jwt
import psycopg
import pytest
import requests

from tests.june_calls import GENERATE, prompt, unary, upload, wav
from tests.sim_process import FREE_PORTS, ROOT, Sim, start_sim
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


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The DSN of a real PostgreSQL, started for the tests that need it."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin")) or [Path(shutil.which("initdb") or "missing").parent]
    if not (found[-1] / "initdb").exists():
        pytest.skip("no PostgreSQL is installed here")
    folder = Path("/tmp") / f"june-postgres-{os.getpid()}"
    folder.mkdir()
    as_whom = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    shutil.chown(folder, as_whom)
    with socket.create_server(("127.0.0.1", 0)) as spare:
        port = spare.getsockname()[1]
    subprocess.run(
        [found[-1] / "initdb", "-D", folder / "data", "-A", "trust", "-U", "june", "--no-sync"],
        check=True, capture_output=True, user=as_whom, cwd=folder,
    )  # fmt: skip
    server = subprocess.Popen(
        [
            found[-1] / "postgres", "-D", folder / "data", "-h", "127.0.0.1", "-p", str(port),
            "-k", folder, "-F", "-c", "shared_buffers=16MB",
        ],
        stderr=subprocess.DEVNULL, user=as_whom, cwd=folder,
    )  # fmt: skip
    dsn = f"postgresql://june@127.0.0.1:{port}/postgres"
    try:
        wait_until(lambda: _answers(dsn), 20, "a PostgreSQL that answers")
        yield dsn
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(folder)


def _answers(dsn: str) -> bool:
    try:
        psycopg.connect(dsn, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def test_postgresql_keeps_one_row_for_each_conversation(postgres: str, tmp_path: Path) -> None:
    with start_sim(tmp_path, "--dsn-env", "JUNE_DSN", "--pool-size", "3", JUNE_DSN=postgres) as sim:
        rows = converse(sim)
        assert sim.state()["database_pool"]["size"] == 3
        with psycopg.connect(postgres) as connection:
            assert connection.execute(QUERY).fetchall() == rows
            connected = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
            ).fetchone()
    assert connected is not None
    assert 2 <= connected[0] <= 4


def test_a_connection_that_was_cut_is_replaced(postgres: str, tmp_path: Path) -> None:
    with start_sim(tmp_path, "--dsn-env", "JUNE_DSN", "--pool-size", "1", JUNE_DSN=postgres) as sim:

        def speak() -> int:
            return requests.post(f"{sim.rest}/api/v1/tts/speak", json={"text": "x"}, timeout=10).status_code

        assert speak() == 200
        with psycopg.connect(postgres) as connection:
            connection.execute(CUT_THE_OTHERS)
        assert [speak(), speak()] == [500, 200]
