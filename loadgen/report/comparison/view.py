"""A comparison as people see it: every figure a text, said once, so that all formats show the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from loadgen.compare.statuses import called, shown, signed
from loadgen.model.comparison import (
    EXIT_NONE,
    EXIT_REGRESSION,
    EXIT_UNCLEAR,
    IMPROVEMENT,
    MEASURES,
    REGRESSION,
    SAME,
    TOO_FEW,
    UNCLEAR,
    Compared,
    Comparison,
    Measure,
    Side,
)
from loadgen.model.inert import inert
from loadgen.report.view.words import moment

UNKNOWN = "–"
"""Stands where there is no figure."""
POINTS = " points"

HEADLINES = {EXIT_NONE: "NO REGRESSION", EXIT_REGRESSION: "REGRESSION", EXIT_UNCLEAR: "CANNOT TELL"}
MEANINGS = {
    EXIT_NONE: "Nothing that is judged became worse by as much as counts.",
    EXIT_REGRESSION: "Something that is judged became worse by as much as counts, and not by chance.",
    EXIT_UNCLEAR: "A change for the worse that would count can be neither shown nor excluded.",
}
FORCED = "FORCED: these runs are not comparable, and what follows may say nothing"


class Call(Struct, frozen=True):
    """What became of a measure, as a sign and a word; colour stands beside them, never alone."""

    sign: str
    word: str


CALLS = {
    REGRESSION: Call("✗", "worse"),
    IMPROVEMENT: Call("✓", "better"),
    SAME: Call("=", "the same"),
    UNCLEAR: Call("?", "unclear"),
    TOO_FEW: Call("…", "too few samples"),
}
LEGEND = (
    "✗ worse, ✓ better: changed by at least the smallest effect that counts, and not by chance. = the same: of this "
    "figure by itself a change of more than is tolerated is excluded; the intervals are for all at once, so they are "
    "wider. ? unclear: neither can be shown. … too few samples to say."
)


class Cell(Struct, frozen=True, kw_only=True):
    """One measure of one operation."""

    name: str
    """Of the measure."""
    base: str
    run: str
    change: str
    """Both figures, the one before first; empty when neither is known."""
    difference: str
    interval: str
    smallest: str
    status: str
    order: str
    """By which cells are sorted: the difference as a plain number, empty where there is none."""

    @property
    def call(self) -> Call:
        """What became of it."""
        return CALLS[self.status]


class Row(Struct, frozen=True, kw_only=True):
    """One operation, one test type or all."""

    title: str
    whole: bool
    """Not one operation but several as one."""
    judged: bool
    cells: tuple[Cell | None, ...]
    """One for each of the view's measures; None for one that it does not have."""


class Point(Struct, frozen=True, kw_only=True):
    """Of one row what is to be told of it."""

    about: str
    text: str


class Told(Struct, frozen=True, kw_only=True):
    """The measures that became one thing, such as worse."""

    status: str
    title: str
    points: tuple[Point, ...]


class Taker(Struct, frozen=True, kw_only=True):
    """A run that took part."""

    side: str
    run_id: str
    folder: str
    started: str
    verdict: str
    version: str
    commit: str
    target: str


class View(Struct, frozen=True, kw_only=True):
    """Everything that a format of the comparison shows."""

    headline: str
    exit_code: int
    meaning: str
    sentence: str
    subject: str
    takers: tuple[Taker, ...]
    forced: tuple[str, ...]
    differences: tuple[str, ...]
    told: tuple[Told, ...]
    measures: tuple[str, ...]
    """Names of the columns."""
    rows: tuple[Row, ...]
    method: str


def view_of(comparison: Comparison) -> View:
    """All texts of the comparison, each one line that any terminal and any file can hold."""
    measures = _measures(comparison.compared)
    return View(
        headline=HEADLINES[comparison.exit_code],
        exit_code=comparison.exit_code,
        meaning=MEANINGS[comparison.exit_code],
        sentence=inert(comparison.sentence),
        subject=inert(
            f"{comparison.scenario}, test type {comparison.test_type}, time scale {comparison.time_scale:g}: "
            f"{_runs(comparison.run)} against {len(comparison.base)} before"
        ),
        takers=(*_takers("base", comparison.base), *_takers("run", comparison.run)),
        forced=tuple(map(inert, comparison.forced)),
        differences=tuple(map(inert, comparison.differences)),
        told=tuple(_told(comparison.compared)),
        measures=tuple(map(called, measures)),
        rows=tuple(_row(compared, measures) for compared in comparison.compared),
        method=inert(comparison.method),
    )


def title(compared: Compared) -> str:
    """The name of a row: `grpc:llm_chat`, `grpc (all judged)`, `all judged operations`."""
    if compared.name:
        return inert(f"{compared.test_type}:{compared.name}")
    return inert(f"{compared.test_type} (all judged)") if compared.test_type else "all judged operations"


def _runs(sides: Sequence[Side]) -> str:
    return "1 run" if len(sides) == 1 else f"{len(sides)} runs"


def _takers(which: str, sides: Iterable[Side]) -> Iterator[Taker]:
    for side in sides:
        yield Taker(
            side=which,
            run_id=inert(side.run_id),
            folder=inert(side.folder),
            started=moment(side.started),
            verdict=inert(side.verdict),
            version=inert(side.version),
            commit=inert(side.commit),
            target=inert(side.target),
        )


def _measures(compared: Iterable[Compared]) -> tuple[str, ...]:
    """Those that any row has, in their order."""
    found = {measure.measure for one in compared for measure in one.measures}
    return tuple(measure for measure in MEASURES if measure in found)


def _row(compared: Compared, measures: Iterable[str]) -> Row:
    found = {measure.measure: _cell(measure) for measure in compared.measures}
    cells = tuple(found.get(measure) for measure in measures)
    return Row(title=title(compared), whole=not compared.name, judged=compared.judged, cells=cells)


def _cell(measure: Measure) -> Cell:
    base, run = _figure(measure.base, measure.unit), _figure(measure.run, measure.unit)
    return Cell(
        name=called(measure.measure),
        base=base,
        run=run,
        change="" if measure.base is None and measure.run is None else f"{base} → {run}",
        difference=_signed(measure.measure, measure.difference),
        interval=_interval(measure),
        smallest=signed(measure.measure, measure.smallest).lstrip("+"),
        status=measure.status,
        order="" if measure.difference is None else repr(measure.difference),
    )


def _figure(value: float | None, unit: str) -> str:
    return UNKNOWN if value is None else shown(value, unit)


def _signed(measure: str, value: float | None) -> str:
    return UNKNOWN if value is None else signed(measure, value)


def _interval(measure: Measure) -> str:
    """Empty when nothing of it is known."""
    low, high = (_signed(measure.measure, end) for end in (measure.low, measure.high))
    if measure.low is None or measure.high is None:
        return "" if low == high else f"{high} at most" if measure.low is None else f"{low} at least"
    return f"{low.removesuffix(POINTS)} to {high}"


def _told(compared: Sequence[Compared]) -> Iterator[Told]:
    """What changed, single operations first; then what is not known of the test types, for the conclusion needs it."""
    wholes = [one for one in compared if not one.name]
    every = [*(one for one in compared if one.name), *wholes]
    for status, heading, among in (
        (REGRESSION, "Worse", every),
        (IMPROVEMENT, "Better", every),
        (UNCLEAR, "Unclear, of test types as a whole", wholes),
        (TOO_FEW, "Too few samples, of test types as a whole", wholes),
    ):
        points = tuple(point for one in among if (point := _point(one, status)))
        if points:
            yield Told(status=status, title=heading, points=points)


def _point(compared: Compared, status: str) -> Point | None:
    """The measures of a row that became that; None when none did. One that changed is told by its figures."""
    found = [measure for measure in compared.measures if measure.status == status]
    about = title(compared) if compared.judged else f"{title(compared)} (not judged)"
    if status in (REGRESSION, IMPROVEMENT):
        text = "; ".join(_change(_cell(measure)) for measure in found)
    else:
        text = " ".join(inert(measure.sentence) for measure in found)
    return Point(about=about, text=text) if found else None


def _change(cell: Cell) -> str:
    return f"{cell.name} {cell.change}, {cell.difference}{f' ({cell.interval})' if cell.interval else ''}"
