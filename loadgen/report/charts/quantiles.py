"""Quantiles of the response times over the run, a panel for each test type."""

from __future__ import annotations

from collections.abc import Sequence

from loadgen.model.plan import Plan
from loadgen.report.charts.canvas import Entry, nothing
from loadgen.report.charts.chart import Chart, Look
from loadgen.report.charts.colours import LIGHT, QUANTILES
from loadgen.report.charts.curves import Curve, curves
from loadgen.report.charts.known import Stretch, lost, said, strips, why
from loadgen.report.charts.library import Axes, Figure
from loadgen.report.charts.texts import shown
from loadgen.report.charts.time_axis import Panel, TimeAxis
from loadgen.report.contents import Report
from loadgen.verdict.sentences import response_time

NONE = "No response time was measured over the run."


def quantiles(report: Report, plan: Plan) -> Chart:
    """The chart, with a panel for each test type of the plan, whatever is known of it."""
    time = TimeAxis.of(report)
    every = [_Course(report, time, name) for name in plan.test_types]
    return Chart(
        name="response_time_over_time",
        title="Response times of judged operations over the run",
        alt=_alt(every),
        figure=lambda look: _drawn(time, look, every),
    )


class _Course:
    """What is known of a test type: its quantiles, while which more failed than the P95 leaves out, and its bounds."""

    def __init__(self, report: Report, time: TimeAxis, test_type: str) -> None:
        self.test_type = test_type
        every = ((name, one) for name in QUANTILES for one in curves(report, time, name))
        self.curves: list[tuple[str, Curve]] = [(name, one) for name, one in every if one.name == test_type]
        self.lost: Sequence[Stretch] = lost(report, time, "p95", test_type)
        self.bounds = sorted({bound.seconds for bound in report.bounds if bound.test_type == test_type})
        self.empty = not (self.curves or self.lost)


def _drawn(time: TimeAxis, look: Look, every: Sequence[_Course]) -> Figure:
    if all(one.empty for one in every):
        return nothing(look, NONE)
    return time.stacked(look, [_panel(one) for one in every]).figure


def _panel(course: _Course) -> Panel:
    def draw(axes: Axes, _: Look) -> None:
        for name, curve in reversed(course.curves):
            axes.plot(curve.x, curve.y, color=QUANTILES[name])
        for bound in course.bounds:
            axes.axhline(bound, color=LIGHT["bad"], linestyle=(0, (4, 3)), linewidth=1.5)
        strips(axes, [(LIGHT["bad"], course.lost)])
        axes.set_ylim(top=1.12 * max([*course.bounds, *(curve.highest for _, curve in course.curves)], default=1.0))

    entries = [Entry(QUANTILES[name], name.upper()) for name, _ in course.curves]
    entries += [Entry(LIGHT["bad"], f"bound {response_time(bound)}", dashed=True) for bound in course.bounds]
    entries += [Entry(LIGHT["bad"], why("p95"), mark="s")] if course.lost else []
    if course.empty:
        return Panel(shown(course.test_type, 30), [], draw, response_time, 34, "not measured")
    return Panel(shown(course.test_type, 30), entries, draw, response_time, 130)


def _alt(every: Sequence[_Course]) -> str:
    if all(one.empty for one in every):
        return NONE
    told = [f"{shown(one.test_type, 30)}: {_told(one)}." for one in every]
    return " ".join(["P50, P95 and P99 of the judged operations over the run.", *told])


def _told(course: _Course) -> str:
    highest = [f"highest {name.upper()} {response_time(curve.highest)}" for name, curve in course.curves]
    return ", ".join([*highest, *([said("p95", course.lost)] if course.lost else [])]) or "not measured"
