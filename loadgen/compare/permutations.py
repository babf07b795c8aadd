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

from loadgen.compare.estimates import Floats

MOST = 20_000
"""Dealings that are tried; where there are more, so many are drawn, the true one among them."""
SEED = 20251130
AT_ONCE = 1_000
PRIOR = 8.0
"""Degrees of freedom for which the variance within the runs counts."""


class Tested(Struct, frozen=True, kw_only=True):
    """By measure. The interval is difference ± critical × error; it holds 0 exactly when p is above 1 - confidence."""

    differences: Floats
    errors: Floats
    critical: Floats
    """In standard errors."""
    p: Floats


def reachable(base: int, run: int, confidence: float) -> bool:
    """Whether so many runs a side can show anything: the true dealing and its mirror image are among all."""
    return min(base, run) > 1 and 2 / math.comb(base + run, base) <= 1 - confidence + 1e-12


def tested(values: Floats, sampling: Floats, base: int, confidence: float) -> Tested:
    """All measures. `values`: runs × measures, the first `base` runs are those before.

    `sampling`: of each measure the variance that the blocks give one run's value; it knows nothing of the sides.
    """
    chosen = _dealings(len(values), base)
    differences, errors = (found[0] for found in _statistics(values, sampling, chosen[:1]))
    found = np.abs(differences) / errors
    order = np.argsort(-found, kind="stable")
    largest = _largest(values[:, order], sampling[order], chosen)
    allowed = math.floor((1 - confidence) * len(chosen) + 1e-9)
    reached = (largest >= found[order] * (1 - 1e-9)).sum(axis=0)
    p = np.maximum.accumulate(reached / len(chosen))
    limits = np.partition(largest, len(chosen) - allowed - 1, axis=0)[len(chosen) - allowed - 1]
    shown = int((p <= 1 - confidence + 1e-12).sum())
    limits[shown:] = limits[min(shown, len(limits) - 1)]
    back = np.argsort(order, kind="stable")
    return Tested(differences=differences, errors=errors, critical=limits[back], p=p[back])


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
    variance = (PRIOR * sampling + within) / (PRIOR + freedom)
    return differences, np.sqrt(np.maximum(variance, 1e-24) * (1 / base + 1 / run))


def _largest(values: Floats, sampling: Floats, chosen: np.ndarray) -> Floats:
    """Of each dealing the largest statistic of a measure and all after it: dealings × measures."""
    found = np.empty((len(chosen), len(sampling)))
    for start in range(0, len(chosen), AT_ONCE):
        differences, errors = _statistics(values, sampling, chosen[start : start + AT_ONCE])
        found[start : start + AT_ONCE] = np.abs(differences) / errors
    return np.asarray(np.maximum.accumulate(found[:, ::-1], axis=1)[:, ::-1])
