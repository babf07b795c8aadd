"""pgbouncer_pool: of a PgBouncer pool's server connections, the share in use, with clients waiting for one.

A pool belongs to a database and a user; its size is the database's. PgBouncer's own console is none.
"""

from __future__ import annotations

from loadgen.catalogue.promql import any_of, selector
from loadgen.model.measured import DBPOOL
from loadgen.model.plan import Plan
from loadgen.resources.resource import Example, Resource, Shown
from loadgen.resources.selection import by, dbpool, each_database, run_selector, target

BY, DATABASE = ("server", "database", "user"), ("server", "database")
CONSOLE = "pgbouncer"
BUSY = ("pgbouncer_pools_server_active_connections", "pgbouncer_pools_server_testing_connections")
"""Server connections that serve a client, and those that are made ready for the next one."""


def use(plan: Plan) -> str:
    """Busy server connections over those that the pool may open; a reserve makes it more than all."""
    labels = run_selector(plan, DBPOOL)
    busy = by("sum", BY, _pools(plan, *BUSY))
    # The list of databases calls `name` what the list of pools calls `database`.
    size = f'label_replace({selector("pgbouncer_databases_pool_size", labels)}, "database", "$1", "name", "(.+)")'
    per_pool = by("max", DATABASE, f"{size} > 0")
    return f"{busy} / on (instance, {', '.join(DATABASE)}) group_left () {per_pool}"


def waiting(plan: Plan) -> str:
    """Clients that wait for a server connection."""
    return by("sum", BY, _pools(plan, "pgbouncer_pools_client_waiting_connections"))


def _pools(plan: Plan, *metrics: str) -> str:
    names = {"__name__": any_of(metrics)}
    pools = selector("", names | run_selector(plan, DBPOOL))
    return f"{pools} unless {selector('', names | {'database': CONSOLE})}"


def examples(plan: Plan, use: float) -> tuple[Example, ...]:  # noqa: ARG001 same for all kinds
    """A pool of 40, in whose database's row `database` is the server's own name for it; and the console."""
    server, prefix = {"server": "a server"}, "pgbouncer_pools_"
    pool, console = ({**server, "database": name, "user": "june"} for name in ("june", CONSOLE))
    series = (
        Shown(f"{prefix}server_active_connections", 30 * use, pool),
        Shown(f"{prefix}server_testing_connections", 10 * use, pool),
        Shown(f"{prefix}server_idle_connections", 7, pool),
        Shown(f"{prefix}client_waiting_connections", 3, pool),
        Shown(f"{prefix}server_active_connections", 2, console),
        Shown(f"{prefix}client_waiting_connections", 9, console),
        Shown("pgbouncer_databases_pool_size", 40, {**server, "name": "june", "database": "another"}),
        Shown("pgbouncer_databases_pool_size", 2, {**server, "name": CONSOLE, "database": CONSOLE}),
    )
    return (Example(pool, series, waiting=3),)


RESOURCE = Resource(
    kind="pgbouncer_pool",
    alert="LoadtestPgbouncerPoolExhausted",
    limit=1.0,
    title="PgBouncer pool {subject}",
    state="{use} of its server connections in use with clients waiting",
    by=BY,
    jobs=dbpool,
    use=use,
    waiting=waiting,
    examples=examples,
    expected=each_database("pgbouncer"),
    role=target,
    appears=True,
)
