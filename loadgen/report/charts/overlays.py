"""The courses of the runs of both sides over each other, a panel for each test type."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from loadgen.criteria.shares import percent
from loadgen.model.comparison import ERROR_RATE, P95, RATE, Comparison, Curve
from loadgen.report.charts.canvas import Entry, nothing
from loadgen.report.charts.chart import Chart, Look
from loadgen.report.charts.colours import LIGHT
from loadgen.report.charts.curves import place_of
from loadgen.report.charts.library import Axes, Figure
from loadgen.report.charts.texts import shown
from loadgen.report.charts.time_axis import Panel, TimeAxis
from loadgen.verdict.sentences import response_time

SIDES = {"base": LIGHT["unknown"], "run": LIGHT["achieved"]}


@dataclass(frozen=True)
class Course:
    """A chart of curves of one name."""

    curve: str
    name: str
    title: str
    words: Callable[[float], str]


COURSES = (
    Course(P95, "p95_over_time", "P95 response time of judged operations over the run", response_time),
    Course(RATE, "rate_over_time", "All operations per second over the run", lambda value: f"{value:,.4g}"),
    Course(ERROR_RATE, "error_rate_over_time", "Share of all operations that failed over the run", percent),
)


def overlays(comparison: Comparison) -> Iterator[Chart]:
    """A chart for each course."""
    for course in COURSES:
        yield _chart(course, [curve for curve in comparison.curves if curve.name == course.curve], comparison)


def _chart(course: Course, found: Sequence[Curve], comparison: Comparison) -> Chart:
    types = sorted({curve.test_type for curve in found}, key=place_of)
    why = "None of the runs has this course in its records."
    if found and course.curve == ERROR_RATE and not any(any(curve.values) for curve in found):
        types, why = [], "No operation failed in any of the runs."

    def figure(look: Look) -> Figure:
        if not types:
            return nothing(look, why)
        time = TimeAxis(0.0, max(max(curve.times, default=0.0) for curve in found), ())
        panels = [_panel(course, name, [curve for curve in found if curve.test_type == name]) for name in types]
        return time.stacked(look, panels).figure

    counts = f"{len(comparison.base)} before, {len(comparison.run)} after"
    told = f"{course.title}, the runs over each other: {counts}; for {', '.join(name or 'all' for name in types)}."
    return Chart(name=course.name, title=course.title, alt=told if types else why, figure=figure)


def _panel(course: Course, test_type: str, found: Sequence[Curve]) -> Panel:
    alone = all(sum(curve.side == side for curve in found) <= 1 for side in SIDES)

    def draw(axes: Axes, _: Look) -> None:
        for curve in found:
            values = [math.nan if value is None else value for value in curve.values]
            axes.plot(
                curve.times, values, color=SIDES[curve.side], alpha=1 if alone else 0.6, linewidth=2 if alone else 1.3
            )

    entries = [Entry(colour, side) for side, colour in SIDES.items()]
    return Panel(shown(test_type or "all", 30), entries, draw, course.words, 130)
