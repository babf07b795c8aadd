"""The tests of a comparison, by whole runs where there are enough of them, else by blocks of time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from loadgen.compare import few, permutations
from loadgen.compare.estimates import RATE_AT, SHARES, TIMES_AT, Estimated, Floats, stacked
from loadgen.compare.sampling import sampling
from loadgen.config.compare import CompareSettings
from loadgen.model.comparison import BLOCKS, RUNS

LEAST = 20
"""Operations of a side without which neither a rate nor a share of errors is compared."""
TAIL = 10
"""Operations of a side that must lie above a quantile; and in every run at least one."""
FREEDOM = 5
"""Blocks less phases of a run without which its sampling is not known."""


class Results(Struct, frozen=True, kw_only=True):
    """Subjects × measures. What was not tested is NaN; rates and times are logarithms still."""

    unit: str
    base: Floats
    run: Floats
    differences: Floats
    low: Floats
    high: Floats
    p: Floats
    enough: np.ndarray
    """Whether there are samples enough."""
    needed: Floats
    """Operations of a side that would be."""
    freedom: int
    """Of the blocks of the shortest run."""

    @property
    def tests(self) -> int:
        """Measures that were tested."""
        return int(np.isfinite(self.p).sum())


def results(base: Sequence[Estimated], run: Sequence[Estimated], settings: CompareSettings) -> Results:
    """What the runs of the two sides show."""
    confidence = settings.confidence
    every = (*base, *run)
    values, variances = stacked(every, "values"), sampling(every)
    unit = RUNS if permutations.reachable(len(base), len(run), confidence) else BLOCKS
    freedom = min(one.freedom for one in every)
    enough, needed = _enough(stacked(every, "requests"), len(base))
    known = enough & np.isfinite(values).all(axis=0) & np.isfinite(variances).all(axis=0)
    if unit == BLOCKS and freedom < FREEDOM:
        known = np.zeros_like(known)
    chosen, weights = values[:, known], variances[:, known]
    empty = np.full(known.shape, np.nan)
    found = {name: empty.copy() for name in ("differences", "low", "high", "p")}
    if known.any():
        if unit == RUNS:
            tested = permutations.tested(chosen, weights.mean(axis=0), len(base), confidence)
        else:
            noise = _noise(values.mean(axis=0), settings)[known]
            tested = few.tested(chosen, weights, len(base), confidence, noise, freedom)
        width = tested.critical * tested.errors
        found["differences"][known] = tested.differences
        found["low"][known] = tested.differences - width
        found["high"][known] = tested.differences + width
        found["p"][known] = tested.p
    return Results(
        unit=unit,
        base=values[: len(base)].mean(axis=0),
        run=values[len(base) :].mean(axis=0),
        enough=enough,
        needed=needed,
        freedom=freedom,
        **found,
    )


def _noise(values: Floats, settings: CompareSettings) -> Floats:
    """By measure what runs differ by. Of failures nothing is assumed: whether they come in swarms, the blocks show."""
    noise = settings.between_runs
    found = np.zeros_like(values)
    found[..., RATE_AT] = noise.rate
    found[..., TIMES_AT] = np.hypot(noise.latency, noise.seconds / np.exp(values[..., TIMES_AT]))
    return found


def _enough(requests: np.ndarray, base: int) -> tuple[np.ndarray, Floats]:
    """Subjects × measures: whether there are enough, and how many operations of a side that takes."""
    count = len(requests)
    smaller = np.minimum(requests[:base].sum(axis=0) / base, requests[base:].sum(axis=0) / (count - base))
    side = smaller * min(base, count - base)
    tails = np.array([1.0, 1.0, *(1 - share for share in SHARES)])
    least = np.array([LEAST, LEAST, *([TAIL] * len(SHARES))])
    every = requests.min(axis=0)[:, None] * tails >= 1 - 1e-9
    needed = np.broadcast_to(np.ceil(least / tails - 1e-6), every.shape)
    return (side[:, None] * tails >= least - 1e-9) & every, needed
