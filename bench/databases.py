"""A PostgreSQL and a PgBouncer for a measurement, as a run starts them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loadgen.model.plan import Postgres
from loadgen.run.databases import Databases
from loadgen.run.interrupt import Interrupt
from loadgen.run.processes import Processes
from loadgen.run.workplace import workplace


@contextmanager
def databases() -> Iterator[Path]:
    """Both, ready; gone afterwards. The folder is the one that `dsn_file` wants. Raises EnvironmentFault."""
    with tempfile.TemporaryDirectory() as folder, workplace(Path(folder), "bench") as work:
        servers = Databases(work, Postgres(pool_size=5, max_connections=50))
        with Processes(work / "logs") as processes, Interrupt() as interrupt:
            servers.start(processes)
            servers.wait(interrupt)
            yield work
