"""Several runs on each side: the run is the unit, and every way of dealing out the sides is tried.

If nothing differs, every dealing was as likely as the true one, whatever the noise of the machine was and however the
measures depend on each other. So the share of dealings whose largest statistic over all measures reaches what was
found is an exact p, corrected for their number (single-step max-T; Westfall and Young, "Resampling-Based Multiple
Testing", 1993). The standard error is moderated by what the blocks say of each measure's sampling (Smyth, "Linear
Models and Empirical Bayes Methods", Statistical Applications in Genetics and Molecular Biology 3, 2004): with a handful
of runs a spread that is small by chance would otherwise decide.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations, islice

import numpy as np
from msgspec import Struct
from scipy.special import stdtrit

from loadgen.compare.estimates import Floats

MOST = 20_000
"""Dealings that are tried; where there are more, so many are drawn, the true one among them."""
SEED = 20251130
AT_ONCE = 1_000
PRIOR = 8.0
"""Degrees of freedom for which the variance within the runs counts."""
SAME = 1e-9
"""Statistics that differ by such a share are one: mirror images differ by rounding."""


FEWEST = 3
"""Runs of a side: two that are alike by chance would look certain."""


class Tested(Struct, frozen=True, kw_only=True):
    """By measure. An interval excludes 0 exactly when p is at most 1 - confidence."""

    differences: Floats
    low: Floats
    high: Floats
    own_low: Floats
    """The measure by itself: it is above this with the confidence, and below `own_high` with the confidence."""
    own_high: Floats
    p: Floats


def smallest_p(base: int, run: int) -> float:
    """What runs that are wholly apart reach. Where both sides are equally many, the mirror image shows as much."""
    return max((2 if base == run else 1) / math.comb(base + run, base), 1 / MOST)


def reachable(base: int, run: int, confidence: float) -> bool:
    """Whether so many runs a side can show anything."""
    return min(base, run) >= FEWEST and smallest_p(base, run) <= 1 - confidence + 1e-12


def tested(values: Floats, sampling: Floats, base: int, confidence: float) -> Tested:
    """All measures. `values`: runs × measures, the first `base` runs are those before.

    `sampling`: of each measure the variance that the blocks give one run's value, NaN where they tell nothing; it knows
    nothing of the sides.
    """
    chosen = _dealings(len(values), base)
    differences, errors = (found[0] for found in _statistics(values, sampling, chosen[:1]))
    found = np.abs(differences) / errors
    order = np.argsort(-found, kind="stable")
    largest = _largest(values[:, order], sampling[order], chosen)
    allowed = math.floor((1 - confidence) * len(chosen) + 1e-9)
    reached = (largest >= found[order] * (1 - SAME)).sum(axis=0)
    p = np.maximum.accumulate(reached / len(chosen))
    limits = np.partition(largest, len(chosen) - allowed - 1, axis=0)[len(chosen) - allowed - 1]
    shown = int((p <= 1 - confidence + 1e-12).sum())
    limits[shown:] = limits[min(shown, len(limits) - 1)]
    back = np.argsort(order, kind="stable")
    width = limits[back] * errors * (1 + SAME)
    own = _own(values, errors, base, confidence)
    return Tested(
        differences=differences,
        low=differences - width,
        high=differences + width,
        own_low=differences - own,
        own_high=differences + own,
        p=p[back],
    )


def _own(values: Floats, errors: Floats, base: int, confidence: float) -> Floats:
    """How far to one side a measure by itself may differ: Student's t of the spread of the runs.

    The moderated error, where that is larger, keeps a spread that is small by chance, or 0, from deciding.
    """
    run = len(values) - base
    freedom = len(values) - 2
    within = sum(((side - side.mean(axis=0)) ** 2).sum(axis=0) for side in (values[:base], values[base:]))
    spread = np.sqrt(within / freedom * (1 / base + 1 / run))
    return np.asarray(np.maximum(spread, errors) * -stdtrit(freedom, 1 - confidence))


def _dealings(count: int, base: int) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Which runs are `before`: the true dealing first, then every other, or as many as are tried, drawn with a seed."""
    if math.comb(count, base) <= MOST:
        rows = np.array(list(combinations(range(count), base)))
    else:
        rows = np.array(list(islice(_drawn(count, base), MOST)))
    chosen = np.zeros((len(rows), count), dtype=bool)
    np.put_along_axis(chosen, rows, values=True, axis=1)
    return chosen


def _drawn(count: int, base: int) -> Iterator[np.ndarray[tuple[int], np.dtype[np.int64]]]:
    random = np.random.default_rng(SEED)
    yield np.arange(base)
    while True:
        yield random.permutation(count)[:base]


def _statistics(values: Floats, sampling: Floats, chosen: np.ndarray) -> tuple[Floats, Floats]:
    """Differences and their standard errors: dealings × measures."""
    count, base = len(values), int(chosen[0].sum())
    run = count - base
    centred = values - values.mean(axis=0)
    before = chosen.astype(np.float64) @ centred / base
    after = -before * base / run
    differences = after - before
    within = np.maximum(0.0, (centred * centred).sum(axis=0) - base * before**2 - run * after**2)
    freedom = count - 2
    prior = np.where(np.isfinite(sampling), PRIOR, 0.0)
    variance = (np.where(prior > 0, prior * sampling, 0.0) + within) / (prior + freedom)
    return differences, np.sqrt(np.maximum(variance, 1e-24) * (1 / base + 1 / run))


def _largest(values: Floats, sampling: Floats, chosen: np.ndarray) -> Floats:
    """Of each dealing the largest statistic of a measure and all after it: dealings × measures."""
    found = np.empty((len(chosen), len(sampling)))
    for start in range(0, len(chosen), AT_ONCE):
        differences, errors = _statistics(values, sampling, chosen[start : start + AT_ONCE])
        found[start : start + AT_ONCE] = np.abs(differences) / errors
    return np.asarray(np.maximum.accumulate(found[:, ::-1], axis=1)[:, ::-1])
