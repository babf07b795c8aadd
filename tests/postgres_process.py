"""A real PostgreSQL behind a real PgBouncer, as a run starts them, for any test that needs them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from loadgen.model.plan import Postgres
from loadgen.run.databases import Databases, dsn_file, find_programs
from loadgen.run.errors import EnvironmentFault
from loadgen.run.processes import Child, Processes
from loadgen.run.workplace import workplace
from tests.waiting import wait_until

WAIVER = "LOADGEN_TESTS_WITHOUT_DATABASES"
"""An environment variable: who sets it does without the tests that need the two servers."""


def need_databases() -> None:
    """Fail the test where they are not installed: skipped unasked, what it proves would be missing and all be green."""
    try:
        find_programs()
    except EnvironmentFault as fault:
        if os.environ.get(WAIVER):
            pytest.skip(f"waived by {WAIVER}: {fault}")
        pytest.fail(f"{fault}; to do without this test: {WAIVER}=1", pytrace=False)


class RunningDatabases:
    """The two servers, their DSNs, and what may happen to them."""

    def __init__(self, work: Path, processes: Processes, databases: Databases) -> None:
        self._work = work
        self._processes = processes
        self._databases = databases

    @property
    def postgres(self) -> Child:
        """PostgreSQL's first process."""
        assert self._databases.postgres is not None
        return self._databases.postgres

    @property
    def pgbouncer(self) -> Child:
        """PgBouncer."""
        assert self._databases.pgbouncer is not None
        return self._databases.pgbouncer

    def file(self, of: str) -> Path:
        """The file of a DSN: `june` (by PgBouncer), `postgresql` (monitor), `pgbouncer` (stats), `superuser`."""
        return dsn_file(self._work, of)

    def dsn(self, of: str) -> str:
        """What stands in that file."""
        return self.file(of).read_text().strip()

    def connect(self, of: str = "june") -> psycopg.Connection[Any]:
        """A connection that commits by itself. Nothing is prepared, for PgBouncer's pools know no statements."""
        return psycopg.connect(self.dsn(of), autocommit=True, prepare_threshold=None, connect_timeout=5)

    def stop(self, child: Child) -> None:
        """End one of the two as an administrator would, without waiting for clients."""
        child.signal(child.end)
        wait_until(lambda: child.exit_code() is not None, 20, f"the end of {child.role}")

    def start_again(self) -> None:
        """Start whatever is not running, and wait for it."""
        if self.postgres.exit_code() is not None:
            self._databases.start_postgres(self._processes)
        if self.pgbouncer.exit_code() is not None:
            self._databases.start_pgbouncer(self._processes)
        wait_until(self._databases.ready, 60, "databases that answer")

    @contextmanager
    def paused(self, child: Child) -> Iterator[None]:
        """One of the two hangs meanwhile: it takes connections, as its kernel does, and says nothing."""
        everyone = [child.pid, *(p.pid for p in psutil.Process(child.pid).children(recursive=True))]
        for pid in everyone:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in everyone:
                os.kill(pid, signal.SIGCONT)


@contextmanager
def start_databases(folder: Path, *, pool_size: int = 5, max_connections: int = 50) -> Iterator[RunningDatabases]:
    """Start both and wait until they answer; they are gone afterwards. Fails the test where they are not installed.

    Takes 2 s or so: a fixture of a whole session or module, please. `pool_size`: PgBouncer's.
    """
    need_databases()
    with workplace(folder, "databases") as work, Processes(work / "logs") as processes:
        databases = Databases(work, Postgres(pool_size=pool_size, max_connections=max_connections))
        databases.start(processes)
        running = RunningDatabases(work, processes, databases)
        wait_until(databases.ready, 60, "databases that answer")
        yield running
