"""Our values of PostgreSQL beside postgres_exporter's: the same server, scraped at the same moments.

    python -m bench.side_by_side_databases [--seconds 60]

Method: as `side_by_side`: ours, theirs and a second copy of theirs are scraped once a second, at the same moment, while
clients commit, roll back, lock, lie idle in a transaction, sort on disk and run into a deadlock now and then. What is
left out of the comparison is the label `server`: ours holds a name, theirs an address. Each of the three is itself a
session that runs a query, and that is among what all of them count.

Needs PostgreSQL, PgBouncer and Debian's prometheus-postgres-exporter; no daemon of these is used.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.databases import databases
from bench.exporter import Exporter, Series, ours, started
from bench.side_by_side import Figure, table, watch
from loadgen.run.databases import DATABASE, dsn_file
from loadgen.run.home import free_ports

PROGRAM = "prometheus-postgres-exporter"

LOAD = """
import random, sys, threading, time
import psycopg
dsn = open(sys.argv[1]).read().strip()
with psycopg.connect(dsn, autocommit=True) as connection:
    connection.execute("CREATE TABLE IF NOT EXISTS load (id serial PRIMARY KEY, words text)")
    connection.execute("INSERT INTO load (words) SELECT repeat(md5(i::text), 20) FROM generate_series(1, 100000) AS i")
def work(seed):
    dice = random.Random(seed)
    with psycopg.connect(dsn) as connection:
        connection.execute("SET work_mem = '64kB'")
        while True:
            try:
                rows = sorted((dice.randint(1, 10), dice.randint(1, 10)), reverse=dice.random() < 0.5)
                for row in rows:
                    connection.execute("UPDATE load SET words = words WHERE id = %s", (row,))
                    time.sleep(dice.uniform(0, 0.1))
                connection.execute("INSERT INTO load (words) VALUES ('new')")
                if dice.random() < 0.1:
                    connection.execute("SELECT words FROM load WHERE id < 5000 ORDER BY words").fetchall()
                connection.rollback() if dice.random() < 0.2 else connection.commit()
            except psycopg.errors.DeadlockDetected:
                connection.rollback()
for seed in range(6):
    threading.Thread(target=work, args=(seed,)).start()
"""

JUNE = frozenset({("datname", DATABASE)})
IDLE_IN_TRANSACTION = JUNE | {("state", "idle in transaction")}


def _database(column: str, label: str) -> Figure:
    return Figure(label, "1/s", f"pg_stat_database_{column}", JUNE, rate=True)


def _sessions(state: str) -> Figure:
    return Figure(f"sessions, {state}", "", "pg_stat_activity_count", JUNE | {("state", state)})


def _locks(mode: str) -> Figure:
    return Figure(f"locks, {mode}", "", "pg_locks_count", JUNE | {("mode", mode)})


FIGURES = [
    Figure("max_connections", "", "pg_settings_max_connections"),
    Figure("sessions of the database", "", "pg_stat_database_numbackends", JUNE),
    *map(_sessions, ("active", "idle", "idle in transaction")),
    Figure("longest idle in transaction", "s", "pg_stat_activity_max_tx_duration", IDLE_IN_TRANSACTION),
    _database("xact_commit", "transactions committed"),
    _database("xact_rollback", "transactions rolled back"),
    _database("blks_hit", "blocks found in the cache"),
    _database("blks_read", "blocks read"),
    _database("tup_inserted", "rows inserted"),
    _database("tup_updated", "rows updated"),
    _database("temp_bytes", "bytes written to temporary files"),
    _database("deadlocks", "deadlocks"),
    *map(_locks, ("accesssharelock", "rowexclusivelock", "exclusivelock")),
]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    seconds = parser.parse_args().seconds
    program = shutil.which(PROGRAM)
    if program is None:
        sys.exit(f"{PROGRAM} is missing; install it with: apt-get install {PROGRAM}")
    with databases() as work, _load(dsn_file(work, "superuser")):
        role = dsn_file(work, "postgresql")
        flag = f"--postgresql=june=file:{role}"
        with ours("dbpool", flag) as mine, _theirs(program, role) as theirs, _theirs(program, role) as copy:
            moments = watch([mine, theirs, copy], seconds)
    table(FIGURES, [[_without_server(seen) for seen in moment] for moment in moments])


@contextmanager
def _theirs(program: str, role: Path) -> Iterator[Exporter]:
    (port,) = free_ports(1)
    source = f"{role.read_text().strip()}?sslmode=disable"
    with started([program, f"--web.listen-address=127.0.0.1:{port}"], port, DATA_SOURCE_NAME=source) as exporter:
        yield exporter


@contextmanager
def _load(dsn: Path) -> Iterator[None]:
    child = subprocess.Popen([sys.executable, "-c", LOAD, str(dsn)], stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        child.kill()
        child.wait()


def _without_server(seen: dict[Series, float]) -> dict[Series, float]:
    return {
        (name, frozenset(label for label in labels if label[0] != "server")): value
        for (name, labels), value in seen.items()
    }


if __name__ == "__main__":
    main()
