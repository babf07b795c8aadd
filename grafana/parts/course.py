"""The course of a run: its phases and its alerts, from when to when."""

from __future__ import annotations

from grafana_foundation_sdk.builders import statetimeline

from grafana import theme
from grafana.annotations import DECIDING, INVALIDATING, TELLING, concerning
from grafana.panels import NONE, Said, named, states
from grafana.queries import FIRING, by, of_run, query
from loadgen.catalogue.promql import any_of
from loadgen.criteria import ACCEPTANCE
from loadgen.rules.alerts import RESOURCE

NOT_JUDGED, JUDGED, WARNS, INVALIDATES, BREAKS = range(1, 6)
WORDS = named(
    (NOT_JUDGED, "not judged", theme.NOT_JUDGED),
    (JUDGED, "judged", theme.JUDGED),
    (WARNS, "warns", theme.WARNING),
    (INVALIDATES, "invalid", theme.INVALID),
    (BREAKS, "breached", theme.BAD),
)


def summary() -> statetimeline.Panel:
    """Phases and what happened in them, on few lanes whatever fires."""
    said = Said(
        title="Phases, breaches, limits",
        description="When each phase with load was and whether it is judged; when any criterion was breached, any "
        "alert spoke against the run's validity, any resource was at its limit.",
        unit=NONE,
        width=14,
        height=7,
    )
    now, judged = (by("max", "phase", of_run(f"loadtest_{name}phase")) for name in ("", "judged_"))
    phases = query(f"({now} == 1) + on (phase) {judged}", "{{phase}}")
    lanes = (
        (BREAKS, (ACCEPTANCE,), "a criterion"),
        (INVALIDATES, INVALIDATING, "validity"),
        (WARNS, (RESOURCE,), "a resource"),
    )
    return states(
        said, phases, *(query(f"{code} * max({_firing(of)})", name) for code, of, name in lanes), mappings=WORDS
    )


def alerts() -> statetimeline.Panel:
    """Each alert while it fires."""
    said = Said(
        title="Alerts as they fire",
        description="When each alert fired, and what it means for the verdict.",
        unit=NONE,
        width=24,
        height=12,
        empty="No alert fired in the time shown.",
    )
    roles = ((BREAKS, DECIDING), (INVALIDATES, INVALIDATING), (WARNS, TELLING))
    each = (query(concerning(f"{code} * {_firing(of)}"), "{{alertname}} {{concerning}}") for code, of in roles)
    return states(said, *each, mappings=WORDS)


def _firing(roles: tuple[str, ...]) -> str:
    return of_run("ALERTS", role=any_of(roles), **FIRING)
