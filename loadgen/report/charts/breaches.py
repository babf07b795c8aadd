"""When criteria were breached: a line for each that failed, and for each check by which the run cannot tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from loadgen.model.evidence import AlertTransition
from loadgen.model.quantities import clock_text
from loadgen.model.verdict import FAILED
from loadgen.report.charts.canvas import Entry
from loadgen.report.charts.chart import Look
from loadgen.report.charts.colours import LIGHT
from loadgen.report.charts.library import Axes
from loadgen.report.charts.texts import shown
from loadgen.report.charts.time_axis import Panel, TimeAxis, rectangle
from loadgen.report.contents import Report

MOST = 6
"""So many are shown."""
ROW = 26
"""Pixels for each."""


@dataclass(frozen=True)
class Breached:
    """What failed. Stretches are seconds of plan time."""

    name: str
    colour: str
    certain: Sequence[tuple[float, float]]
    """From when on nothing could mend it."""
    lately: Sequence[tuple[float, float]]
    """While it was breached at that moment."""


def breaches(report: Report, time: TimeAxis) -> Iterator[Panel]:
    """The panel; none for a run in which everything held."""
    found = list(_found(report, time))
    if not found:
        return
    rows = found[:MOST]

    def draw(axes: Axes, look: Look) -> None:
        for place, one in enumerate(rows):
            _row(axes, look, one, 1 - place / len(rows), 1 / len(rows), time.end)

    entries = [Entry(one, word) for one, word in _entries(rows)]
    more = f" ({len(found) - MOST} more are not shown)" if len(found) > MOST else ""
    yield Panel(f"What failed, and when{more}", entries, draw, None, ROW * len(rows))


def _found(report: Report, time: TimeAxis) -> Iterator[Breached]:
    for check in report.validity:
        if not check.ok:
            fired = [one for one in report.alerts if one.labels.get("check") == check.id]
            yield Breached(check.id, LIGHT["invalid"], _stretches(fired, time), ())
    for line in report.criteria:
        if line.status == FAILED:
            fired = [one for one in report.alerts if one.labels.get("criterion") == line.criterion]
            certain = [one for one in fired if one.labels.get("role") == "acceptance"]
            lately = [one for one in fired if one.labels.get("role") == "burning"]
            yield Breached(line.criterion, LIGHT["bad"], _stretches(certain, time), _stretches(lately, time))


def _stretches(fired: Sequence[AlertTransition], time: TimeAxis) -> list[tuple[float, float]]:
    """While any of the alerts fired."""
    found: list[tuple[float, float]] = []
    since: float | None = None
    for one in sorted(fired, key=lambda one: one.at):
        at = min(max(0.0, one.at - time.start), time.end)
        if one.state == "firing" and since is None:
            since = at
        elif one.state != "firing" and since is not None:
            found.append((since, at))
            since = None
    return found if since is None else [*found, (since, time.end)]


def _row(axes: Axes, look: Look, one: Breached, top: float, height: float, end: float) -> None:
    low = top - 0.92 * height
    for start, stop in one.lately:
        rectangle(axes, start, stop, low, low + 0.16 * height, LIGHT["warning"])
    for start, stop in one.certain:
        rectangle(axes, start, max(stop, start + end / 250), low, low + 0.34 * height, one.colour)
    if not one.certain:
        rectangle(axes, 0.995 * end, end, low, low + 0.34 * height, one.colour)
    first = min((start for start, _ in one.certain), default=None)
    when = "known at the end only" if first is None or first >= end else f"certain from {clock_text(first)}"
    axes.text(
        0.004,
        low + 0.4 * height,
        f"{shown(one.name, 40)}: {when}",
        transform=axes.transAxes,
        va="bottom",
        size=look.text - 1.5,
        color=LIGHT["ink"],
    )


def _entries(rows: Sequence[Breached]) -> Iterator[tuple[str, str]]:
    if any(one.colour == LIGHT["bad"] for one in rows):
        yield LIGHT["bad"], "failed for certain"
    if any(one.lately for one in rows):
        yield LIGHT["warning"], "being breached"
    if any(one.colour == LIGHT["invalid"] for one in rows):
        yield LIGHT["invalid"], "cannot tell"
