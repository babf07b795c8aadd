"""The files of a report, made from a run's folder alone.

Importing this loads what draws charts, which takes half a second: import it when the load is over.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from loadgen.history.folders import read_run
from loadgen.model.run import Run
from loadgen.report.as_csv import metrics_csv, stats_csv
from loadgen.report.as_json import as_json
from loadgen.report.as_junit import junit
from loadgen.report.as_markdown import markdown
from loadgen.report.assemble import report_of
from loadgen.report.charts import Chart, draw, png
from loadgen.report.contents import Report
from loadgen.report.html import html
from loadgen.storage import write_whole
from loadgen.verdict.text import summary

PAGE = "locust_report_{stamp}.html"
FAILURES = "failures.jsonl"


class NoRun(Exception):
    """What was named is not the folder of a run that came to its end; says why."""


class Output(Struct, frozen=True):
    """A file of the report: its name below the run's folder, and what makes its content."""

    name: str
    content: Callable[[], str | bytes]


def write_report(folder: Path, said: Callable[[str], None] = lambda _: None) -> tuple[Path, ...]:
    """Write every file, each whole or not at all, and tell which one is at work. The page comes last.

    Raises NoRun for what is no run's folder, and OSError with the file's name in it; the records stay.
    """
    place = Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() would follow links, and a run's name is its folder's
    said("reading the records")
    try:
        run = read_run(place)
    except ValueError as error:
        raise NoRun(str(error)) from None
    report = report_of(run.plan, run.record, run.evidence, run.verdict, _failures(place))
    found = outputs(run, report, place.name)
    for number, output in enumerate(found, 1):
        said(f"{number} of {len(found)}: {output.name}")
        content = output.content()
        write_whole(place / output.name, content if isinstance(content, bytes) else content.encode())
    return tuple(place / output.name for output in found)


def outputs(run: Run, report: Report, stamp: str) -> tuple[Output, ...]:
    """In the order in which they are written; `stamp` is the name of the run's folder."""
    charts = tuple(draw(report))
    page = PAGE.format(stamp=stamp)
    return (
        Output("analysis/summary.txt", lambda: summary(run.plan, run.evidence, run.verdict)),
        Output(f"locust_report_{stamp}.json", lambda: as_json(report)),
        Output("junit.xml", lambda: junit(report)),
        Output("summary.md", lambda: markdown(report, page)),
        Output(f"locust_report_{stamp}_stats.csv", lambda: stats_csv(report)),
        Output("analysis/metrics.csv", lambda: metrics_csv(report)),
        *(Output(f"analysis/{chart.name}.png", _picture(chart)) for chart in charts),
        Output(page, lambda: html(report, charts)),
    )


def _picture(chart: Chart) -> Callable[[], bytes]:
    return lambda: png(chart)


def _failures(folder: Path) -> Sequence[bytes]:
    """Those that were kept; a run that was ended at once may have left none."""
    try:
        return (folder / FAILURES).read_bytes().splitlines()
    except FileNotFoundError:
        return ()
