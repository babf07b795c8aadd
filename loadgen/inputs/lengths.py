"""Lengths from a lognormal distribution given by its median and its 95th percentile."""

from __future__ import annotations

import math
from random import Random
from statistics import NormalDist

from loadgen.model.plan import LengthDistribution

_NORMAL = NormalDist()
_Z95 = _NORMAL.inv_cdf(0.95)


def spread(lengths: LengthDistribution) -> float:
    """Standard deviation of the logarithm; 0 when median and 95th percentile are the same."""
    return math.log(lengths.p95 / lengths.median) / _Z95


def drawn(lengths: LengthDistribution, rng: Random) -> float:
    """A length, cut at low and high."""
    return cut(lengths, lengths.median * math.exp(spread(lengths) * rng.gauss(0.0, 1.0)))


def at_share(lengths: LengthDistribution, share: float) -> float:
    """The length below which `share` (0…1, both excluded) of all lengths lie, cut at low and high."""
    return cut(lengths, lengths.median * math.exp(spread(lengths) * _NORMAL.inv_cdf(share)))


def cut(lengths: LengthDistribution, length: float) -> float:
    """The length, no less than low and no more than high."""
    return min(lengths.high, max(lengths.low, length))
