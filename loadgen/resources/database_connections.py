"""database_connections: of the connections that a PostgreSQL server accepts, the share that is open."""

from __future__ import annotations

from loadgen.catalogue.promql import selector
from loadgen.model.measured import DBPOOL
from loadgen.model.plan import Plan
from loadgen.resources.resource import Example, Resource, Shown
from loadgen.resources.selection import by, dbpool, each_database, run_selector, target

BY = ("server",)


def use(plan: Plan) -> str:
    """Connections in whatever state over max_connections, of which a few are kept for superusers."""
    labels = run_selector(plan, DBPOOL)
    open_ones = by("sum", BY, selector("pg_stat_activity_count", labels))
    return f"{open_ones} / {by('max', BY, selector('pg_settings_max_connections', labels))}"


def examples(plan: Plan, use: float) -> tuple[Example, ...]:  # noqa: ARG001 same for all kinds
    """Connections of two states, to two databases."""
    server = {"server": "a server"}
    series = (
        Shown("pg_stat_activity_count", 25 * use, server | {"datname": "one", "state": "active"}),
        Shown("pg_stat_activity_count", 75 * use, server | {"datname": "other", "state": "idle"}),
        Shown("pg_settings_max_connections", 100, server),
        Shown("pg_up", 1, server),
    )
    return (Example(server, series),)


RESOURCE = Resource(
    kind="database_connections",
    alert="LoadtestDatabaseConnectionsAtLimit",
    limit=0.9,
    title="connections of PostgreSQL {subject}",
    state="{use} of max_connections open",
    by=BY,
    jobs=dbpool,
    use=use,
    examples=examples,
    expected=each_database("postgresql"),
    role=target,
)
