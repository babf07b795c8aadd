"""The instrument for SQLAlchemy's pools, on pools that lead through PgBouncer to PostgreSQL, and on SQLite."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool, QueuePool

from exporters.dbpool.instrument import instrument
from tests.postgres_process import RunningDatabases
from tests.waiting import wait_until

JUNE = "june"

GOLDEN = Path(__file__).parent / "golden" / "instrument.txt"


class Shown:
    """What a registry shows of one pool."""

    def __init__(self, pool: str = JUNE) -> None:
        self.registry = CollectorRegistry()
        self._pool = pool

    def __call__(self, name: str, state: str | None = None) -> float | None:
        labels = {"db_client_connection_pool_name": self._pool}
        if state is not None:
            labels["db_client_connection_state"] = state
        return self.registry.get_sample_value(f"db_client_connection_{name}", labels)

    def count(self) -> tuple[float | None, float | None]:
        return self("count", "used"), self("count", "idle")


@pytest.fixture
def shown() -> Shown:
    return Shown()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(
        f"sqlite:///{tmp_path}/june.db", poolclass=QueuePool, pool_size=2, max_overflow=1, pool_timeout=0.01
    )
    yield engine
    engine.dispose()


def psycopg_url(databases: RunningDatabases) -> str:
    return databases.dsn("june").replace("postgresql://", "postgresql+psycopg://")


def test_the_text_is_the_golden_one(engine: Engine, shown: Shown, monkeypatch: pytest.MonkeyPatch):
    """As prometheus_client shows it, without the times at which its series were made. Each look at the clock is 1/512 s
    after the one before. After a wanted change: UPDATE_GOLDEN=1 pytest tests/exporters/dbpool.
    """
    clock = SimpleNamespace(perf_counter=(n / 512 for n in count()).__next__)
    monkeypatch.setattr("exporters.dbpool.instrument.time", clock)
    instrument(engine, name=JUNE, registry=shown.registry)
    out = [engine.connect() for _ in range(3)]
    with pytest.raises(PoolTimeoutError):
        engine.connect()
    out.pop().close()
    found = "".join(
        f"{line}\n" for line in generate_latest(shown.registry).decode().splitlines() if "_created" not in line
    )
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(found)
    assert found == GOLDEN.read_text()
    for connection in out:
        connection.close()


def test_a_pool_that_threads_exhaust_is_seen_with_those_who_wait(databases: RunningDatabases, shown: Shown):
    engine = create_engine(
        psycopg_url(databases), pool_size=2, max_overflow=0, connect_args={"prepare_threshold": None}
    )
    instrument(engine, name=JUNE, registry=shown.registry)
    assert (shown.count(), shown("max"), shown("idle_max")) == ((0, 0), 2, 2)
    release = threading.Event()

    def work() -> None:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            release.wait(20)

    with ThreadPoolExecutor(5) as pool:
        try:
            done = [pool.submit(work) for _ in range(5)]
            wait_until(lambda: shown("pending_requests") == 3, 20, "three that wait")
            wait_until(lambda: shown.count() == (2, 0), 20, "two connections in use")
        finally:
            release.set()
    assert [future.result() for future in done] == [None] * 5
    assert (shown.count(), shown("pending_requests")) == ((0, 2), 0)
    for what in ("wait_time", "use_time"):
        assert shown(f"{what}_seconds_count") == 5
    assert shown("create_time_seconds_count") == 2
    assert shown("timeouts_total") == 0
    engine.dispose()


def test_a_pool_that_tasks_exhaust_is_seen_with_those_who_wait(databases: RunningDatabases, shown: Shown):
    async def main() -> None:
        engine = create_async_engine(
            psycopg_url(databases), pool_size=2, max_overflow=0, connect_args={"prepare_threshold": None}
        )
        instrument(engine, name=JUNE, registry=shown.registry)
        release = asyncio.Event()

        async def work() -> None:
            async with engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
                await release.wait()

        tasks = [asyncio.create_task(work()) for _ in range(5)]
        await asyncio.to_thread(wait_until, lambda: shown("pending_requests") == 3, 20, "three that wait")
        await asyncio.to_thread(wait_until, lambda: shown.count() == (2, 0), 20, "two connections in use")
        tasks[-1].cancel()
        await asyncio.to_thread(wait_until, lambda: shown("pending_requests") == 2, 20, "one that waits no more")
        release.set()
        await asyncio.gather(*tasks[:-1])
        assert (shown.count(), shown("pending_requests")) == ((0, 2), 0)
        await engine.dispose()

    asyncio.run(main())
    assert shown("wait_time_seconds_count") == shown("use_time_seconds_count") == 4


def test_who_gives_up_waiting_is_counted_and_waits_no_more(engine: Engine, shown: Shown):
    instrument(engine, name=JUNE, registry=shown.registry)
    out = [engine.connect() for _ in range(3)]
    for _ in range(2):
        with pytest.raises(PoolTimeoutError):
            engine.connect()
    assert (shown.count(), shown("max"), shown("idle_max")) == ((3, 0), 3, 2)
    assert (shown("timeouts_total"), shown("pending_requests")) == (2, 0)
    assert shown("wait_time_seconds_count") == 3
    for connection in out:
        connection.close()
    assert shown.count() == (0, 2)


def test_a_pool_is_still_seen_after_it_was_disposed_of(engine: Engine, shown: Shown):
    instrument(engine, name=JUNE, registry=shown.registry)
    before = engine.connect()
    engine.dispose()
    with engine.connect():
        assert shown.count() == (2, 0), "one of the old pool is still out"
    before.close()
    engine.dispose()
    with engine.connect():
        assert shown.count() == (1, 0)
    assert shown("wait_time_seconds_count") == shown("use_time_seconds_count") == 3


def test_a_connection_that_cannot_be_opened_is_neither_used_nor_waited_for(tmp_path: Path, shown: Shown):
    engine = create_engine(f"sqlite:///{tmp_path}/no/such/folder/june.db", poolclass=QueuePool)
    instrument(engine, name=JUNE, registry=shown.registry)
    for _ in range(3):
        with pytest.raises(DBAPIError):
            engine.connect()
    assert (shown.count(), shown("pending_requests")) == ((0, 0), 0)
    assert shown("wait_time_seconds_count") == shown("create_time_seconds_count") == shown("timeouts_total") == 0


def leave(engine: Engine) -> None:
    connection = engine.raw_connection()
    connection.detach()
    connection.close()


def invalidate(engine: Engine) -> None:
    connection = engine.raw_connection()
    connection.invalidate()


def lose(engine: Engine) -> None:
    connection = engine.raw_connection()
    del connection
    gc.collect()


@pytest.mark.parametrize("end", [leave, invalidate, lose])
def test_a_connection_that_ends_otherwise_than_by_being_closed_is_not_used_for_ever(
    engine: Engine, shown: Shown, end: Callable[[Engine], None]
):
    instrument(engine, name=JUNE, registry=shown.registry)
    end(engine)
    assert shown("count", "used") == 0
    assert shown("use_time_seconds_count") == 1


@pytest.mark.filterwarnings("ignore:The garbage collector")
def test_a_connection_that_a_task_loses_is_not_used_for_ever(databases: RunningDatabases, shown: Shown):
    async def main() -> None:
        engine = create_async_engine(psycopg_url(databases))
        instrument(engine, name=JUNE, registry=shown.registry)
        connection = await engine.raw_connection()
        assert shown("count", "used") == 1
        del connection
        gc.collect()
        assert shown("count", "used") == 0
        await engine.dispose()

    asyncio.run(main())


def test_a_pool_without_a_bound_shows_none(tmp_path: Path, shown: Shown):
    url = f"sqlite:///{tmp_path}/june.db"
    instrument(create_engine(url, poolclass=QueuePool, max_overflow=-1), name=JUNE, registry=shown.registry)
    assert (shown("max"), shown("idle_max")) == (None, 5)
    none = create_engine(url, poolclass=NullPool)
    instrument(none, name=JUNE, registry=shown.registry)
    with none.connect():
        assert (shown("max"), shown("idle_max"), shown.count()) == (None, None, (1, None))


def test_several_pools_share_a_registry(engine: Engine, tmp_path: Path, shown: Shown):
    other = create_engine(f"sqlite:///{tmp_path}/other.db", poolclass=QueuePool)
    instrument(engine, name=JUNE, registry=shown.registry)
    instrument(other, name="other", registry=shown.registry)
    with engine.connect():
        assert shown.count() == (1, 0)
    assert shown("wait_time_seconds_count") == 1


def test_a_second_call_counts_nothing_twice(engine: Engine, shown: Shown):
    for _ in range(2):
        instrument(engine, name=JUNE, registry=shown.registry)
    with engine.connect():
        assert shown.count() == (1, 0)
    assert shown("wait_time_seconds_count") == shown("use_time_seconds_count") == 1
