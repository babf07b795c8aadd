"""A chart before it is drawn, and the two sizes in which it can be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from loadgen.report.charts.library import Figure


@dataclass(frozen=True)
class Look:
    """The size for which a figure is drawn, in CSS pixels."""

    width: float
    text: float
    narrow: bool
    head: float = 0.0
    """Room above for the title."""


PICTURE = Look(width=1200, text=13, narrow=False, head=52)
"""A file of its own."""
WIDE = Look(width=1200, text=13, narrow=False)
NARROW = Look(width=340, text=10.5, narrow=True)
"""For a page that is 360 pixels wide, with its margins."""


@dataclass(frozen=True)
class Chart:
    """A chart. `figure` draws it anew for each look."""

    name: str
    """Stem of its file name."""
    title: str
    alt: str
    """What it shows, in words, for those who do not see it."""
    figure: Callable[[Look], Figure]
