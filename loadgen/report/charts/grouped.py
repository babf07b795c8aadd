"""Lines with the name of an operation each, in groups under the name of their test type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from loadgen.report.charts.canvas import Canvas, Entry
from loadgen.report.charts.chart import Look
from loadgen.report.charts.library import Axes, NullLocator
from loadgen.report.charts.texts import shown

Name = tuple[str, str]
"""Of the group and of its member."""


@dataclass(frozen=True)
class Grouped:
    """The figure, its area with a unit of y for a line, and the line of each name in their order."""

    canvas: Canvas
    axes: Axes
    lines: Sequence[int]
    width: float
    """Of the area, in pixels."""


@dataclass(frozen=True)
class Measures:
    """Of a look, in pixels: a line's height, and what stands left and right of the area."""

    step: float
    left: float
    right: float


def measures(look: Look) -> Measures:
    """The same for all charts with names, so that they stand below each other."""
    return Measures(21, 142, 8) if look.narrow else Measures(26, 210, 16)


def grouped(look: Look, names: Sequence[Name], entries: Sequence[Entry], below: float) -> Grouped:
    """Place the names below each other, the legend above and `below` pixels for a scale under them."""
    own = measures(look)
    begin = 4 if look.narrow else own.left
    head = Canvas(look, 1).legend_height(begin, own.right, entries) + 8
    lines, count = placed(names)
    canvas = Canvas(look, head + own.step * count + below)
    canvas.legend(2, begin, own.right, entries)
    axes = canvas.axes(head, own.step * count, own.left, own.right)
    axes.set_ylim(count, 0)
    axes.yaxis.set_major_locator(NullLocator())
    named(canvas, names, head)
    return Grouped(canvas, axes, lines, look.width - own.left - own.right)


def placed(names: Sequence[Name]) -> tuple[list[int], int]:
    """The line of each name, and how many lines there are; every group has one for its own name."""
    lines, line = [], 0
    for _, members in groupby(names, key=lambda one: one[0]):
        for _ in members:
            line += 1
            lines.append(line)
        line += 1
    return lines, line


def named(canvas: Canvas, names: Sequence[Name], top: float) -> None:
    """Write the names, and above each group its own."""
    look, own, group = canvas.look, measures(canvas.look), None
    for line, (owner, name) in zip(placed(names)[0], names, strict=True):
        if owner != group:
            group, middle = owner, top + (line - 0.5) * own.step
            canvas.text(4 if look.narrow else 40, middle, shown(owner, 40), weight="bold", va="center_baseline")
        said, middle = shown(name, 22 if look.narrow else 25), top + (line + 0.5) * own.step
        canvas.text(own.left - 8, middle, said, ha="right", va="center_baseline", size=look.text - 0.5)
