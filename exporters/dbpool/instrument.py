"""An instrument for SQLAlchemy pools, under OpenTelemetry's names: `instrument(engine, name="june")` and no more.

It needs only prometheus_client and SQLAlchemy, and leaves the pool as it is: it listens to the pool's events, and
stands before `pool.connect`, the one door through which a connection is had. What it adds to a request is some ten
microseconds. It stays when `engine.dispose()` puts a new pool in the old one's place.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from threading import Lock
from weakref import WeakKeyDictionary

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine, event
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection, QueuePool

POOL_NAME, STATE = "db_client_connection_pool_name", "db_client_connection_state"

SECONDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0)
"""Bucket edges: those that OpenTelemetry advises for database clients."""


def instrument(engine: Engine | AsyncEngine, *, name: str, registry: CollectorRegistry = REGISTRY) -> None:
    """Show the pool of `engine` in `registry` from now on, as pool `name`.

    Several engines may be shown in one registry under different names; one with a name that is taken replaces the
    other, and the counters go on. Connections that are out at this moment are not counted as used.
    """
    with _LOCK:
        pools = _SHOWN.get(registry)
        if pools is None:
            pools = _SHOWN[registry] = _Pools(registry)
    pools.watch(engine.sync_engine if isinstance(engine, AsyncEngine) else engine, name)


class _Pools(Collector):
    """The pools of one registry: histograms and counters that are added to, gauges that are read at each scrape."""

    def __init__(self, registry: CollectorRegistry) -> None:
        label = (POOL_NAME,)
        self._waits = Histogram(
            "db_client_connection_wait_time_seconds",
            "Time until a connection was obtained from the pool, opening it included where there was none.",
            label,
            registry=registry,
            buckets=SECONDS,
        )
        self._uses = Histogram(
            "db_client_connection_use_time_seconds",
            "Time from obtaining a connection to giving it back.",
            label,
            registry=registry,
            buckets=SECONDS,
        )
        self._creations = Histogram(
            "db_client_connection_create_time_seconds",
            "Time to open a connection and prepare it.",
            label,
            registry=registry,
            buckets=SECONDS,
        )
        self._timeouts = Counter(
            "db_client_connection_timeouts", "Requests that gave up waiting for a connection.", label, registry=registry
        )
        self._watched: dict[str, _Watch] = {}
        registry.register(self)

    def watch(self, engine: Engine, name: str) -> None:
        """Show this engine's pool; a second call for the same engine and name changes nothing."""
        shown = self._watched.get(name)
        if shown is not None and shown.engine is engine:
            return
        histograms = (self._waits.labels(name), self._uses.labels(name), self._creations.labels(name))
        self._watched[name] = _Watch(engine, *histograms, self._timeouts.labels(name))

    def describe(self) -> list[Metric]:
        """Nothing: the gauges' names are no other metric's."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The gauges of this moment."""
        label = (POOL_NAME,)
        count = GaugeMetricFamily(
            "db_client_connection_count", "Connections by state: idle in the pool, or used.", labels=(POOL_NAME, STATE)
        )
        maximum = GaugeMetricFamily("db_client_connection_max", "Connections the pool may open.", labels=label)
        kept = GaugeMetricFamily("db_client_connection_idle_max", "Connections the pool keeps idle.", labels=label)
        pending = GaugeMetricFamily(
            "db_client_connection_pending_requests", "Requests waiting for a connection.", labels=label
        )
        for name, watch in list(self._watched.items()):
            count.add_metric((name, "used"), watch.used)
            pending.add_metric((name,), watch.pending)
            pool = watch.engine.pool
            if isinstance(pool, QueuePool):
                count.add_metric((name, "idle"), pool.checkedin())
                kept.add_metric((name,), pool.size())
                if (most := _most(pool)) is not None:
                    maximum.add_metric((name,), most)
        return iter((count, maximum, kept, pending))


class _Watch:
    """One engine and whatever pool it has: who waits, what is out since when."""

    def __init__(
        self, engine: Engine, waits: Histogram, uses: Histogram, creations: Histogram, timeouts: Counter
    ) -> None:
        self.engine = engine
        self.pending = 0
        self._waits, self._uses, self._creations, self._timeouts = waits, uses, creations, timeouts
        self._lock = Lock()
        self._out: dict[ConnectionPoolEntry, float] = {}
        self._begun: WeakKeyDictionary[ConnectionPoolEntry, float] = WeakKeyDictionary()
        for name, listener in (
            ("checkout", self._checked_out),
            ("checkin", self._checked_in),
            ("detach", self._checked_in),
            ("do_connect", self._connecting),
            ("connect", self._connected),
            ("engine_disposed", self._stand_at_the_door),
        ):
            event.listen(engine, name, listener)
        self._stand_at_the_door(engine)

    @property
    def used(self) -> int:
        """Connections that the application holds; those that are only being opened are not among them."""
        return len(self._out)

    def _stand_at_the_door(self, engine: Engine) -> None:
        """Wrap the present pool's `connect`. There is no event for a request that begins to wait."""
        pool = engine.pool
        pool.connect = self._timed(pool.connect)  # type: ignore[method-assign]

    def _timed(self, connect: Callable[[], PoolProxiedConnection]) -> Callable[[], PoolProxiedConnection]:
        def timed() -> PoolProxiedConnection:
            self._pend(1)
            began = time.perf_counter()
            try:
                connection = connect()
            except PoolTimeoutError:
                self._timeouts.inc()
                raise
            finally:
                self._pend(-1)
            self._waits.observe(time.perf_counter() - began)
            return connection

        return timed

    def _pend(self, step: int) -> None:
        with self._lock:
            self.pending += step

    def _checked_out(self, _connection: object, entry: ConnectionPoolEntry, _proxy: object) -> None:
        self._out[entry] = time.perf_counter()

    def _checked_in(self, _connection: object, entry: ConnectionPoolEntry) -> None:
        since = self._out.pop(entry, None)
        if since is not None:
            self._uses.observe(time.perf_counter() - since)

    def _connecting(self, _dialect: object, entry: ConnectionPoolEntry, _args: object, _kwargs: object) -> None:
        """Before a connection is opened. An engine with a `creator` of its own never says so: no create time then."""
        self._begun[entry] = time.perf_counter()

    def _connected(self, _connection: object, entry: ConnectionPoolEntry) -> None:
        began = self._begun.pop(entry, None)
        if began is not None:
            self._creations.observe(time.perf_counter() - began)


def _most(pool: QueuePool) -> int | None:
    """Connections that the pool may open; None for as many as are asked for."""
    overflow: int = pool._max_overflow  # noqa: SLF001 - the pool tells its present overflow, and the limit nowhere else
    return None if overflow < 0 or pool.size() == 0 else pool.size() + overflow


_LOCK = Lock()
_SHOWN: WeakKeyDictionary[CollectorRegistry, _Pools] = WeakKeyDictionary()
