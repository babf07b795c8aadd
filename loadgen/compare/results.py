"""The tests of a comparison, by whole runs where there are enough of them, else by blocks of time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from loadgen.compare import few, permutations
from loadgen.compare.estimates import RATE_AT, SHARES, TIMES_AT, Estimated, Floats, stacked
from loadgen.compare.permutations import Tested
from loadgen.compare.sampling import sampling
from loadgen.config.compare import CompareSettings
from loadgen.model.comparison import BLOCKS, RUNS

LEAST = 20
"""Operations of a side without which neither a rate nor a share of errors is compared."""
TAIL = 10
"""Operations of a side that must lie above a quantile; and in every run at least one."""
FREEDOM = 4
"""Blocks less phases of a run without which its sampling is not known: a run of 25 s in one phase has so many."""

TESTED, FEW_ON_A_SIDE, FEW_IN_A_RUN, NO_TIME, FEW_BLOCKS, NEAR_FAILURES = (
    "",
    "few on a side",
    "few in a run",
    "no time",
    "few blocks",
    "near failures",
)
"""Why a measure was not tested. All but the last two ask nothing of the sides, so that they are the same however the
runs are dealt out; those two concern blocks of time alone."""


class Results(Struct, frozen=True, kw_only=True):
    """Subjects × measures. What was not tested is NaN; rates and times are logarithms still."""

    unit: str
    base: Floats
    run: Floats
    differences: Floats
    low: Floats
    high: Floats
    own_low: Floats
    """Of the measure by itself: it is above this with the confidence, and below `own_high` with the confidence."""
    own_high: Floats
    p: Floats
    untested: np.ndarray
    """Why not, or TESTED."""
    needed: np.ndarray
    """Operations of a side or a run that would be enough."""
    freedom: int
    """Of the blocks of the shortest run."""

    @property
    def tests(self) -> int:
        """Measures that were tested."""
        return int(np.isfinite(self.p).sum())


def results(base: Sequence[Estimated], run: Sequence[Estimated], settings: CompareSettings) -> Results:
    """What the runs of the two sides show."""
    every = (*base, *run)
    values, variances = stacked(every, "values"), sampling(every)
    unit = RUNS if permutations.reachable(len(base), len(run), settings.confidence) else BLOCKS
    freedom = min(one.freedom for one in every)
    untested, needed = _counted(stacked(every, "requests"), len(base))
    _mark(untested, np.isnan(values.sum(axis=0)), NO_TIME)
    if unit == BLOCKS:
        _mark(untested, np.full(untested.shape, freedom < FREEDOM), FEW_BLOCKS)
        _mark(untested, np.isnan(variances.sum(axis=0)), NEAR_FAILURES)
    known = untested == TESTED
    found = {name: np.full(known.shape, np.nan) for name in Tested.__struct_fields__}
    if known.any():
        tested = _tested(unit, every, values, variances, known, len(base), settings)
        for name, place in found.items():
            place[known] = getattr(tested, name)
    return Results(
        unit=unit,
        base=values[: len(base)].mean(axis=0),
        run=values[len(base) :].mean(axis=0),
        untested=untested,
        needed=needed,
        freedom=freedom,
        **found,
    )


def _tested(
    unit: str,
    every: Sequence[Estimated],
    values: Floats,
    variances: Floats,
    known: np.ndarray,
    base: int,
    settings: CompareSettings,
) -> Tested:
    chosen, weights = values[:, known], variances[:, known]
    if unit == RUNS:
        return permutations.tested(chosen, weights.mean(axis=0), base, settings.confidence)
    degrees = stacked(every, "degrees")
    degrees = np.where(np.isfinite(degrees), degrees, np.array([one.freedom for one in every])[:, None, None])
    return few.tested(chosen, weights, degrees[:, known], base, settings.confidence, _noise(known, settings))


def _noise(known: np.ndarray, settings: CompareSettings) -> few.Noise:
    """By measure what runs differ by. Of failures nothing is assumed: whether they come in swarms, the blocks show."""
    noise = settings.between_runs
    factors, seconds = np.zeros(known.shape), np.zeros(known.shape)
    factors[..., RATE_AT], factors[..., TIMES_AT] = noise.rate, noise.latency
    seconds[..., TIMES_AT] = noise.seconds
    return few.Noise(factors=factors[known], seconds=seconds[known])


def _mark(untested: np.ndarray, where: np.ndarray, why: str) -> None:
    untested[where & (untested == TESTED)] = why


def _counted(requests: np.ndarray, base: int) -> tuple[np.ndarray, np.ndarray]:
    """Subjects × measures: whether a side, and each run, has enough, and how many operations of it that takes.

    What a side has is taken from all runs, so that the same measures are tested however the runs are dealt out.
    """
    count = len(requests)
    side = requests.sum(axis=0) / count * min(base, count - base)
    tails = np.array([1.0, 1.0, *(1 - share for share in SHARES)])
    least = np.array([LEAST, LEAST, *([TAIL] * len(SHARES))])
    few_on_a_side = side[:, None] * tails < least - 1e-9
    few_in_a_run = requests.min(axis=0)[:, None] * tails < 1 - 1e-9
    untested = np.full(few_on_a_side.shape, TESTED, dtype=object)
    _mark(untested, few_on_a_side, FEW_ON_A_SIDE)
    _mark(untested, few_in_a_run, FEW_IN_A_RUN)
    return untested, np.where(few_on_a_side, np.ceil(least / tails - 1e-6), np.ceil(1 / tails - 1e-6)).astype(int)
