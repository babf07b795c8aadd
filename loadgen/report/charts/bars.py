"""Horizontal bars with a value in words and a bound each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from loadgen.report.charts.canvas import LETTER, Entry, along_x, bare
from loadgen.report.charts.chart import Look
from loadgen.report.charts.colours import LIGHT
from loadgen.report.charts.grouped import grouped
from loadgen.report.charts.library import Axes, Figure, FuncFormatter, MaxNLocator, Rectangle

AXIS = 30
"""Pixels for the figures below."""


@dataclass(frozen=True)
class Bar:
    """A row. `value` None: `said` tells why there is none."""

    group: str
    name: str
    value: float | None
    said: str
    colour: str
    bound: float | None = None
    beyond: bool = False
    """It is outside its bound."""
    more: str = ""
    """Said behind the value where there is room."""

    def told(self, look: Look) -> str:
        """What stands behind the bar."""
        return self.said if look.narrow else f"{self.said}{self.more}"


def bars(look: Look, rows: Sequence[Bar], words: Callable[[float], str], entries: Sequence[Entry]) -> Figure:
    """The bars from 0 on, and a dashed line where the bound of their rows is."""
    place = grouped(look, [(row.group, row.name) for row in rows], entries, AXIS)
    axes = place.axes
    axes.set_xlim(0, _reach(rows, look, place.width))
    for line, row in zip(place.lines, rows, strict=True):
        _bar(axes, look, row, line)
    _bounds(axes, [(line, row.bound) for line, row in zip(place.lines, rows, strict=True)])
    axes.xaxis.set_major_locator(MaxNLocator(nbins=3 if look.narrow else 8, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: words(value)))
    bare(axes)
    axes.grid(visible=True, axis="x")
    axes.plot([0, 0], [0, 1], transform=along_x(axes), color=LIGHT["unknown"], linewidth=1)
    return place.canvas.figure


def _reach(rows: Sequence[Bar], look: Look, width: float) -> float:
    """The end of the scale: there is room for the words behind every bar, and for every bound."""
    letter = LETTER * 1.05 * look.text / width
    needed = [row.value / max(0.2, 1 - letter * len(row.told(look)) - 10 / width) for row in rows if row.value]
    return max([*needed, *(row.bound * 1.1 for row in rows if row.bound)], default=1.0)


def _bar(axes: Axes, look: Look, row: Bar, line: int) -> None:
    width = row.value or 0.0
    axes.add_patch(Rectangle((0, line + 0.18), width, 0.64, facecolor=row.colour, linewidth=0))
    axes.annotate(
        row.told(look),
        (width, line + 0.5),
        xytext=(6, 0),
        textcoords="offset points",
        va="center_baseline",
        size=look.text - 0.5,
        color=LIGHT["bad"] if row.beyond else LIGHT["muted" if row.value is None else "ink"],
        weight="bold" if row.beyond else "normal",
    )


def _bounds(axes: Axes, rows: Sequence[tuple[int, float | None]]) -> None:
    for bound, members in groupby(rows, key=lambda row: row[1]):
        if bound is not None:
            lines = [line for line, _ in members]
            ends = [lines[0], lines[-1] + 1]
            axes.plot([bound, bound], ends, color=LIGHT["bad"], linestyle=(0, (4, 3)), linewidth=1.5)
