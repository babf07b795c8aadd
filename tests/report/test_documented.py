"""docs/reports.md says what there is: every column, every chart, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from loadgen.model.outcome import REASONS
from loadgen.report.as_csv import metrics_csv, stats_csv
from loadgen.report.charts import draw
from loadgen.report.files import outputs
from tests.reports import PERCENTILES, failed_spike, report

TEXT = (Path(__file__).resolve().parents[2] / "docs/reports.md").read_text()
CHARTS = TEXT.partition("the charts of the page: ")[2].partition("|")[0]
FILES, STATS, METRICS = (
    re.findall(r"^\| (`.*?) \|", part, re.MULTILINE)
    for part in (
        TEXT.partition("## What the figures mean")[0],
        *TEXT.partition("## Tables")[2].partition("\n## ")[0].split("`analysis/metrics.csv`, a line"),
    )
)


def named(cells: list[str]) -> list[str]:
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def test_every_column_of_the_operations_is_explained():
    quantiles = {f"p{round(100 * share)}_seconds" for share in PERCENTILES} - {"p50_seconds"}
    reasons = {f"failures_{reason}" for reason in REASONS} - {"failures_connect"}
    head = stats_csv(report()).partition("\n")[0].split(",")
    assert named(STATS) == [column for column in head if column not in quantiles | reasons]


def test_every_column_of_the_series_is_explained():
    assert named(METRICS) == metrics_csv(report()).partition("\n")[0].split(",")


def test_every_file_of_a_report_is_named():
    made = {output.name for output in outputs(failed_spike(), report(), "<time>", tuple(draw(report())))}
    charts = {f"analysis/{name}.png" for name in re.findall(r"`(\w+)`", CHARTS)}
    assert set(named(FILES)) - {"analysis/*.png"} | charts == made
