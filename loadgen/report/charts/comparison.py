"""The charts of a comparison, in the order of its report."""

from __future__ import annotations

from collections.abc import Iterator

from loadgen.model.comparison import Comparison
from loadgen.report.charts.chart import Chart
from loadgen.report.charts.forest import differences
from loadgen.report.charts.overlays import overlays


def draw_comparison(comparison: Comparison) -> Iterator[Chart]:
    """The differences, then the courses of the runs over each other."""
    yield differences(comparison)
    yield from overlays(comparison)
