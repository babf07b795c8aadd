"""A plan with everything that can be measured beside the load, and names that would break a careless query."""

from __future__ import annotations

from typing import Any

from loadgen.model.measured import (
    DBPOOL,
    GENERATOR_ROLE,
    GPU,
    HOST,
    TARGET_ROLE,
    Database,
    Measured,
    ProcessGroup,
    ResourceLimits,
    Scrape,
)
from loadgen.model.plan import Plan
from loadgen.resources import RESOURCES
from tests.plans import example_plan

HOSTILE = 'a"b\\c{d="e"}|.* or vector(7) #'
HOST_AT, GPU_AT, DBPOOL_AT, JUNE_AT = "127.0.0.1:9611", "127.0.0.1:9612", "127.0.0.1:9613", "127.0.0.1:8000"

OURS = (
    Scrape(job=HOST, address=HOST_AT, ours=True),
    Scrape(job=GPU, address=GPU_AT, ours=True),
    Scrape(job=DBPOOL, address=DBPOOL_AT, ours=True),
    Scrape(job="june", address=JUNE_AT, ours=True),
)
GROUPS = (
    ProcessGroup(name=HOSTILE, role=TARGET_ROLE, match="name", pattern="sim", cores=2),
    ProcessGroup(name="free", role=TARGET_ROLE, match="name", pattern="free"),
    ProcessGroup(name="generator", role=GENERATOR_ROLE, match="name", pattern="locust", cores=1),
)
DATABASES = (
    Database(name="pg", kind="postgresql", dsn="env:PG"),
    Database(name="bouncer", kind="pgbouncer", dsn="env:PGB"),
)


def measured_plan(
    scrapes: tuple[Scrape, ...] = OURS,
    groups: tuple[ProcessGroup, ...] = GROUPS,
    databases: tuple[Database, ...] = DATABASES,
    **changes: Any,
) -> Plan:
    """The spike of `example_plan`, with every kind of resource at its usual limit."""
    fields: dict[str, Any] = {
        "measured": Measured(scrapes=scrapes, groups=groups, databases=databases),
        "resources": ResourceLimits(limits={kind: resource.limit for kind, resource in RESOURCES.items()}),
    }
    return example_plan(**{**fields, **changes})
