"""The stand-in's database: a pool of connections, a look-up for each token, a row for each conversation."""

from __future__ import annotations

import asyncio
import tempfile
import time
from typing import Any, cast

from prometheus_client import CollectorRegistry
from sqlalchemy import Column, Float, Integer, MetaData, Table, Text, event, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from exporters.dbpool.instrument import instrument
from sim.failures import StartFailure

_METADATA = MetaData()

_USERS = Table(
    "june_users",
    _METADATA,
    Column("user_id", Text, primary_key=True),
    Column("role", Text, nullable=False),
)

_CONVERSATIONS = Table(
    "june_conversations",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("request_size", Integer, nullable=False),
    Column("answer_size", Integer, nullable=False),
    Column("created", Float, nullable=False),
)

_IN_SQLITE = """
    INSERT INTO june_conversations (user_id, operation, request_size, answer_size, created) VALUES (?, ?, ?, ?, ?)
"""
_IN_POSTGRESQL = """
    INSERT INTO june_conversations (user_id, operation, request_size, answer_size, created) VALUES (%s, %s, %s, %s, %s)
"""
_SLOWLY_IN_POSTGRESQL = """
    INSERT INTO june_conversations (user_id, operation, request_size, answer_size, created)
    SELECT %s, %s, %s, %s, %s FROM pg_sleep(%s)
"""
"""One statement is one transaction: a connection of PgBouncer's is held as long as the server sleeps."""

_POOL = "june"
"""The pool's name in the metrics."""


class Database:
    """SQLite in a folder that is deleted at the end, or PostgreSQL."""

    def __init__(self, dsn: str | None, pool_size: int, pool_timeout: float) -> None:
        """`dsn`: postgresql://… or sqlite:///…; None for a file of its own. Raises StartFailure that never names it."""
        self._folder = None if dsn else tempfile.TemporaryDirectory(prefix="june-sim-")
        self._engine = _engine(_url(dsn, self._folder), pool_size, pool_timeout)
        self._run = _run_in_sqlite if self._engine.dialect.name == "sqlite" else _run_in_postgresql
        self.query_time = 0.0
        """Seconds that the transaction of each conversation holds its connection."""

    def observe(self, registry: CollectorRegistry) -> None:
        """Show the pool among these metrics."""
        instrument(self._engine, name=_POOL, registry=registry)

    async def open(self) -> None:
        """Make the tables where they are missing. Raises StartFailure when the database does not answer."""
        try:
            async with self._engine.connect() as connection:
                await connection.run_sync(_METADATA.create_all)
        except (SQLAlchemyError, OSError) as error:
            raise StartFailure(f"the database does not answer: {type(error).__name__}") from None

    async def close(self) -> None:
        """Close every connection and delete the folder."""
        await self._engine.dispose()
        if self._folder is not None:
            self._folder.cleanup()

    async def roles_of(self, user_id: str) -> list[str]:
        """The roles of a user; none for one who is not known."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(select(_USERS.c.role).where(_USERS.c.user_id == user_id))
            return [row.role for row in rows]

    async def store(self, user_id: str, operation: str, request_size: int, answer_size: int) -> None:
        """Keep one conversation. Sizes in characters or bytes. Raises SQLAlchemy's or the driver's error.

        It stands in every request's way, so it takes a connection from the pool and then speaks to the driver: that
        costs a fifth of a statement through SQLAlchemy, and the pool sees the same.
        """
        connection = await self._engine.raw_connection()
        try:
            row = (user_id, operation, request_size, answer_size, time.time())
            await self._run(connection.driver_connection, row, self.query_time)
        except Exception:
            connection.invalidate()
            raise
        finally:
            connection.close()

    def pool(self) -> dict[str, int]:
        """The pool's size and use."""
        pool = cast("AsyncAdaptedQueuePool", self._engine.pool)
        return {"size": pool.size(), "used": pool.checkedout(), "idle": pool.checkedin()}


async def _run_in_sqlite(driver: Any, row: tuple[object, ...], seconds: float) -> None:
    await driver.execute_insert(_IN_SQLITE, row)
    if seconds:
        await asyncio.sleep(seconds)  # the connection is held; SQLite itself cannot wait


async def _run_in_postgresql(driver: Any, row: tuple[object, ...], seconds: float) -> None:
    if seconds:
        await driver.execute(_SLOWLY_IN_POSTGRESQL, (*row, seconds))
    else:
        await driver.execute(_IN_POSTGRESQL, row)


def _url(dsn: str | None, folder: tempfile.TemporaryDirectory[str] | None) -> URL:
    if folder is not None:
        return URL.create("sqlite+aiosqlite", database=f"{folder.name}/june.db")
    try:
        url = make_url(dsn or "")
    except ArgumentError:
        raise StartFailure("the DSN is not one: expected postgresql://user:password@host:port/database") from None
    drivers = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
    backend = url.get_backend_name()
    if backend not in drivers:
        raise StartFailure(f"the DSN's database {backend!r} is not known; postgresql or sqlite")
    return url.set(drivername=drivers[backend])


def _engine(url: URL, pool_size: int, pool_timeout: float) -> AsyncEngine:
    sqlite = url.get_backend_name() == "sqlite"
    engine = create_async_engine(
        url,
        # A statement prepared in one of PgBouncer's connections is not known in the next.
        connect_args={} if sqlite else {"prepare_threshold": None},
        poolclass=AsyncAdaptedQueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=pool_timeout,
        pool_reset_on_return=None,  # every statement commits itself, so there is nothing to roll back
        isolation_level="AUTOCOMMIT",
    )
    if sqlite:
        event.listen(engine.sync_engine, "connect", _lighten)
    return engine


def _lighten(connection: Any, _record: object) -> None:
    """Writers do not wait for the disk: the file is gone after the run anyway."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.close()
