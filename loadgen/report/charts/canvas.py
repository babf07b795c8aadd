"""A figure with everything at a place that is given in pixels, so that nothing depends on how wide a font is."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from loadgen.report.charts.chart import Look
from loadgen.report.charts.colours import LIGHT
from loadgen.report.charts.library import Axes, Figure, Line2D, blended_transform_factory

DPI = 72
"""At so many dots an inch a point, the unit of lines and letters, is a pixel."""

LETTER = 0.6
"""How wide a letter is on average, in its height."""


@dataclass(frozen=True)
class Entry:
    """What a colour stands for."""

    colour: str
    word: str
    dashed: bool = False
    mark: str = ""
    """A mark instead of a line, as matplotlib names them."""


class Canvas:
    """A figure of a look's width, `height` pixels high below the room for its title; places count from there."""

    def __init__(self, look: Look, height: float) -> None:
        self.look, self.height = look, height + look.head
        self.figure = Figure(figsize=(look.width / DPI, self.height / DPI))

    def axes(self, top: float, height: float, left: float, right: float) -> Axes:
        """An area `left` from the left edge and `right` from the right one."""
        width = self.look.width
        share = (left / width, self._up(top + height), (width - left - right) / width, height / self.height)
        return self.figure.add_axes(share)

    def text(self, x: float, top: float, said: str, **how: Any) -> None:
        """Words at a place."""
        self.figure.text(x / self.look.width, self._up(top), said, **{"va": "top", **how})

    def legend(self, top: float, left: float, right: float, entries: Sequence[Entry]) -> None:
        """Entries read from left to right, in as many lines as `legend_height` counts."""
        size, width = self.look.text - 1, self.look.width
        for entry, x, line in self._flow(left, right, entries):
            middle = top + line * (size + 5) + size / 2
            key = Line2D(
                [(x + 8) / width] if entry.mark else [x / width, (x + 15) / width],
                [self._up(middle)] * (1 if entry.mark else 2),
                color=entry.colour,
                linewidth=2 if entry.dashed else 3,
                linestyle=(0, (2.5, 1.5)) if entry.dashed else "-",
                marker=entry.mark or None,
                markersize=8,
                markeredgewidth=0 if entry.mark != "|" else 2,
                transform=self.figure.transFigure,
            )
            self.figure.add_artist(key)
            self.text(x + 20, middle, entry.word, size=size, color=LIGHT["muted"], va="center_baseline")

    def legend_height(self, left: float, right: float, entries: Sequence[Entry]) -> float:
        """Pixels that the legend takes."""
        lines = [line for _, _, line in self._flow(left, right, entries)]
        return (max(lines) + 1) * (self.look.text + 4) if lines else 0.0

    def _flow(self, left: float, right: float, entries: Sequence[Entry]) -> Iterator[tuple[Entry, float, int]]:
        x, line = left, 0
        for entry in entries:
            length = 34 + LETTER * (self.look.text - 1) * len(entry.word)
            if x > left and x + length - 14 > self.look.width - right:
                x, line = left, line + 1
            yield entry, x, line
            x += length

    def _up(self, top: float) -> float:
        return 1 - (top + self.look.head) / self.height


def nothing(look: Look, why: str) -> Figure:
    """The figure of a chart that has nothing to show, which says why."""
    lines = textwrap.wrap(why, int((look.width - 32) / (LETTER * look.text)))
    canvas = Canvas(look, 40 + 1.4 * look.text * len(lines))
    canvas.text(look.width / 2, 20, "\n".join(lines), ha="center", color=LIGHT["muted"], linespacing=1.4)
    return canvas.figure


def along_x(axes: Axes) -> Any:
    """The transform of what stands at a value of x and at a share of the height."""
    return blended_transform_factory(axes.transData, axes.transAxes)


def along_y(axes: Axes) -> Any:
    """The transform of what stands at a value of y and at a share of the width."""
    return blended_transform_factory(axes.transAxes, axes.transData)


def bare(axes: Axes) -> None:
    """No frame and no marks, figures only."""
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(axis="both", length=0, pad=6)
