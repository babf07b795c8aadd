"""When a criterion was breached: while which its acceptance alert fired, and from when on it fired to the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from loadgen.criteria.kind import ACCEPTANCE
from loadgen.model.evidence import AlertTransition
from loadgen.query.alarms import FIRING
from loadgen.report.contents import Report

Stretch = tuple[float, float]
"""Start and end in seconds of plan time; the end is infinite while nothing has ended it."""


class Breach(Struct, frozen=True):
    """When a criterion was breached. Seconds of plan time."""

    since: float | None
    """Start of the firing that lasted to the end of the load, or came after it; None when none did."""
    earlier: tuple[Stretch, ...]
    """Firings that ended before: nothing is lost for good while operations go on being counted."""


def breach(report: Report, criterion: str) -> Breach:
    """When a criterion's acceptance alert fired."""
    own = [one for one in report.alerts if one.labels.get("criterion") == criterion]
    found = stretches((one for one in own if one.labels.get("role") == ACCEPTANCE), report.started or 0.0)
    return lasted(found, report.load_end)


def lasted(found: Sequence[Stretch], end: float) -> Breach:
    """Stretches in their order, told apart by whether they lasted to `end`."""
    if found and found[-1][1] >= end:
        return Breach(found[-1][0], tuple(found[:-1]))
    return Breach(None, tuple(found))


def stretches(alerts: Iterable[AlertTransition], started: float) -> tuple[Stretch, ...]:
    """While any of the alerts fired, in order. `started`: Unix seconds of plan time 0; none begins before that."""
    found: list[Stretch] = []
    on: set[tuple[str, tuple[tuple[str, str], ...]]] = set()
    since = 0.0
    for one in sorted(alerts, key=lambda one: one.at):
        whose, before = (one.alert, tuple(sorted(one.labels.items()))), bool(on)
        at = max(0.0, one.at - started)
        (on.add if one.state == FIRING else on.discard)(whose)
        if on and not before:
            since = at
        elif before and not on:
            found.append((since, at))
    return (*found, (since, float("inf"))) if on else tuple(found)
