"""Tables for spreadsheets and programs: the figures of every operation, and the time series in long form.

Commas, quotes as in RFC 4180, a header, numbers in full, an empty cell for what is not known. No text is a formula.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from loadgen.model.evidence import Series
from loadgen.model.inert import inert
from loadgen.model.outcome import REASONS
from loadgen.report.contents import Report, Row

Cell = str | float | int | None

LEVELS = {(False, False): "run", (True, False): "test_type", (True, True): "operation"}
"""By whether a row has a test type, and a name."""

_FORMULA = re.compile(r"(^|;)\s*(?=[=+@＝＋－＠-])")
"""Where a cell that begins so would be computed; where numbers have a comma, cells are parted by a semicolon."""

SERIES_HEAD = ("run_id", "time", "elapsed_seconds", "phase", "series", "labels", "unit", "value")


def stats_csv(report: Report) -> str:
    """A line for the run, for each test type and for each operation, over the judged phases."""
    quantiles = list(report.rows[0].quantiles) if report.rows else []
    head = (
        *("run_id", "level", "test_type", "name", "judged", "count", "share", "rate_per_second"),
        *("failures", "failure_share", "mean_seconds", "min_seconds", "max_seconds"),
        *(f"{name}_seconds" for name in quantiles),
        *(f"failures_{reason}" for reason in REASONS),
    )
    return _table(head, (_stats(report.run_id, row, quantiles) for row in report.rows))


def metrics_csv(report: Report) -> str:
    """A line for each point of each series."""
    return _table(SERIES_HEAD, (cells for series in report.series for cells in _points(report, series)))


def cell(value: Cell) -> str:
    """One cell. A text that a spreadsheet could take for a formula begins with an apostrophe, which it then hides."""
    if value is None:
        return ""
    return _text(value) if isinstance(value, str) else repr(value)


@lru_cache(maxsize=4096)
def _text(value: str) -> str:
    # The same few texts stand in every line of a table of some ten thousand.
    return _FORMULA.sub(r"\1'", inert(value).strip())


def _stats(run_id: str, row: Row, quantiles: Sequence[str]) -> Iterator[Cell]:
    yield from (run_id, LEVELS[bool(row.test_type), bool(row.name)], row.test_type, row.name, int(row.judged))
    yield from (row.count, row.share, row.rate, row.failures, row.failure_share, row.mean, row.minimum, row.maximum)
    yield from (row.quantiles[name] for name in quantiles)
    yield from (row.reasons.get(reason, 0) for reason in REASONS)


def _points(report: Report, series: Series) -> Iterator[Sequence[Cell]]:
    labels = ",".join(f"{name}={value}" for name, value in sorted(series.labels.items()))
    for at, value in zip(series.times, series.values, strict=True):
        elapsed = at - (report.started or 0.0)
        when = _moment(at), round(elapsed, 3), _phase(report, elapsed)
        yield report.run_id, *when, series.name, labels, series.unit, value


@lru_cache(maxsize=4096)
def _moment(at: float) -> str:
    """Unix seconds as ISO 8601; the series of a run share their moments."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def _phase(report: Report, elapsed: float) -> str:
    """The phase at a moment; empty before the load and after its last stage."""
    return next((phase.name for phase in report.phases if phase.start <= elapsed < phase.end), "")


def _table(head: Sequence[str], rows: Iterable[Iterable[Cell]]) -> str:
    made = io.StringIO()
    write = csv.writer(made, lineterminator="\n")
    write.writerow(head)
    write.writerows(map(cell, row) for row in rows)
    return made.getvalue()
