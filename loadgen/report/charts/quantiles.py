"""Quantiles of the response times over the run, a panel for each test type."""

from __future__ import annotations

from loadgen.report.charts.canvas import Entry, nothing
from loadgen.report.charts.chart import Chart, Look
from loadgen.report.charts.colours import LIGHT, QUANTILES
from loadgen.report.charts.curves import curves
from loadgen.report.charts.library import Axes, Figure
from loadgen.report.charts.texts import shown
from loadgen.report.charts.time_axis import Panel, TimeAxis
from loadgen.report.contents import Report
from loadgen.verdict.sentences import response_time

NONE = "No response time was measured over the run."


def quantiles(report: Report) -> Chart:
    """The chart."""
    time = TimeAxis.of(report)
    types = [curve.name for curve in curves(report, time, "p95")]
    panels = [_panel(report, time, name) for name in types]
    return Chart(
        name="response_time_over_time",
        title="Response times over the run",
        alt=f"P50, P95 and P99 over the run, for {', '.join(types)}." if types else NONE,
        figure=lambda look: _drawn(time, look, panels),
    )


def _drawn(time: TimeAxis, look: Look, panels: list[Panel]) -> Figure:
    return time.stacked(look, panels).figure if panels else nothing(look, NONE)


def _panel(report: Report, time: TimeAxis, test_type: str) -> Panel:
    found = [(name, one) for name in QUANTILES for one in curves(report, time, name) if one.name == test_type]
    bounds = sorted({bound.seconds for bound in report.bounds if bound.test_type == test_type})

    def draw(axes: Axes, _: Look) -> None:
        for name, curve in reversed(found):
            axes.plot(curve.x, curve.y, color=QUANTILES[name])
        for bound in bounds:
            axes.axhline(bound, color=LIGHT["bad"], linestyle=(0, (4, 3)), linewidth=1.5)
        axes.set_ylim(top=1.12 * max([*bounds, *(curve.highest for _, curve in found)]))

    entries = [Entry(QUANTILES[name], name.upper()) for name, _ in found]
    entries += [Entry(LIGHT["bad"], f"bound {response_time(bound)}", dashed=True) for bound in bounds]
    return Panel(shown(test_type, 30), entries, draw, response_time, 130)
