"""What may grow in a run: where it is read, whose it is, and what must have been seen of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from loadgen.catalogue.promql import Regex, any_of, duration, selector
from loadgen.model.measured import DBPOOL, HOST, TARGET_ROLE, Measured
from loadgen.model.plan import Plan
from loadgen.resources.selection import applications, by, run_selector, subject

LIFE = "growth_life"
"""Name of the series that changes when a process of a group took another's place: its memory began anew then."""
POOL = "db_client_connection_pool_name"

Labels = Mapping[str, str]


class Source(Struct, frozen=True, kw_only=True):
    """Series of one sort. All functions are pure."""

    name: str
    """What the series is called in the evidence."""
    title: str
    """How a sentence names one of them."""
    jobs: Callable[[Plan], Sequence[str]]
    """Whose series are asked for; none: the plan has nothing of the sort."""
    by: tuple[str, ...]
    """The labels, beside `instance`, that tell one from the other."""
    promql: Callable[[Plan], str]
    expected: Callable[[Measured], tuple[str, ...]] = lambda _measured: ()
    """Values of the (only) label of which at least one series must have been seen."""
    lives: bool = False
    """They belong to processes, which may start anew."""

    def subject(self, plan: Plan, labels: Labels) -> str:
        """The title with the name of the one that has these labels."""
        return self.title.format(subject(plan, self.jobs(plan), labels, self.by))


class Growing(Struct, frozen=True, kw_only=True):
    """A quantity that may grow."""

    name: str
    unit: str
    what: str
    """How a sentence names it."""
    sources: tuple[Source, ...]


def groups_of(measured: Measured) -> tuple[str, ...]:
    """Process groups of the target; the instrument's own are not judged."""
    return tuple(group.name for group in measured.groups if group.role == TARGET_ROLE)


def life(plan: Plan) -> str:
    """PromQL of LIFE: start of the oldest process and count of restarts, which no sum of both can hide."""
    oldest = _processes(plan, "namedprocess_namegroup_oldest_start_time_seconds", {})
    restarts = _processes(plan, "namedprocess_namegroup_restarts_total", {})
    return f"({oldest} + {restarts}) and {_processes(plan, 'namedprocess_namegroup_num_procs', {})} > 0"


def _memory(plan: Plan) -> str:
    """Added, not summed by one selector: an exporter that shows only what is swapped out must not count as little."""
    parts = ({"memtype": sort} for sort in ("anonymous", "swapped"))
    return " + ".join(_processes(plan, "namedprocess_namegroup_memory_bytes", part) for part in parts)


def _shown(metric: str) -> Callable[[Plan], str]:
    return lambda plan: _processes(plan, metric, {})


def _processes(plan: Plan, metric: str, labels: Mapping[str, str]) -> str:
    groups = any_of(groups_of(plan.measured))
    return _last(plan, metric, {**run_selector(plan, HOST), "groupname": groups, **labels}, ("groupname",))


def _last(plan: Plan, metric: str, labels: Mapping[str, str | Regex], own: Sequence[str]) -> str:
    """The latest values; one that was unseen for longer than validity allows is none."""
    seen = duration(plan.validity.scrape_gap_intervals * plan.scrape_interval)
    return by("sum", own, f"last_over_time({selector(metric, labels)}[{seen}])")


def _of_groups(promql: Callable[[Plan], str]) -> tuple[Source, ...]:
    source = Source(
        name="growth_processes",
        title="the processes {}",
        jobs=lambda plan: (HOST,) if groups_of(plan.measured) else (),
        by=("groupname",),
        promql=promql,
        expected=groups_of,
        lives=True,
    )
    return (source,)


def _pools(plan: Plan) -> str:
    used = run_selector(plan, *applications(plan)) | {"db_client_connection_state": "used"}
    return _last(plan, "db_client_connection_count", used, (POOL,))


def _servers(plan: Plan) -> str:
    return _last(plan, "pg_stat_activity_count", run_selector(plan, DBPOOL), ("server",))


def _clients(plan: Plan) -> str:
    states = ("active", "waiting")
    names = any_of(f"pgbouncer_pools_client_{state}_connections" for state in states)
    return _last(plan, "", {"__name__": names, **run_selector(plan, DBPOOL)}, ("server",))


def _databases(kind: str) -> Callable[[Measured], tuple[str, ...]]:
    return lambda measured: tuple(database.name for database in measured.databases if database.kind == kind)


def _asked(kind: str) -> Callable[[Plan], Sequence[str]]:
    return lambda plan: (DBPOOL,) if _databases(kind)(plan.measured) else ()


_CONNECTIONS = (
    Source(name="growth_pool", title="the connection pool {}", jobs=applications, by=(POOL,), promql=_pools),
    Source(
        name="growth_postgresql",
        title="the PostgreSQL server {}",
        jobs=_asked("postgresql"),
        by=("server",),
        promql=_servers,
        expected=_databases("postgresql"),
    ),
    Source(
        name="growth_pgbouncer",
        title="the clients of PgBouncer {}",
        jobs=_asked("pgbouncer"),
        by=("server",),
        promql=_clients,
        expected=_databases("pgbouncer"),
    ),
)
"""In an application's pool those in use, for one that is never given back stays so; at a server those that are open."""

QUANTITIES = {
    one.name: one
    for one in (
        Growing(
            name="memory",
            unit="bytes",
            what="Anonymous memory",
            sources=_of_groups(_memory),
        ),
        Growing(
            name="descriptors",
            unit="descriptors",
            what="The number of open descriptors",
            sources=_of_groups(_shown("namedprocess_namegroup_open_filedesc")),
        ),
        Growing(
            name="threads",
            unit="threads",
            what="The number of threads",
            sources=_of_groups(_shown("namedprocess_namegroup_num_threads")),
        ),
        Growing(name="connections", unit="connections", what="The number of connections", sources=_CONNECTIONS),
    )
}
"""By the name that the YAML and the criterion's identity use."""
