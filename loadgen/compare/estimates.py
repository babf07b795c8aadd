"""The figures of one run with how surely they are known from that run alone.

What happens at one moment happens to many operations, so operations are no independent samples: the sampling variance
comes from leaving out one block of time after the other (delete-one jackknife; Efron, "The Jackknife, the Bootstrap
and Other Resampling Plans", 1982), by phase, for phases differ by design (Wolter, "Introduction to Variance
Estimation", 2007, 4.5). Rates and times are compared as logarithms: then a difference is a factor, and its noise is
alike for fast and slow operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SHARES = (0.5, 0.95, 0.99)
"""Of the quantiles, in the order of the measures."""
RATE_AT, ERRORS_AT, TIMES_AT = 0, 1, slice(2, 5)
"""Where the measures stand in the last axis."""


class Counted(Struct, frozen=True, kw_only=True):
    """What a run counted: subjects × blocks."""

    buckets: Integers
    """Subjects × blocks × edges and +Inf, cumulative over the edges."""
    failures: Integers
    seconds: Floats
    """Of each block."""
    strata: Integers
    """Of each block the number of its phase."""


class Estimated(Struct, frozen=True, kw_only=True):
    """Subjects × measures. A value is NaN where there is none."""

    values: Floats
    """Logarithm of the rate, share of failures, logarithms of the quantiles in seconds."""
    variances: Floats
    """What the sampling within the run adds to a value's variance, were blocks independent; NaN where it is not known,
    such as where a phase has a single block."""
    degrees: Floats
    """Degrees of freedom of the variances, fewer where one phase has most of it (Satterthwaite)."""
    correlations: Floats
    """Of a block's share in the value with that of the next block."""
    requests: Integers
    failures: Integers
    freedom: int
    """Blocks less phases; 0 where a phase has a single block."""


def estimated(counted: Counted, edges: Sequence[float]) -> Estimated:
    """The figures of a run."""
    whole = counted.buckets.sum(axis=1)
    failures = counted.failures.sum(axis=1)
    values = _values(whole[:, None], failures[:, None], counted.seconds.sum(keepdims=True), edges)[:, 0]
    without = _values(
        whole[:, None] - counted.buckets,
        failures[:, None] - counted.failures,
        counted.seconds.sum() - counted.seconds,
        edges,
    )
    variances, degrees, correlations = _jackknife(without, counted.strata)
    requests = whole[:, -1]
    sizes = np.unique(counted.strata, return_counts=True)[1]
    return Estimated(
        values=values,
        variances=variances,
        degrees=degrees,
        correlations=correlations,
        requests=requests,
        failures=failures,
        freedom=int((sizes - 1).sum()) if sizes.min() > 1 else 0,
    )


def _values(buckets: Integers, failures: Integers, seconds: Floats, edges: Sequence[float]) -> Floats:
    """Subjects × blocks × measures. A half is added to a count whose logarithm is taken, so that none has one too."""
    requests = buckets[..., -1]
    found = np.full((*requests.shape, 5), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        found[..., RATE_AT] = np.log((requests + 0.5) / seconds)
        found[..., ERRORS_AT] = np.where(requests > 0, failures / requests, np.nan)
        found[..., TIMES_AT] = np.log(np.stack([quantiles(edges, buckets, share) for share in SHARES], axis=-1))
    return found


def quantiles(edges: Sequence[float], buckets: Integers, share: float) -> Floats:
    """As `loadgen.criteria.quantiles.quantile`, over the last axis; NaN where nothing finite can be said."""
    upper = np.append(np.asarray(edges, dtype=np.float64), np.nan)
    lower = np.concatenate([[0.0], upper[:-1]])
    rank = share * buckets[..., -1]
    place = (buckets < rank[..., None]).sum(axis=-1)
    reached = np.take_along_axis(buckets, place[..., None], axis=-1)[..., 0]
    below = np.where(place > 0, np.take_along_axis(buckets, np.maximum(place - 1, 0)[..., None], axis=-1)[..., 0], 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(reached > below, (rank - below) / (reached - below), 0.0)
        found = lower[place] + (upper[place] - lower[place]) * part
    return np.where(rank > 0, found, np.nan)


def _jackknife(without: Floats, strata: Integers) -> tuple[Floats, Floats, Floats]:
    """Variances, their degrees of freedom, and lag-one correlations of what the blocks contribute.

    A value without a block is as of a run that is shorter by it, also where the phase is short: so a phase's part is
    scaled by its own number of blocks and by that of all.
    """
    total = without.shape[1]
    squares, products, variances, doubts = (np.zeros_like(without[:, 0]) for _ in range(4))
    with np.errstate(divide="ignore", invalid="ignore"):
        for stratum in np.unique(strata):
            part = without[:, strata == stratum]
            count = part.shape[1]
            rest = part - part.mean(axis=1, keepdims=True)
            square = (rest * rest).sum(axis=1)
            squares += square
            # residuals of few blocks lean to the other side by so much
            products += (rest[:, 1:] * rest[:, :-1]).sum(axis=1) + square / count
            variance = square * count * ((total - 1) / total) ** 2 / (count - 1)
            variances += variance
            doubts += variance**2 / (count - 1)
        degrees = np.where(doubts > 0, variances**2 / doubts, total - len(np.unique(strata)))
        correlations = np.where(squares > 0, products / squares, 0.0)
    return variances, degrees, correlations


def stacked(runs: Sequence[Estimated], field: str) -> Any:
    """One field of all runs: runs × subjects (× measures)."""
    return np.stack([getattr(run, field) for run in runs])
