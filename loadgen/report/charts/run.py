"""The charts of a run, in the order of the report."""

from __future__ import annotations

from collections.abc import Iterator

from loadgen.report.charts.bounds import plan_of
from loadgen.report.charts.by_endpoint import error_rate, p95
from loadgen.report.charts.chart import Chart
from loadgen.report.charts.distribution import distribution
from loadgen.report.charts.quantiles import quantiles
from loadgen.report.charts.ranges import response_times
from loadgen.report.charts.resources import resources
from loadgen.report.charts.timeline import timeline
from loadgen.report.contents import Report


def draw(report: Report) -> Iterator[Chart]:
    """Every chart that the report has; one without data says why it is empty."""
    plan = plan_of(report)
    yield timeline(report)
    yield resources(report)
    yield quantiles(report, plan)
    yield distribution(report, plan)
    yield response_times(report)
    yield p95(report, plan)
    yield error_rate(report, plan)
