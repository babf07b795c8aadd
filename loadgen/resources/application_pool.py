"""application_pool: of a pool of connections inside an application, the share in use, with requests waiting for one."""

from __future__ import annotations

from loadgen.catalogue.promql import selector
from loadgen.model.plan import Plan
from loadgen.resources.resource import Example, Resource, Shown
from loadgen.resources.selection import applications, by, nothing, run_selector, target

POOL = "db_client_connection_pool_name"
BY = (POOL,)


def use(plan: Plan) -> str:
    """Connections in use over those that the pool may open."""
    labels = run_selector(plan, *applications(plan))
    used = selector("db_client_connection_count", labels | {"db_client_connection_state": "used"})
    return f"{by('sum', BY, used)} / {by('sum', BY, selector('db_client_connection_max', labels) + ' > 0')}"


def waiting(plan: Plan) -> str:
    """Requests that wait for a connection."""
    labels = run_selector(plan, *applications(plan))
    return by("sum", BY, selector("db_client_connection_pending_requests", labels))


def examples(plan: Plan, use: float) -> tuple[Example, ...]:  # noqa: ARG001 same for all kinds
    """A pool of 40, of which some connections are idle."""
    name, state = {POOL: "a pool"}, "db_client_connection_state"
    series = (
        Shown("db_client_connection_count", 40 * use, name | {state: "used"}),
        Shown("db_client_connection_count", 7, name | {state: "idle"}),
        Shown("db_client_connection_max", 40, name),
        Shown("db_client_connection_pending_requests", 3, name),
    )
    return (Example(name, series, waiting=3),)


RESOURCE = Resource(
    kind="application_pool",
    alert="LoadtestPoolExhausted",
    limit=1.0,
    title="connection pool {subject}",
    state="{use} of its connections in use with requests waiting",
    by=BY,
    jobs=applications,
    use=use,
    waiting=waiting,
    examples=examples,
    expected=nothing,
    role=target,
    appears=True,
)
