"""A run's PostgreSQL and PgBouncer: theirs alone, told to nobody, and gone with the run."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from loadgen.model.plan import Postgres
from loadgen.run.databases import Databases, dsn_file, find_programs
from loadgen.run.errors import EnvironmentFault
from loadgen.run.processes import Processes
from loadgen.run.unprivileged import Unprivileged
from loadgen.run.workplace import elsewhere, workplace
from tests.postgres_process import WAIVER, RunningDatabases, need_databases, start_databases
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
DSNS = ("june", "postgresql", "pgbouncer", "superuser")


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDatabases]:
    with start_databases(tmp_path_factory.mktemp("databases"), pool_size=3, max_connections=40) as running:
        yield running


def secrets_of(databases: RunningDatabases) -> set[str]:
    return {psycopg.conninfo.conninfo_to_dict(databases.dsn(of))["password"] for of in DSNS}


def processes_of(databases: RunningDatabases) -> list[psutil.Process]:
    server, pooler = psutil.Process(databases.postgres.pid), psutil.Process(databases.pgbouncer.pid)
    return [server, *server.children(recursive=True), pooler]


def asked_of_each(databases: RunningDatabases, question: Callable[[psutil.Process], Iterable[Any]]) -> list[Any]:
    """The answers of all processes together; a backend of PostgreSQL that ends meanwhile has none."""
    answers: list[Any] = []
    for process in processes_of(databases):
        with suppress(psutil.NoSuchProcess):
            answers += question(process)
    assert answers
    return answers


def test_the_stand_in_gets_a_database_of_its_own_through_pgbouncer(databases: RunningDatabases) -> None:
    with databases.connect() as connection:
        assert connection.execute("SELECT current_user, current_database()").fetchone() == ("june", "june")
        connection.execute("CREATE TABLE thing (id int)")
        connection.execute("DROP TABLE thing")


def test_they_are_as_large_as_was_asked(databases: RunningDatabases) -> None:
    with databases.connect() as connection:
        assert connection.execute("SHOW max_connections").fetchone() == ("40",)
    with databases.connect("pgbouncer") as connection:
        cursor = psycopg.ClientCursor(connection, row_factory=psycopg.rows.dict_row)
        (june,) = [row for row in cursor.execute("SHOW DATABASES") if row["name"] == "june"]
        (mode,) = [row["value"] for row in cursor.execute("SHOW CONFIG") if row["key"] == "pool_mode"]
    assert (june["pool_size"], mode) == (3, "transaction")


def test_the_exporters_role_may_look_and_not_touch(databases: RunningDatabases) -> None:
    with databases.connect("superuser") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS private AS SELECT 1 AS one")
    with databases.connect("postgresql") as connection:
        assert connection.execute("SELECT pg_has_role('pg_monitor', 'MEMBER')").fetchone() == (True,)
        for statement in ("SELECT * FROM private", "CREATE TABLE mine (id int)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_the_pgbouncer_role_may_show_and_not_command(databases: RunningDatabases) -> None:
    with databases.connect("pgbouncer") as connection, pytest.raises(psycopg.errors.Error, match="admin access needed"):
        psycopg.ClientCursor(connection).execute("PAUSE")


@pytest.mark.parametrize("of", DSNS)
def test_nobody_comes_in_without_the_password(databases: RunningDatabases, of: str) -> None:
    parts = psycopg.conninfo.conninfo_to_dict(databases.dsn(of))
    with pytest.raises(psycopg.OperationalError, match=r"password|SASL"):
        psycopg.connect(**{**parts, "password": "guessed"})


def test_they_listen_on_loopback_only(databases: RunningDatabases) -> None:
    connections = asked_of_each(databases, lambda process: process.net_connections("all"))
    assert {c.laddr.ip for c in connections if c.status == "LISTEN"} == {"127.0.0.1"}


def test_no_password_stands_in_an_argument_the_environment_a_log_or_a_file_of_others(
    databases: RunningDatabases,
) -> None:
    passwords = secrets_of(databases)
    assert len(passwords) == len(DSNS)
    open_words = asked_of_each(databases, lambda process: (*process.cmdline(), *process.environ().values()))
    logs = databases.postgres.log.read_text() + databases.pgbouncer.log.read_text()
    assert not [word for word in (*open_words, logs) if any(password in word for password in passwords)]
    folder = databases.file("june").resolve().parent
    for file in (path for path in folder.rglob("*") if path.is_file() and "data" not in path.parts):
        if any(password in file.read_text() for password in passwords):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_neither_runs_as_root(databases: RunningDatabases) -> None:
    assert 0 not in set(asked_of_each(databases, lambda process: process.uids()))


def test_postgresql_is_back_with_its_data_after_it_was_stopped(databases: RunningDatabases) -> None:
    with databases.connect() as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS seven")
    databases.stop(databases.postgres)
    with pytest.raises(psycopg.OperationalError):
        databases.connect("postgresql")
    databases.start_again()
    with databases.connect("superuser") as connection:
        assert connection.execute("SELECT seven FROM kept").fetchone() == (7,)


def test_both_end_at_once_with_clients_on_them_and_their_folder_goes(tmp_path: Path) -> None:
    with start_databases(tmp_path) as databases:
        pids = [databases.postgres.pid, databases.pgbouncer.pid]
        folder = databases.file("june").resolve().parent
        clients = [databases.connect(of) for of in ("june", "postgresql")]
    assert not [pid for pid in pids if psutil.pid_exists(pid)]
    assert not folder.exists()
    for client in clients:
        client.close()


KILLED = """
import sys, time
from pathlib import Path
from typing import Any
from tests.postgres_process import start_databases
with start_databases(Path(sys.argv[1])) as databases:
    print(databases.postgres.pid, databases.pgbouncer.pid, databases.file("june").resolve().parent, flush=True)
    time.sleep(600)
"""


def test_when_the_run_is_killed_they_end_and_the_next_run_removes_their_folder(tmp_path: Path) -> None:
    need_databases()
    with subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE) as run:
        assert run.stdout
        server, pooler, folder = run.stdout.readline().decode().split()
        run.send_signal(signal.SIGKILL)
    for pid in (int(server), int(pooler)):
        wait_until(lambda pid=pid: not _alive(pid), 10, f"the end of {pid}")
    assert Path(folder).exists()
    with workplace(tmp_path, "next"):
        assert not Path(folder).exists()


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    need_databases()
    with workplace(tmp_path, "one") as work, Processes(work / "logs") as processes:
        databases = Databases(work, Postgres(pool_size=1, max_connections=10**9))
        databases.start(processes)
        with pytest.raises(EnvironmentFault, match=r"PostgreSQL did not start: .*max_connections"):
            wait_until(databases.ready, 30, "the end of PostgreSQL")
        assert dsn_file(work, "june").exists()


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on whose PATH there is nothing."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def fake(folder: Path, name: str, words: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\necho '{words}'\n")
    (folder / name).chmod(0o755)


def test_without_them_one_line_says_which_are_missing_and_what_installs_them(bare: Path) -> None:
    fake(bare, "pgbouncer", "PgBouncer 1.18.0")
    with pytest.raises(EnvironmentFault) as fault:
        find_programs(bare / "versions")
    assert str(fault.value) == (
        "PostgreSQL is missing; run `make databases`, or as root: apt-get install postgresql pgbouncer"
    )


def test_tests_that_need_them_fail_without_them_unless_somebody_waived_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.postgres_process.find_programs", lambda: find_programs(tmp_path / "versions"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(WAIVER, raising=False)
    with pytest.raises(pytest.fail.Exception, match=rf"PostgreSQL.*{WAIVER}=1"):
        need_databases()
    monkeypatch.setenv(WAIVER, "1")
    with pytest.raises(pytest.skip.Exception, match=rf"waived by {WAIVER}"):
        need_databases()


def test_a_server_that_is_too_old_is_refused_by_its_own_words(bare: Path) -> None:
    for name in ("postgres", "initdb", "pgbouncer"):
        fake(bare, name, f"{name} (PostgreSQL) 13.9")
    with pytest.raises(EnvironmentFault, match=r"is postgres \(PostgreSQL\) 13.9; at least 15 is needed"):
        find_programs(bare / "versions")


def test_the_newest_of_debians_versions_is_taken(bare: Path) -> None:
    fake(bare, "pgbouncer", "PgBouncer 1.18.0")
    for version in ("9", "16", "15"):
        folder = bare / "versions" / version / "bin"
        folder.mkdir(parents=True)
        for name in ("postgres", "initdb"):
            fake(folder, name, f"{name} (PostgreSQL) {version}.1")
    assert find_programs(bare / "versions").postgres == str(bare / "versions/16/bin/postgres")


def test_a_folder_for_the_unprivileged_is_never_below_one_that_they_may_not_enter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr("tempfile.tempdir", str(closed))
    somebody = Unprivileged(name="somebody", uid=os.getuid(), gid=os.getgid())
    with workplace(tmp_path, "one") as work:
        folder = elsewhere(work, "databases", somebody.may_enter)
        assert closed not in folder.parents
        assert (work / "databases").resolve() == folder
    assert not folder.exists()


def test_where_nothing_is_open_to_them_the_line_says_what_to_set(tmp_path: Path) -> None:
    with workplace(tmp_path, "one") as work, pytest.raises(EnvironmentFault, match="set TMPDIR"):
        elsewhere(work, "databases", lambda _place: False)
