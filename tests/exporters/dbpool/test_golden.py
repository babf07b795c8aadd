"""The exporter's whole text before a real PostgreSQL and a real PgBouncer, and before none."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

from tests.exporters.dbpool.running import RunningExporter
from tests.postgres_process import start_databases
from tests.waiting import wait_until

GOLDEN = Path(__file__).parent / "golden" / "metrics.txt"

CHANGING = re.compile(
    r"(process_\w+|dbpool_scrape_collector_duration_seconds"
    r"|pg_stat_database_(xact|blks|tup)_\w+|pgbouncer_stats_\w+|pgbouncer_(free_\w+|cached_dns_\w+))(\{.*)?"
    r'|pg_stat_activity_max_tx_duration\{.*datname="june",state="(active|idle in transaction)"\}'
    r'|pg_locks_count\{.*datname="june",mode="accesssharelock"\}'
)
"""Series whose values the test's own set-up does not decide: what the servers did since they were started."""


def steady(text: str) -> str:
    """The text without what differs from run to run: ports, numbers of databases, other waits; such values are NaN."""
    lines = [line for line in text.splitlines() if "_waiting_sessions{" not in line or "ClientRead" in line]
    return "".join(f"{line if line.startswith('#') else _steady(line)}\n" for line in lines)


def _steady(sample: str) -> str:
    series, number = sample.rsplit(" ", 1)
    series = re.sub(r'\b(port|datid)="[1-9]\d*"', r'\1="…"', series)
    return f"{series} {'NaN' if CHANGING.fullmatch(series) else number}"


def test_the_text_is_the_golden_one(tmp_path: Path, start: Callable[..., RunningExporter]):
    """Others build on this text. After a wanted change: UPDATE_GOLDEN=1 pytest tests/exporters/dbpool.

    Of servers of its own, so that sessions, clients and connections are those of this test: one that is idle in a
    transaction through PgBouncer, one that waits for a lock that another holds.
    """
    with ExitStack() as stack:
        own = stack.enter_context(start_databases(tmp_path, pool_size=2))
        exporter = start(*(f"--{kind}=june=file:{own.file(kind)}" for kind in ("postgresql", "pgbouncer")))
        pooled, holder, waiter = [stack.enter_context(own.connect(of)) for of in ("june", "superuser", "superuser")]
        pooled.execute("BEGIN")
        holder.execute("CREATE TABLE locked (x int)")
        holder.execute("BEGIN; LOCK TABLE locked IN ACCESS EXCLUSIVE MODE")
        asked = stack.enter_context(ThreadPoolExecutor(1)).submit(waiter.execute, "SELECT * FROM locked")
        found = ""

        def settled() -> bool:
            nonlocal found
            found = steady(exporter.text())
            return 'pg_locks_waiting{server="june",datname="june",mode="accesssharelock"} 1.0' in found and (
                bool(os.environ.get("UPDATE_GOLDEN")) or found == GOLDEN.read_text()
            )

        with suppress(AssertionError):  # the comparison below says more
            wait_until(settled, 10, "the golden text")
        holder.execute("ROLLBACK")
        asked.result(20)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(found)
    assert found == GOLDEN.read_text()


def test_the_text_of_a_server_that_is_down_is_the_golden_one(tmp_path: Path, start: Callable[..., RunningExporter]):
    (tmp_path / "dsn").write_text("host=127.0.0.1 port=1 user=me")
    exporter = start(*(f"--{kind}=gone=file:{tmp_path}/dsn" for kind in ("postgresql", "pgbouncer")))
    found, _, _ = exporter.text().partition("# HELP process_")
    golden = GOLDEN.with_name("down.txt")
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(found)
    assert found == golden.read_text()
