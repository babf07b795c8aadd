"""The course of a run: its phases and its alerts, from when to when."""

from __future__ import annotations

from grafana_foundation_sdk.builders import statetimeline

from grafana import theme
from grafana.annotations import DECIDING, INVALIDATING, TELLING, concerning
from grafana.panels import NONE, Said, named, states
from grafana.queries import FIRING, by, of_run, query
from loadgen.catalogue.promql import any_of

NOT_JUDGED, JUDGED = 1, 2
WARNS, INVALIDATES, BREAKS = 1, 2, 3


def phases() -> statetimeline.Panel:
    """Each phase while it lasts."""
    said = Said(
        title="Phases",
        description="When each phase of the plan was, and whether what happens in it is judged.",
        unit=NONE,
        width=24,
        height=7,
    )
    now = f"{by('max', 'phase', of_run('loadtest_phase'))} == 1"
    judged = by("max", "phase", of_run("loadtest_judged_phase"))
    words = named((NOT_JUDGED, "not judged", theme.NOT_JUDGED), (JUDGED, "judged", theme.JUDGED))
    return states(said, query(f"({now}) + on (phase) {judged} or on (phase) ({now})", "{{phase}}"), mappings=words)


def alerts() -> statetimeline.Panel:
    """Each alert while it fires."""
    said = Said(
        title="Alerts as they fire",
        description="When each alert fired, and what it means for the verdict.",
        unit=NONE,
        width=24,
        height=10,
        empty="No alert fired in the time shown.",
    )
    legend = "{{alertname}} {{concerning}}"
    roles = ((BREAKS, DECIDING), (INVALIDATES, INVALIDATING), (WARNS, TELLING))
    firing = [
        query(concerning(f"{code} * {of_run('ALERTS', role=any_of(names), **FIRING)}"), legend) for code, names in roles
    ]
    words = named(
        (WARNS, "warns", theme.WARNING), (INVALIDATES, "invalid", theme.INVALID), (BREAKS, "breached", theme.BAD)
    )
    return states(said, *firing, mappings=words)
