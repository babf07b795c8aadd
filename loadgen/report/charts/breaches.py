"""When criteria were breached: a line for each that failed, and for each check by which the run cannot tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from loadgen.criteria.kind import ACCEPTANCE, BURNING
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
from loadgen.report.firings import Breach, Stretch, breach, stretches

MOST = 6
"""So many are shown."""
ROW = 26
"""Pixels for each."""
MOST_BEFORE = 2
"""Stretches of an earlier breach that are told."""
AT_THE_END = "known at the end only"


@dataclass(frozen=True)
class Breached:
    """What failed, and when. Stretches are seconds of plan time."""

    name: str
    colour: str
    when: str
    before: str
    """What is told besides where there is room."""
    firings: Sequence[Stretch]
    """While the measurement of all that had been counted was beyond the bound."""
    lately: Sequence[Stretch]
    """While that of the last moments was."""


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
            fired = _stretches((one for one in report.alerts if one.labels.get("check") == check.id), time)
            when = f"seen from {clock_text(fired[0][0])}" if fired else AT_THE_END
            yield Breached(check.id, LIGHT["invalid"], when, "", fired, ())
    for line in report.criteria:
        if line.status == FAILED:
            told = breach(report, line.criterion)
            own = [one for one in report.alerts if one.labels.get("criterion") == line.criterion]
            fired, lately = (
                _stretches((one for one in own if one.labels.get("role") == role), time)
                for role in (ACCEPTANCE, BURNING)
            )
            yield Breached(line.criterion, LIGHT["bad"], _when(told, time), _before(told), fired, lately)


def _when(told: Breach, time: TimeAxis) -> str:
    """Nothing is lost before the end: a share may yet fall while operations are counted."""
    if told.since is None or told.since >= time.end:
        return "failed at the end" if told.earlier else AT_THE_END
    return f"breached from {clock_text(told.since)} to the end"


def _before(told: Breach) -> str:
    spans = [f"{clock_text(start)} to {clock_text(end)}" for start, end in told.earlier[:MOST_BEFORE]]
    more = " and later" if len(told.earlier) > MOST_BEFORE else ""
    return f", breached for a while before ({', '.join(spans)}{more})" if spans else ""


def _stretches(alerts: Iterable[AlertTransition], time: TimeAxis) -> list[Stretch]:
    """While any of the alerts fired, as far as the axis goes."""
    return [(min(start, time.end), min(end, time.end)) for start, end in stretches(alerts, time.start)]


def _row(axes: Axes, look: Look, one: Breached, top: float, height: float, end: float) -> None:
    low = top - 0.92 * height
    for start, stop in one.lately:
        rectangle(axes, start, stop, low, low + 0.16 * height, LIGHT["warning"])
    for start, stop in one.firings:
        rectangle(axes, start, max(stop, start + end / 250), low, low + 0.34 * height, one.colour)
    if not one.firings:
        rectangle(axes, 0.995 * end, end, low, low + 0.34 * height, one.colour)
    axes.text(
        0.004,
        low + 0.4 * height,
        f"{shown(one.name, 30 if look.narrow else 40)}: {one.when}{'' if look.narrow else one.before}",
        transform=axes.transAxes,
        va="bottom",
        size=look.text - 1.5,
        color=LIGHT["ink"],
    )


def _entries(rows: Sequence[Breached]) -> Iterator[tuple[str, str]]:
    if any(one.colour == LIGHT["bad"] for one in rows):
        yield LIGHT["bad"], "breached, of all counted so far"
    if any(one.lately for one in rows):
        yield LIGHT["warning"], "early warning"
    if any(one.colour == LIGHT["invalid"] for one in rows):
        yield LIGHT["invalid"], "cannot tell"
