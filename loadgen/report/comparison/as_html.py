"""A comparison as one HTML file that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Iterable

from loadgen.model.comparison import (
    EXIT_NONE,
    EXIT_REGRESSION,
    EXIT_UNCLEAR,
    IMPROVEMENT,
    REGRESSION,
    SAME,
    TOO_FEW,
    UNCLEAR,
    Comparison,
)
from loadgen.report.charts.chart import Chart
from loadgen.report.comparison.view import CALLS, FORCED, LEGEND, view_of
from loadgen.report.templating import drawn, render

HEADS = {EXIT_NONE: "good", EXIT_REGRESSION: "bad", EXIT_UNCLEAR: "invalid"}
TONES = {REGRESSION: "bad", IMPROVEMENT: "good", SAME: "unknown", UNCLEAR: "invalid", TOO_FEW: "unknown"}


def html(comparison: Comparison, charts: Iterable[Chart]) -> str:
    """The page."""
    view = view_of(comparison)
    return render(
        "comparison.html",
        title=f"{view.headline}: {view.subject}",
        view=view,
        head=HEADS[comparison.exit_code],
        tones=TONES,
        calls=CALLS,
        legend=LEGEND,
        warning=FORCED,
        charts=[drawn(chart) for chart in charts],
    )
