"""pgbouncer_pool: of a PgBouncer pool's server connections, the share in use, with clients waiting for one.

A pool belongs to a database and a user; its size is the database's. PgBouncer's own console is none.
"""

from __future__ import annotations

from loadgen.catalogue.promql import any_of, selector
from loadgen.model.measured import DBPOOL
from loadgen.model.plan import Plan
from loadgen.resources.resource import Resource
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
    expected=each_database("pgbouncer"),
    role=target,
    appears=True,
)
