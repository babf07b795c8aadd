"""The differences between two sides, each with its interval, against the smallest effect that counts as a change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low

from loadgen.compare.statuses import called
from loadgen.model.comparison import (
    ERROR_RATE,
    IMPROVEMENT,
    MEASURES,
    REGRESSION,
    SAME,
    TOO_FEW,
    UNCLEAR,
    Compared,
    Comparison,
    Measure,
)
from loadgen.report.charts.canvas import Canvas, Entry, along_y, bare, nothing
from loadgen.report.charts.chart import Chart, Look
from loadgen.report.charts.colours import LIGHT
from loadgen.report.charts.grouped import Name, measures, named, placed
from loadgen.report.charts.library import Axes, Figure, FuncFormatter, MaxNLocator, NullLocator
from loadgen.report.charts.texts import operation

NONE = "Nothing was compared, so there is no difference to show."
SAMES = "In none of them was anything else than the same shown."

SIGNS = {
    REGRESSION: ("X", LIGHT["bad"], "worse"),
    IMPROVEMENT: ("P", LIGHT["good"], "better"),
    SAME: ("o", LIGHT["unknown"], "the same"),
    UNCLEAR: ("D", LIGHT["invalid"], "unclear"),
}
"""By status: the mark, its colour, and a word."""

AXIS, HEAD = 30, 22
"""Pixels for the figures below, and for the name of a measure above."""


@dataclass(frozen=True)
class Column:
    """One measure of the subjects that are shown for it."""

    measure: str
    subjects: Sequence[tuple[Name, Measure]]


def differences(comparison: Comparison) -> Chart:
    """The chart: a column for each measure, or in a narrow one only what is not the same, measure by measure."""
    names = [_name(compared) for compared in comparison.compared]
    columns = [column for column in (_column(comparison, name) for name in MEASURES) if column.subjects]

    def figure(look: Look) -> Figure:
        if not columns:
            return nothing(look, NONE)
        return _stacked(look, columns) if look.narrow else _beside(look, names, columns)

    return Chart(
        name="differences",
        title="Differences from the base, with their intervals",
        alt=_alt(comparison),
        figure=figure,
    )


def _name(compared: Compared) -> Name:
    return (compared.test_type, compared.name) if compared.name else ("together", compared.test_type or "all")


def _column(comparison: Comparison, name: str) -> Column:
    found = [
        (_name(one), measure) for one in comparison.compared for measure in one.measures if measure.measure == name
    ]
    return Column(name, found)


def _beside(look: Look, names: Sequence[Name], columns: Sequence[Column]) -> Figure:
    own, gap, (lines, count) = measures(look), 34, placed(names)
    entries = _entries(columns)
    head = Canvas(look, 1).legend_height(own.left, own.right, entries) + 8 + HEAD
    canvas = Canvas(look, head + own.step * count + AXIS)
    canvas.legend(2, own.left, own.right, entries)
    named(canvas, names, head)
    width = (look.width - own.left - own.right - gap * (len(columns) - 1)) / len(columns)
    places = dict(zip(names, lines, strict=True))
    for place, column in enumerate(columns):
        left = own.left + place * (width + gap)
        canvas.text(left + width / 2, head - HEAD + 6, _titled(column), ha="center", weight="bold")
        axes = canvas.axes(head, own.step * count, left, look.width - left - width)
        axes.set_ylim(count, 0)
        _drawn(axes, look, column, [places[name] for name, _ in column.subjects], 3)
    return canvas.figure


def _stacked(look: Look, columns: Sequence[Column]) -> Figure:
    own, entries = measures(look), _entries(columns)
    told = [Column(c.measure, [(n, m) for n, m in c.subjects if m.status not in {SAME, TOO_FEW}]) for c in columns]
    told = [column for column in told if column.subjects]
    if not told:
        return nothing(look, f"Compared were {', '.join(called(c.measure) for c in columns)}. {SAMES}")
    head = Canvas(look, 1).legend_height(4, own.right, entries) + 8
    counts = [placed([name for name, _ in column.subjects]) for column in told]
    canvas = Canvas(look, head + sum(HEAD + own.step * count + AXIS for _, count in counts))
    canvas.legend(2, 4, own.right, entries)
    for column, (lines, count) in zip(told, counts, strict=True):
        canvas.text(own.left, head + 6, _titled(column), weight="bold")
        axes = canvas.axes(head + HEAD, own.step * count, own.left, own.right)
        named(canvas, [name for name, _ in column.subjects], head + HEAD)
        axes.set_ylim(count, 0)
        _drawn(axes, look, column, lines, 3)
        head += HEAD + own.step * count + AXIS
    return canvas.figure


def _titled(column: Column) -> str:
    name = called(column.measure)
    return f"{name[:1].upper()}{name[1:]}, {'points' if column.measure == ERROR_RATE else '%'}"


def _drawn(axes: Axes, look: Look, column: Column, lines: Sequence[int], figures: int) -> None:
    reach = _reach([measure for _, measure in column.subjects])
    axes.set_xlim(-reach, reach)
    rows = [(line + 0.5, one) for line, (_, one) in zip(lines, column.subjects, strict=True)]
    _rows(axes, look, rows)
    _cut(axes, rows, reach)
    axes.axvline(0, color=LIGHT["unknown"], linewidth=1, zorder=1)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=figures, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _words(value)))
    bare(axes)
    axes.yaxis.set_major_locator(NullLocator())
    axes.plot([0, 1], [0, 0], transform=axes.transAxes, color=LIGHT["grid"], linewidth=1)


def _rows(axes: Axes, look: Look, found: Sequence[tuple[float, Measure]]) -> None:
    """All marks of a kind at once: hundreds of pieces would make the page long."""
    y = [middle for middle, _ in found]
    small = [measure.smallest for _, measure in found]
    axes.hlines(y, [-one for one in small], small, color=LIGHT["grid"], linewidth=look.text, zorder=0)
    for status, (mark, colour, _) in SIGNS.items():
        own = [(middle, one) for middle, one in found if one.status == status and one.difference is not None]
        spans = [(middle, one.low, one.high) for middle, one in own if one.low is not None and one.high is not None]
        axes.hlines(
            [span[0] for span in spans],
            [span[1] for span in spans],
            [span[2] for span in spans],
            color=colour,
            linewidth=2,
            zorder=3,
        )
        x = [one.difference or 0.0 for _, one in own]
        axes.plot(x, [middle for middle, _ in own], mark, markersize=8, color=colour, markeredgewidth=0, zorder=4)
    for middle, measure in found:
        if measure.status not in SIGNS or measure.difference is None:
            _nothing_said(axes, look, middle, measure)


def _cut(axes: Axes, found: Sequence[tuple[float, Measure]], reach: float) -> None:
    """An arrowhead where an interval goes on beyond the scale."""
    for status, (_, colour, _) in SIGNS.items():
        known = [(middle, one) for middle, one in found if one.status == status and one.difference is not None]
        low = [middle for middle, one in known if one.low is not None and one.low < -reach]
        high = [middle for middle, one in known if one.high is not None and one.high > reach]
        for side, mark, rows in ((-reach, "<", low), (reach, ">", high)):
            x = [side] * len(rows)
            axes.plot(x, rows, mark, markersize=7, color=colour, markeredgewidth=0, zorder=5, clip_on=False)


def _nothing_said(axes: Axes, look: Look, middle: float, measure: Measure) -> None:
    known = None not in {measure.base, measure.run}
    axes.text(
        0.5,
        middle,
        "too few" if measure.status == TOO_FEW else "not tested" if known else "no value",
        transform=along_y(axes),
        ha="center",
        va="center_baseline",
        size=look.text - 2,
        color=LIGHT["muted"],
    )


def _reach(found: Sequence[Measure]) -> float:
    """How far the scale goes to both sides: to every difference, and to ends of intervals and bands that are of use."""
    known = [one for one in found if one.status in SIGNS and one.difference is not None]
    furthest = max((abs(one.difference or 0.0) for one in known), default=0.0)
    told = [one for one in known if one.status != SAME]
    ends = [abs(end) for one in told for end in (one.low, one.high) if end is not None]
    usual = median_low(one.smallest for one in found)
    return 1.1 * max(min(max(ends, default=0.0), 2 * furthest + 4 * usual), 1.2 * furthest, 2.5 * usual, 1e-9)


def _words(value: float) -> str:
    return f"{100 * value:+.3g}" if round(value, 9) else "0"


def _entries(columns: Sequence[Column]) -> list[Entry]:
    seen = {measure.status for column in columns for _, measure in column.subjects}
    entries = [Entry(colour, word, mark=mark) for status, (mark, colour, word) in SIGNS.items() if status in seen]
    return [*entries, Entry(LIGHT["grid"], "smaller than what counts as a change")]


def _alt(comparison: Comparison) -> str:
    changed = [
        f"{operation(one.test_type, one.name)}: {measure.sentence}"
        for one in comparison.compared
        for measure in one.measures
        if measure.status in {REGRESSION, IMPROVEMENT}
    ]
    return " ".join(changed) or "No measure of any operation was shown to have changed."
