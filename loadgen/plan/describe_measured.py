"""What is measured beside the load, as text for people."""

from __future__ import annotations

from collections.abc import Iterator

from loadgen.model.measured import GENERATOR_ROLE, Database, ProcessGroup, Scrape
from loadgen.model.plan import Plan
from loadgen.model.quantities import duration_text, share_text
from loadgen.plan.tables import counted, table
from loadgen.resources import CELSIUS, RESOURCES
from loadgen.resources.selection import hold


def measured(plan: Plan) -> Iterator[str]:
    """Scrapes, process groups and databases, a line each; nothing of the secrets but their places."""
    found = plan.measured
    return table(
        [
            *(_scrape(scrape) for scrape in found.scrapes),
            *(_group(group) for group in found.groups),
            *(_database(database) for database in found.databases),
        ]
    )


def _scrape(scrape: Scrape) -> tuple[str, str, str, str]:
    return (
        "scrape",
        scrape.job,
        f"{scrape.scheme}://{scrape.address}{scrape.path}",
        "of this run" if scrape.ours else "",
    )


def _group(group: ProcessGroup) -> tuple[str, str, str, str]:
    how = f"{group.match.replace('_', ' ')} {group.pattern}" if group.match else "as its exporter was told"
    remarks = [] if group.cores is None else [f"can use {counted(group.cores, 'core')}"]
    remarks += ["part of the instrument"] if group.role == GENERATOR_ROLE else []
    return "processes", group.name, how, ", ".join(remarks)


def _database(database: Database) -> tuple[str, str, str, str]:
    place, _, name = database.dsn.partition(":")
    return "database", database.name, database.kind, f"DSN in ${name}" if place == "env" else f"DSN in {name}"


def limits(plan: Plan) -> Iterator[str]:
    """From where on each kind of resource has given way."""
    found = plan.resources.limits
    if not found:
        return
    yield f"  most of {duration_text(hold(plan))} at or above"
    yield from table([(kind, _limit(kind, limit)) for kind, limit in found.items()], right=(1,))


def _limit(kind: str, limit: float) -> str:
    return f"{limit:g} °C" if RESOURCES[kind].unit == CELSIUS else share_text(limit)
