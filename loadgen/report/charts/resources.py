"""Resources on the time axis of the run, each against its limit, what gave way first above all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from loadgen.model.measured import GENERATOR_ROLE, ResourceUse
from loadgen.model.quantities import clock_text
from loadgen.report.charts.canvas import Entry, nothing
from loadgen.report.charts.chart import Chart, Look
from loadgen.report.charts.colours import LIGHT
from loadgen.report.charts.curves import curves
from loadgen.report.charts.library import Axes, Figure
from loadgen.report.charts.texts import shown
from loadgen.report.charts.time_axis import Panel, TimeAxis, rectangle
from loadgen.report.contents import Report
from loadgen.resources import CELSIUS
from loadgen.verdict.saturation import figure, title

MOST = 8
"""So many are drawn."""
COURSE = "resource_use"
NONE = "No resource was measured, so it is not known what gave way."


def resources(report: Report) -> Chart:
    """A panel for each, those that reached their limit or came closest to it first."""
    found, drawn = ranked(report), ranked(report)[:MOST]
    rest = (
        f" Not drawn, for they stayed further away: {', '.join(title(use) for use in found[MOST:])}."
        if found[MOST:]
        else ""
    )

    def draw(look: Look) -> Figure:
        if not drawn:
            return nothing(look, NONE)
        time = TimeAxis.of(report)
        return time.stacked(look, [panel(report, time, use) for use in drawn]).figure

    return Chart(
        name="resources",
        title="Resources against their limits",
        alt=f"{report.saturation.sentence if report.saturation else NONE}{rest}",
        figure=draw,
    )


def ranked(report: Report) -> list[ResourceUse]:
    """Those with a curve: the target's before the instrument's, by when they reached the limit, then how close."""
    seen = {series.labels.get("resource") for series in report.series if series.name == COURSE}
    return sorted((use for use in report.resources if use.id in seen), key=lambda use: _order(report, use))


def _order(report: Report, use: ResourceUse) -> tuple[bool, bool, float, float, str]:
    first = report.saturation is not None and report.saturation.first == use.id
    moment = float("inf") if use.reached is None else use.reached
    closest = max((phase.maximum / use.limit for phase in use.phases), default=0.0)
    return not first, use.role == GENERATOR_ROLE, moment, -closest, use.id


def panel(report: Report, time: TimeAxis, use: ResourceUse, height: float = 50) -> Panel:
    """One resource over time, with its limit, and red where it stayed there."""
    found = [curve for curve in curves(report, time, COURSE, "resource") if curve.name == use.id]

    def draw(axes: Axes, _: Look) -> None:
        for start, end in _stays(use, time.end):
            rectangle(axes, start, end, 0, 1, LIGHT["stay"])
        for curve in found:
            axes.plot(curve.x, curve.y, color=LIGHT["achieved"], zorder=4)
        axes.axhline(use.limit, color=LIGHT["bad"], linestyle=(0, (4, 3)), linewidth=1.5, zorder=5)
        axes.set_ylim(top=max([use.limit * 1.12, *(curve.highest * 1.05 for curve in found)]))

    entries = [Entry(LIGHT["bad"], f"limit {figure(use.limit, use.unit)}", dashed=True), *_said(report, use)]
    name = shown(f"{title(use)} (generator)" if use.role == GENERATOR_ROLE else title(use), 44)
    return Panel(name[:1].upper() + name[1:], entries, draw, _words(use), height, "" if found else "not measured")


def _words(use: ResourceUse) -> Callable[[float], str]:
    return lambda value: f"{value:.0f} °C" if use.unit == CELSIUS else f"{100 * value:.3g}%"


def _stays(use: ResourceUse, end: float) -> list[tuple[float, float]]:
    """While it was at its limit and stayed."""
    found = []
    if use.already is not None:
        found.append((max(0.0, use.already), end if use.already_left is None else use.already_left))
    if use.reached is not None:
        found.append((use.reached, end if use.left is None else use.left))
    return found


def _said(report: Report, use: ResourceUse) -> Sequence[Entry]:
    """What is to be said of its stay."""
    if use.reached is not None:
        first = report.saturation is not None and report.saturation.first == use.id
        return [
            Entry(LIGHT["stay"], f"{'gave way first, ' if first else ''}at its limit from {clock_text(use.reached)}")
        ]
    if use.already is not None:
        before = "before the load" if use.already <= 0 else f"when first seen, {clock_text(use.already)}"
        return [Entry(LIGHT["stay"], f"at its limit already {before}")]
    return []


def first_of(report: Report, time: TimeAxis) -> list[Panel]:
    """The panel of what gave way first, or else of the target's resource that came closest."""
    found = [use for use in ranked(report) if use.role != GENERATOR_ROLE]
    if not found:
        return []
    one = panel(report, time, found[0], 84)
    gave_way = report.saturation is not None and report.saturation.first == found[0].id
    return [
        one
        if gave_way
        else Panel(f"{one.title}, closest to its limit", one.entries, one.draw, one.words, 84, one.empty)
    ]
