"""Phases and operations as tables of figures."""

from __future__ import annotations

from msgspec import Struct

from loadgen.criteria.shares import percent
from loadgen.model.plan import Phase
from loadgen.model.quantities import clock_text
from loadgen.report.contents import Report, Row
from loadgen.report.view.words import NOTHING, cut_short, whose
from loadgen.verdict.sentences import figure, response_time

ASCENDING, DESCENDING = "ascending", "descending"
"""In which order a column is sorted first: names from A on, figures from the largest down."""


class Cell(Struct, frozen=True):
    """A cell: what people read, and what it is sorted by (empty: it stays last)."""

    text: str
    value: str


class Column(Struct, frozen=True):
    """The head of a column."""

    name: str
    first: str
    means: str = ""


class Figured(Struct, frozen=True):
    """A row of a table of figures: whose they are, and the figures."""

    head: str
    cells: tuple[Cell, ...]
    kind: str = ""
    """Of a phase: `whole` for all of its operations, `part` for those of a test type."""


class Figures(Struct, frozen=True):
    """A table of figures: those of several operations together, and those of each."""

    columns: tuple[Column, ...]
    totals: tuple[Figured, ...]
    rows: tuple[Figured, ...]


def operations(report: Report) -> Figures:
    """All, the test types, the operations."""
    quantiles = _quantile_names(report.rows)
    columns = (
        Column("operation", ASCENDING),
        Column("count", DESCENDING),
        Column("share", DESCENDING, "of all operations"),
        Column("rate", DESCENDING, "operations per second"),
        Column("failed", DESCENDING),
        Column("failed %", DESCENDING, "of its own operations"),
        Column("mean", DESCENDING),
        Column("min", DESCENDING, "of the successes of the whole run"),
        Column("max", DESCENDING, "of the successes of the whole run"),
        *(Column(name.upper(), DESCENDING) for name in quantiles),
    )
    made = [(row, Figured(_name(row), (*_counts(row), *_times(row, quantiles)))) for row in report.rows]
    totals = tuple(line for row, line in made if not row.name)
    return Figures(columns, totals, tuple(line for row, line in made if row.name))


def _name(row: Row) -> str:
    return whose(row.test_type, row.name) if row.judged else f"{whose(row.test_type, row.name)} (not judged)"


def _counts(row: Row) -> tuple[Cell, ...]:
    return (
        _cell(row.count, str(row.count)),
        _cell(row.share, NOTHING if row.share is None else percent(row.share)),
        _cell(row.rate, NOTHING if row.rate is None else figure(row.rate, "operations per second")),
        _cell(row.failures, str(row.failures)),
        _cell(row.failure_share, NOTHING if row.failure_share is None else percent(row.failure_share)),
    )


def _times(row: Row, quantiles: tuple[str, ...]) -> tuple[Cell, ...]:
    found = (_time(row.mean), _time(row.minimum), _time(row.maximum))
    return (*found, *(_estimated(row, name) for name in quantiles))


def _time(seconds: float | None) -> Cell:
    return _cell(seconds, NOTHING if seconds is None else response_time(seconds))


def _estimated(row: Row, name: str) -> Cell:
    """Where too few succeeded the quantile is beyond every figure, and sorted so."""
    value = row.quantiles.get(name)
    if value is None and row.count:
        return Cell("failed", "Infinity")
    return _time(value)


def _cell(value: float | None, text: str) -> Cell:
    return Cell(text, "" if value is None else repr(value))


def _quantile_names(rows: tuple[Row, ...]) -> tuple[str, ...]:
    return tuple(rows[0].quantiles) if rows else ()


def by_phase(report: Report) -> Figures:
    """What each phase brought: all operations together, and beneath each test type where there are several."""
    quantiles = _quantile_names(report.phase_rows)
    columns = (
        Column("phase", ASCENDING),
        Column("operations", ASCENDING),
        *(Column(name, DESCENDING) for name in ("count", "rate", "failed", "failed %")),
        *(Column(name.upper(), DESCENDING) for name in quantiles),
    )
    several = len({row.test_type for row in report.phase_rows if row.test_type}) > 1
    shown = (row for row in report.phase_rows if several or not row.test_type)
    rows = tuple(_of_phase(report, row, quantiles) for row in shown)
    return Figures(columns, (), rows)


def _of_phase(report: Report, row: Row, quantiles: tuple[str, ...]) -> Figured:
    phase = next((phase for phase in report.phases if phase.name == row.phase), None)
    count, _, *rest = _counts(row)
    whole = not row.test_type
    head = _phase_name(report, row.phase, phase) if whole else ""
    return Figured(
        head,
        (Cell(whose(row.test_type), row.test_type), count, *rest, *(_estimated(row, name) for name in quantiles)),
        "whole" if whole else "part",
    )


def _phase_name(report: Report, name: str, phase: Phase | None) -> str:
    if phase is None:
        return f"{name} (not judged)"
    span = f"{clock_text(phase.start)} to {clock_text(phase.end)}{', cut short' if cut_short(report, phase) else ''}"
    return f"{name}, {span}" if phase.judged else f"{name}, {span} (not judged)"
