"""The servers and the exporter's process, for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.exporters.dbpool.running import RunningExporter, start_exporter
from tests.postgres_process import RunningDatabases, start_databases


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDatabases]:
    """PostgreSQL, and PgBouncer with two connections to it."""
    with start_databases(tmp_path_factory.mktemp("databases"), pool_size=2) as running:
        yield running


@pytest.fixture
def start() -> Iterator[Callable[..., RunningExporter]]:
    """Starts `python -m exporters dbpool` with these words; it ends with the test."""
    with ExitStack() as stack:
        yield lambda *words, **environment: stack.enter_context(start_exporter(words, environment))


@pytest.fixture(scope="session")
def exporter(databases: RunningDatabases) -> Iterator[RunningExporter]:
    """The exporter, looking at both servers."""
    words = [f"--{kind}=june=file:{databases.file(kind)}" for kind in ("postgresql", "pgbouncer")]
    with start_exporter(words, {}) as running:
        yield running
