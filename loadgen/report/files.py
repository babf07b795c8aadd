"""The files of a report, made from a run's folder alone.

Importing this loads what draws charts, which takes half a second: import it when the load is over.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from loadgen.history.folders import read_run, shown_path
from loadgen.model.inert import inert
from loadgen.model.run import Run
from loadgen.report.as_csv import metrics_csv, stats_csv
from loadgen.report.as_json import as_json
from loadgen.report.as_junit import junit
from loadgen.report.as_markdown import markdown
from loadgen.report.assemble import report_of
from loadgen.report.charts import Chart, draw, png, svg
from loadgen.report.contents import Report
from loadgen.report.html import html
from loadgen.storage import write_whole
from loadgen.verdict.text import summary

PAGE = "locust_report_{stamp}.html"
FAILURES = "failures.jsonl"


class NoRun(Exception):
    """What was named is not the folder of a run that came to its end; says why."""


class Fault(Struct, frozen=True):
    """What kept a file from being made or written."""

    name: str
    error: Exception
    path: Path

    @property
    def ours(self) -> bool:
        """Whether it is a mistake of ours, and not the disk's."""
        return not isinstance(self.error, OSError)

    @property
    def reason(self) -> str:
        """For people, in one line."""
        if not isinstance(self.error, OSError):
            return inert(f"{type(self.error).__name__}: {self.error}")
        # The folder that it needs may be what is in the way.
        elsewhere = self.error.filename not in (None, str(self.path))
        return inert(f"{f'{self.error.filename}: ' if elsewhere else ''}{self.error.strerror or self.error}")


class NotWhole(Exception):
    """Files of the report are missing, or older than it, or lack something; each is named. The others are there."""

    def __init__(self, folder: Path, faults: Sequence[Fault], count: int) -> None:
        """`count`: how many files the report has."""
        names: dict[str, dict[str, None]] = {}
        for fault in faults:
            names.setdefault(fault.reason, {})[fault.name] = None
        told = "; ".join(f"{', '.join(found)} ({reason})" for reason, found in names.items())
        head = f"of the {count} files of the report in {shown_path(folder)} these are missing, older or not whole"
        super().__init__(f"{head}: {told}")
        self.ours = any(fault.ours for fault in faults)


class Output(Struct, frozen=True):
    """A file of the report: its name below the run's folder, and what makes its content."""

    name: str
    content: Callable[[], str | bytes]
    lesser: Callable[[], str | bytes] | None = None
    """What makes the best that there is where `content` fails."""


def write_report(folder: Path, said: Callable[[str], None] = lambda _: None) -> tuple[Path, ...]:
    """Write every file, each whole or not at all, and tell which one is at work. The page comes first.

    Raises NoRun for what is no run's folder, and, when all has been tried, NotWhole; the records stay.
    """
    place = Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() would follow links, and a run's name is its folder's
    said("reading the records")
    try:
        run = read_run(place)
    except ValueError as error:
        raise NoRun(str(error)) from None
    report = report_of(run.plan, run.record, run.evidence, run.verdict, _failures(place))
    charts, faults = _charts(report, place)
    found = outputs(run, report, place.name, charts)
    for number, output in enumerate(found, 1):
        said(f"{number} of {len(found)}: {output.name}")
        faults += _write(place / output.name, output)
    if faults:
        # All of them, for who looks for a mistake of ours.
        raise NotWhole(place, faults, len(found)) from ExceptionGroup("all faults", [one.error for one in faults])
    return tuple(place / output.name for output in found)


def outputs(run: Run, report: Report, stamp: str, charts: Sequence[Chart]) -> tuple[Output, ...]:
    """In the order in which they are written: what people read first. `stamp` is the name of the run's folder."""
    page = PAGE.format(stamp=stamp)
    return (
        Output(page, lambda: html(report, charts), lambda: html(report, _drawable(charts))),
        Output("analysis/summary.txt", lambda: summary(run.plan, run.evidence, run.verdict)),
        Output("summary.md", lambda: markdown(report, page)),
        Output("junit.xml", lambda: junit(report)),
        Output(f"locust_report_{stamp}_stats.csv", lambda: stats_csv(report)),
        Output(f"locust_report_{stamp}.json", lambda: as_json(report)),
        Output("analysis/metrics.csv", lambda: metrics_csv(report)),
        *(Output(f"analysis/{chart.name}.png", _picture(chart)) for chart in charts),
    )


def _write(path: Path, output: Output) -> Iterator[Fault]:
    """Write one file. What keeps it from being whole keeps no other from being written."""
    try:
        _put(path, output.content())
    except Exception as error:  # noqa: BLE001 - a mistake in one of them is no reason to have none
        yield Fault(output.name, error, path)
        if output.lesser is not None and not isinstance(error, OSError):
            yield from _write(path, Output(output.name, output.lesser))


def _put(path: Path, content: str | bytes) -> None:
    write_whole(path, content if isinstance(content, bytes) else content.encode())


def _charts(report: Report, place: Path) -> tuple[tuple[Chart, ...], list[Fault]]:
    """Those that there are, up to the first that cannot be begun."""
    found: list[Chart] = []
    try:
        found.extend(draw(report))
    except Exception as error:  # noqa: BLE001 - a report without it is better than none
        return tuple(found), [Fault("analysis/*.png", error, place)]
    return tuple(found), []


def _drawable(charts: Sequence[Chart]) -> Iterator[Chart]:
    """Those that a page can hold."""
    for chart in charts:
        try:
            for narrow in (False, True):
                svg(chart, narrow=narrow)
        except Exception:  # noqa: BLE001, S112 - the first of them has been told
            continue
        yield chart


def _picture(chart: Chart) -> Callable[[], bytes]:
    return lambda: png(chart)


def _failures(folder: Path) -> Sequence[bytes]:
    """Those that were kept; a run that was ended at once may have left none."""
    try:
        return (folder / FAILURES).read_bytes().splitlines()
    except FileNotFoundError:
        return ()
