"""The report as one HTML file that needs no network, no other file and no script."""

from __future__ import annotations

from collections.abc import Iterable

from loadgen.report.charts.chart import Chart
from loadgen.report.contents import Report
from loadgen.report.templating import Drawn, drawn, render
from loadgen.report.view import page_of

SECTIONS = {
    "distribution": "distribution",
    "response_time_by_endpoint": "operations",
    "p95_response_time": "operations",
    "error_rate_by_endpoint": "operations",
    "resources": "resources",
}
"""Where in the page a chart has its place, by its name; the others stand along the time."""


def html(report: Report, charts: Iterable[Chart]) -> str:
    """The whole page."""
    return render("report.html", charts=_placed(map(drawn, charts)), **page_of(report))


def _placed(charts: Iterable[Drawn]) -> dict[str, list[Drawn]]:
    """By section of the page; what is not known to belong elsewhere goes along the time."""
    found: dict[str, list[Drawn]] = {section: [] for section in ("time", *dict.fromkeys(SECTIONS.values()))}
    for chart in charts:
        found[SECTIONS.get(chart.name, "time")].append(chart)
    return found
