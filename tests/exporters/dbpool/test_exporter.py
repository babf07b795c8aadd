"""`python -m exporters dbpool` before a real PostgreSQL and a real PgBouncer."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from exporters.dbpool.client import APPLICATION
from tests.exporter_process import run_exporter
from tests.exporters.dbpool.running import RunningExporter, value
from tests.postgres_process import RunningDatabases
from tests.waiting import wait_until

WAITED = 0.5
"""Seconds that a scraper waits for an exporter whose database hangs."""


def test_a_server_whose_connections_are_all_taken_says_so(
    exporter: RunningExporter, databases: RunningDatabases, start: Callable[..., RunningExporter]
):
    """To an exporter that comes now; one that was there before has its connection, and shows who took the others."""
    assert value(exporter.scrape(), "pg_up") == 1
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(databases.connect("superuser"))
            except psycopg.OperationalError:
                break
        late = start(f"--postgresql=june=file:{databases.file('postgresql')}")
        seen = late.scrape()
        assert value(seen, "pg_up") == 0
        assert value(seen, "dbpool_error", server="june", kind="postgresql", error="too_many_connections") == 1
        before = exporter.scrape()
        assert value(before, "dbpool_error") is None
        most = value(before, "pg_settings_max_connections")
        assert value(before, "pg_stat_activity_count") == most
    wait_until(lambda: value(late.scrape(), "pg_up") == 1, 20, "a connection to be free")
    assert value(late.scrape(), "dbpool_error") is None


def test_clients_that_wait_for_pgbouncer_are_seen(exporter: RunningExporter, databases: RunningDatabases):
    with ExitStack() as stack, ThreadPoolExecutor(3) as pool:
        holders = [stack.enter_context(databases.connect()) for _ in range(2)]
        waiters = [stack.enter_context(databases.connect()) for _ in range(3)]
        for holder in holders:
            holder.execute("BEGIN")
            holder.execute("SELECT 1")
        asked = [pool.submit(waiter.execute, "SELECT 1") for waiter in waiters]

        def exhausted() -> bool:
            seen = exporter.scrape()
            name = "pgbouncer_pools_{}_connections".format
            found = [value(seen, name(what), database="june") for what in ("client_waiting", "server_active")]
            waited = value(seen, "pgbouncer_pools_client_maxwait_seconds", database="june") or 0
            open_ = value(seen, "pg_stat_activity_count", datname="june", state="idle in transaction")
            longest = value(seen, "pg_stat_activity_max_tx_duration", datname="june") or 0
            return found == [3, 2] and open_ == 2 and waited > 0 and longest > 0

        try:
            wait_until(exhausted, 20, "three clients that wait, and two connections in use")
            seen = exporter.scrape()
            assert value(seen, "pgbouncer_databases_pool_size", name="june") == 2
            assert value(seen, "pgbouncer_databases_current_connections", name="june") == 2
        finally:
            for holder in holders:
                holder.execute("COMMIT")
        assert [future.result(20).fetchone() for future in asked] == [(1,)] * 3
    assert (value(exporter.scrape(), "pgbouncer_stats_totals_client_wait_seconds_total", database="june") or 0) > 0


def test_who_waits_for_a_lock_is_seen(exporter: RunningExporter, databases: RunningDatabases):
    with (
        databases.connect("superuser") as holder,
        databases.connect("superuser") as waiter,
        ThreadPoolExecutor(1) as pool,
    ):
        holder.execute("CREATE TABLE IF NOT EXISTS locked (x int)")
        holder.execute("BEGIN; LOCK TABLE locked IN ACCESS EXCLUSIVE MODE")
        asked = pool.submit(waiter.execute, "SELECT * FROM locked")

        def seen() -> bool:
            samples = exporter.scrape()
            waits = value(samples, "pg_stat_activity_waiting_sessions", datname="june", wait_event_type="Lock")
            locks = value(samples, "pg_locks_waiting", datname="june", mode="accesssharelock")
            held = value(samples, "pg_locks_count", datname="june", mode="accessexclusivelock")
            return (waits, locks, held) == (1, 1, 1)

        try:
            wait_until(seen, 20, "one that waits for a lock")
        finally:
            holder.execute("ROLLBACK")
        asked.result(20)


def test_counters_count_what_was_done(exporter: RunningExporter, databases: RunningDatabases):
    def rolled_back() -> float:
        return value(exporter.scrape(), "pg_stat_database_xact_rollback", datname="june") or 0

    before = rolled_back()
    with databases.connect("superuser") as connection:
        for _ in range(7):
            connection.execute("BEGIN; SELECT 1; ROLLBACK")
    wait_until(lambda: rolled_back() == before + 7, 20, "seven transactions rolled back")


def test_a_database_that_is_stopped_shows_nothing_but_that(exporter: RunningExporter, databases: RunningDatabases):
    def names() -> set[str]:
        return {name for name, _ in exporter.scrape() if name.startswith("pg_")}

    assert len(names()) > 10
    before = exporter.said().count("down: ")
    databases.stop(databases.postgres)
    assert names() == {"pg_up"}
    assert value(exporter.scrape(), "pg_up", server="june") == 0
    assert value(exporter.scrape(), "pgbouncer_up", server="june") == 1
    databases.start_again()
    assert value(exporter.scrape(), "pg_up", server="june") == 1
    assert len(names()) > 10
    assert exporter.said().count("down: ") == before + 1, "a line for a change, not for a scrape"


def test_a_hundred_scrapes_of_a_hung_database_leave_nothing_behind(
    exporter: RunningExporter, databases: RunningDatabases
):
    """Each is answered before its scraper gives up, with what the other server says.

    Most scrapers say less than they wait, for the busy machine's sake; all wait less than the exporter would by itself.
    """
    for _ in range(3):
        exporter.scrape()
    threads, descriptors = exporter.holds()
    with databases.paused(databases.postgres):
        answers = [exporter.scrape(said, really=WAITED) for said in [WAITED] * 10 + [WAITED / 10] * 90]
    assert {value(seen, "pg_up") for seen in answers} <= {0.0, None}
    assert {name for seen in answers for name, _ in seen if name.startswith("pg_")} == {"pg_up"}
    assert any(value(seen, "dbpool_error", server="june", kind="postgresql", error="timeout") for seen in answers)
    assert any(value(seen, "pgbouncer_pools_client_waiting_connections") is not None for seen in answers)
    wait_until(lambda: value(exporter.scrape(), "pg_up") == 1, 20, "the database to answer again")
    wait_until(lambda: exporter.holds() == (threads, descriptors), 20, f"{threads} threads, {descriptors} descriptors")

    def sessions() -> int:
        with databases.connect("superuser") as connection:
            ask = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
            (found,) = connection.execute(ask, (APPLICATION,)).fetchone() or (None,)
        return int(found or 0)

    wait_until(lambda: sessions() == 1, 20, "one session of the exporter")


def test_a_role_that_may_only_look_is_enough(exporter: RunningExporter, databases: RunningDatabases):
    seen = exporter.scrape()
    assert {dict(labels)["kind"] for name, labels in seen if name == "dbpool_query_success"} == {
        "postgresql",
        "pgbouncer",
    }
    assert {number for (name, _), number in seen.items() if name == "dbpool_query_success"} == {1}
    with databases.connect("postgresql") as connection:
        for forbidden in ("CREATE TABLE mine (x int)", "SELECT * FROM pg_authid", "CREATE DATABASE mine"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)
    with databases.connect("pgbouncer") as console, pytest.raises(psycopg.Error, match="admin access needed"):
        console.execute("PAUSE")


def test_a_role_that_may_not_look_is_said_so_and_no_session_is_said_not_to_be(
    databases: RunningDatabases, start: Callable[..., RunningExporter], tmp_path: Path
):
    with databases.connect("superuser") as connection:
        connection.execute("CREATE ROLE nobody LOGIN PASSWORD 'sees-nothing'")
        dsn = re.sub(r"//.*@", "//nobody:sees-nothing@", databases.dsn("postgresql"))
        exporter = start("--postgresql=june=env:JUNE_DSN", JUNE_DSN=dsn)
        seen = exporter.scrape()
        assert value(seen, "pg_up") == 1
        assert value(seen, "dbpool_query_success", query="activity") == 0
        assert value(seen, "dbpool_query_success", query="waits") == 0
        assert value(seen, "pg_stat_activity_count") is None
        assert value(seen, "pg_stat_activity_waiting_sessions") is None
        assert value(seen, "pg_stat_database_xact_commit", datname="june") is not None
    assert "GRANT pg_monitor" in exporter.said()


def test_one_server_that_is_down_costs_another_nothing(
    databases: RunningDatabases, start: Callable[..., RunningExporter], tmp_path: Path
):
    (tmp_path / "dead").write_text("host=127.0.0.1 port=1 user=me")
    exporter = start(
        f"--postgresql=dead=file:{tmp_path}/dead", f"--postgresql=june=file:{databases.file('postgresql')}"
    )
    seen = exporter.scrape()
    assert (value(seen, "pg_up", server="dead"), value(seen, "pg_up", server="june")) == (0, 1)
    assert value(seen, "pg_stat_database_xact_commit", server="june") is not None
    assert value(seen, "pg_stat_database_xact_commit", server="dead") is None


def test_a_server_that_is_none_of_its_kind_is_not_up(
    databases: RunningDatabases, start: Callable[..., RunningExporter]
):
    exporter = start(f"--pgbouncer=june=file:{databases.file('june')}")
    seen = exporter.scrape()
    assert value(seen, "pgbouncer_up") == value(seen, "dbpool_query_success", query="pools") == 0
    assert value(seen, "dbpool_error", kind="pgbouncer", error="refuses_queries") == 1
    assert "is it what the flag says it is?" in exporter.said()


def test_no_secret_is_told_in_arguments_words_or_metrics(
    databases: RunningDatabases, start: Callable[..., RunningExporter], tmp_path: Path
):
    """Of three servers one answers, one refuses the password, one is not there."""
    right = databases.dsn("postgresql")
    password = right.split(":")[2].split("@")[0]
    (tmp_path / "wrong").write_text(right.replace(password, "s3cret-wrong"))
    exporter = start(
        "--postgresql=right=env:JUNE_DSN",
        f"--postgresql=wrong=file:{tmp_path}/wrong",
        "--pgbouncer=gone=env:JUNE_GONE",
        JUNE_DSN=right,
        JUNE_GONE="postgresql://a-user:s3cret-gone@127.0.0.1:1/pgbouncer",
    )
    shown = exporter.text()
    assert 'pg_up{server="right"} 1' in shown
    said = exporter.said()
    assert 'postgresql:wrong: down: connection to server at "<host>"' in said
    assert "password authentication failed" in said
    arguments = Path(f"/proc/{exporter.process.pid}/cmdline").read_bytes().decode()
    for secret in (password, "s3cret-wrong", "s3cret-gone", "a-user"):
        assert secret not in shown + said + arguments


@pytest.mark.parametrize(
    "words, code, text",
    [
        (["--postgresql=june=file:/nowhere/dsn"], 4, "file:/nowhere/dsn cannot be read: No such file or directory"),
        (["--postgresql=june=env:NOT_SET"], 4, "env:NOT_SET is not set"),
        (["--pgbouncer=june=env:NO_DSN"], 4, "env:NO_DSN holds no connection string"),
        (["--pgbouncer=june=file:/dev/null"], 4, "file:/dev/null holds no connection string"),
        (["--postgresql=june=env:postgres://me:s3cret@db/june"], 3, "--postgresql june: a connection string is not"),
        (["--postgresql=june=file:postgres://me:s3cret@db/june"], 3, "--postgresql june: a connection string is not"),
        (
            ["--postgresql=june=postgresql://me:s3cret@db/june"],
            3,
            "--postgresql june: a connection string is not given",
        ),
        (["--pgbouncer=postgresql://me:s3cret@db/june"], 3, "--pgbouncer takes NAME=env:VAR or NAME=file:PATH"),
        (["--postgresql=a=env:DSN", "--postgresql=a=env:DSN"], 3, "--postgresql a is given twice"),
        ([], 3, "no server is named; --postgresql and --pgbouncer take"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line_with_its_code(
    words: list[str], code: int, text: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("NO_DSN", "s3cret")
    monkeypatch.setenv("DSN", "host=db")
    ended = run_exporter("dbpool", *words)
    assert (ended.returncode, text in ended.stderr) == (code, True), ended.stderr
    assert (ended.stdout, len(ended.stderr.splitlines())) == ("", 1)
    assert "s3cret" not in ended.stderr
