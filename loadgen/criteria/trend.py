"""By how much an hour does a series grow? Means of blocks of time, a straight line, an interval around its slope.

Samples a second apart depend on each other, so they are no samples: their number would make any interval too narrow.
The unit is the mean of a block, of which there are ten (batch means; Schmeiser, "Batch Size Effects in the Analysis of
Simulation Output", Operations Research 30, 1982: between 10 and 30, and more gain little). Through the means goes the
line of least squares. What dependence is left between neighbouring blocks is taken from their residuals: with their
correlation r (never less than 0) n blocks count as n (1 - r) / (1 + r), for the standard error and for the degrees of
freedom of Student's t (Santer et al., "Statistical significance of trends and trend differences in layer-average
atmospheric temperature time series", Journal of Geophysical Research 105, D6, 2000, section 2.2).

The limits are those of the whole line or, where they are narrower, those that hold of both halves. A slope alone does
not tell a leak from a warm-up that levels off, nor from a single leap. So both halves must grow faster than the bound
by themselves before it is a leak, and the second hardly slower than the first; a second half that certainly stays below
the bound has levelled off.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct

from loadgen.criteria.student import quantile

BLOCKS = 10
HALF = BLOCKS // 2
HOUR = 3600.0
SLOWER = 0.85
"""A second half that certainly grows by less than this share of the first slows down, as a warm-up does."""
ONE_SIDED = 0.95
"""How certain that must be."""

WIDE, UNEVEN, SLOWING = "wide", "uneven", "slowing"
"""Why it cannot be told: the bound lies inside the interval, the growth came in one part only, or it slows down."""

Interval = tuple[float, float]
Points = Sequence[tuple[float, float]]
"""Seconds, value."""


class Slope(Struct, frozen=True, kw_only=True):
    """A growth per hour, its standard error (+Inf: nothing is known of it), and degrees of freedom."""

    estimate: float
    error: float
    freedom: float

    def interval(self, confidence: float) -> Interval:
        """Both limits."""
        if not self.error:
            return self.estimate, self.estimate
        width = self.error * quantile((1 + confidence) / 2, self.freedom)
        return self.estimate - width, self.estimate + width


class Trend(Struct, frozen=True, kw_only=True):
    """How a series grows per hour. `grows`: beyond the bound; None: it cannot be told, and `why` says why."""

    grows: bool | None
    estimate: float
    low: float
    high: float
    halves: tuple[float, float]
    """The estimates for the first and the second half by themselves."""
    why: str = ""

    @property
    def decides(self) -> float | None:
        """The limit that decides: what it grows by at the least when it grows, at the most when it does not."""
        return None if self.grows is None else self.low if self.grows else self.high


def block_means(points: Points, start: float, end: float, least: int) -> tuple[float, ...] | None:
    """The means of the blocks that [start, end) is divided into; None when one has fewer than `least` points."""
    blocks: list[list[float]] = [[] for _ in range(BLOCKS)]
    for at, value in points:
        place = math.floor((at - start) / (end - start) * BLOCKS + 1e-9)
        if 0 <= place < BLOCKS:
            blocks[place].append(value)
    if min(map(len, blocks)) < least:
        return None
    return tuple(math.fsum(block) / len(block) for block in blocks)


def slope(means: Sequence[float], width: float) -> Slope:
    """The line through block means; `width`: seconds of a block."""
    count, middle = len(means), math.fsum(means) / len(means)
    hours = [(place - (count - 1) / 2) * width / HOUR for place in range(count)]
    spread = math.fsum(hour * hour for hour in hours)
    estimate = math.fsum(hour * (mean - middle) for hour, mean in zip(hours, means, strict=True)) / spread
    left = [mean - middle - estimate * hour for hour, mean in zip(hours, means, strict=True)]
    squares = math.fsum(rest * rest for rest in left)
    if squares <= count * (1e-12 * max(map(abs, means))) ** 2:
        return Slope(estimate=estimate, error=0.0, freedom=count - 2)  # a straight line, but for rounding
    dependence = max(0.0, math.fsum(a * b for a, b in pairwise(left)) / squares)
    freedom = count * (1 - dependence) / (1 + dependence) - 2
    if freedom < 1:
        return Slope(estimate=estimate, error=math.inf, freedom=1.0)
    return Slope(estimate=estimate, error=math.sqrt(squares / freedom / spread), freedom=freedom)


def trend(means: Sequence[float], width: float, bound: float, confidence: float) -> Trend:
    """The answer of ten block means, `width` seconds each, against a bound per hour."""
    whole, first, second = (slope(part, width) for part in (means, means[:HALF], means[HALF:]))
    halves = (first.estimate, second.estimate)
    second_low, second_high = second.interval(confidence)
    parts = (first.interval(confidence), (second_low, second_high), (_between(means, width),) * 2)
    low, high = _narrower(whole.interval(confidence), parts)
    if high > bound >= second_high:  # has levelled off
        return Trend(grows=False, estimate=second.estimate, low=second_low, high=second_high, halves=halves)
    slowing = _slower(second, first)
    grows: bool | None = None
    if low > bound and min(halves) > bound and not slowing:
        grows = True
    elif high <= bound and second_low <= bound:
        grows = False
    why = "" if grows is not None else WIDE if max(low, second_low) <= bound else SLOWING if slowing else UNEVEN
    return Trend(grows=grows, estimate=whole.estimate, low=low, high=high, halves=halves, why=why)


def _between(means: Sequence[float], width: float) -> float:
    """The growth per hour from the middle of the first half to that of the second; a fall between them shows here."""
    first, second = math.fsum(means[:HALF]) / HALF, math.fsum(means[HALF:]) / HALF
    return (second - first) / (HALF * width / HOUR)


def _narrower(whole: Interval, parts: Sequence[Interval]) -> Interval:
    """What surely holds of all parts holds of the whole: a bent line says little about itself, its halves much.

    Where whole and parts contradict each other, as after a single leap, the whole counts.
    """
    low = max(whole[0], min(part[0] for part in parts))
    high = min(whole[1], max(part[1] for part in parts))
    return (low, high) if low <= high else whole


def _slower(second: Slope, first: Slope) -> bool:
    """Whether the second half certainly grows by less than SLOWER of the first."""
    difference = SLOWER * first.estimate - second.estimate
    error = math.hypot(SLOWER * first.error, second.error)
    return difference > 0 and (not error or difference > error * quantile(ONE_SIDED, first.freedom + second.freedom))
