"""How a comparison was made, in sentences."""

from __future__ import annotations

import math

from loadgen.compare.permutations import MOST, PRIOR, smallest_p
from loadgen.compare.results import Results
from loadgen.config.compare import CompareSettings, Effects
from loadgen.model.comparison import RUNS
from loadgen.model.quantities import duration_text, share_text

UNEQUAL = (
    " The sides are not equally many: where the runs of the smaller one differ more among themselves, false alarms are "
    "more frequent than said."
)


def method(found: Results, base: int, run: int, settings: CompareSettings) -> str:
    """What was the unit, which test, how it was corrected, from which size on a difference counts."""
    unit = _runs(base, run) if found.unit == RUNS else _blocks(found, base, run, settings)
    small, most = settings.smallest, settings.tolerated
    return (
        f"{unit} The intervals are for {found.tests} figures at once: that none excludes 0 where nothing differs holds "
        f"at {share_text(settings.confidence)}, that all of them hold the true differences about so. "
        f"A change is a regression or an improvement when its interval excludes 0 and it is at least {_sizes(small)}; "
        f"a figure is the same when a change of more than {_sizes(most)} is excluded for it alone, at "
        f"{share_text(settings.confidence)} in each direction. Rates and times are geometric "
        f"means of the runs; quantiles are estimated from buckets."
    )


def _sizes(sizes: Effects) -> str:
    return (
        f"{share_text(sizes.rate)} of a rate, {100 * sizes.errors:.3g} points of an error rate, "
        f"{share_text(sizes.latency)} and {duration_text(sizes.seconds)} of a time"
    )


def _runs(base: int, run: int) -> str:
    every = math.comb(base + run, base)
    unequal = "" if base == run else UNEQUAL
    tried = f"all {every}" if every <= MOST else f"{MOST} of {every}"
    return (
        f"Whole runs are the unit, {base} against {run}. Permutation test over {tried} ways of dealing them to the two "
        f"sides, by the largest difference in standard errors (Westfall and Young, step-down), so that any false alarm "
        f"among all figures is as rare as said; the smallest possible p is {smallest_p(base, run):.2g}. The standard "
        f"error is from the spread of the runs ({base + run - 2} degrees of freedom) and of the blocks of time within "
        f"them (counted as {PRIOR:.0f}).{unequal}"
    )


def _blocks(found: Results, base: int, run: int, settings: CompareSettings) -> str:
    noise = settings.between_runs
    return (
        f"Blocks of time within the runs are the unit, for {base} against {run} runs are too few to show by themselves "
        f"how much runs differ: {share_text(noise.rate)} of rates and {share_text(noise.latency)} and "
        f"{duration_text(noise.seconds)} of times are assumed (between_runs), or more where they show it. "
        f"Jackknife over the blocks of each phase ({found.freedom} degrees of freedom), wider where neighbours "
        f"depend on each other; Student's t, corrected for the number of figures by Šidák."
    )
