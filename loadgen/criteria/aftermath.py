"""When was the target back after the spike? A pure answer from cumulative counts, one a second.

Before: everything that ended in the steady phase before the jump gives the band. After: a window slides by a second,
its end from the end of the spike on. A window is inside the band when it holds enough answers, and neither the share of
slow ones nor the share of failed ones lies above what the band allows by more than two standard errors.

Two standard errors: of n answers drawn where a share p is bad, a share is found that scatters around p with the
standard deviation sqrt(p (1 - p) / n) (binomial; the one-sided test of a proportion in NIST/SEMATECH's e-Handbook of
Statistical Methods, 7.2.4). So up to p + 2 sqrt(p (1 - p) / n), with the allowed share as p, a window is no evidence
against the target.

A window that could not be seen counts as outside when the target would pass, and as inside when it would fail. So a gap
in the measurement turns neither into a pass nor into a failure of the target; the answer is then not known.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence

from msgspec import Struct, convert

from loadgen.criteria.counts import Counts, CountsAt, counts_of
from loadgen.model.evidence import Series
from loadgen.model.plan import SPIKE, STEADY, Criterion, Plan
from loadgen.model.quantities import complement, duration_text

NEVER = math.inf
STEP = 1.0
"""Seconds by which the windows slide."""


class Options(Struct, frozen=True, kw_only=True):
    """The kind's own figures: seconds and shares; times scaled as the run is. `spike_end`, `phase_end`: plan time."""

    hold: float
    window: float
    minimum_answers: int
    latency_factor: float
    latency_add: float
    latency_seconds: float
    latency_share: float
    error_add: float
    error_floor: float
    spike_end: float
    phase_end: float


class Before(Struct, frozen=True, kw_only=True):
    """The band: what was measured before the spike, and what is allowed after it."""

    answers: int
    latency: float
    """Seconds: the upper edge of the bucket in which the latency's quantile lies; +Inf when too many failed."""
    limit: float
    """Seconds: an edge. An answer above it is slow."""
    slow_share: float
    """So many may be slow."""
    error_share: float
    error_limit: float


class Aftermath(Struct, frozen=True, kw_only=True):
    """`seconds` from the end of the spike until the target was back; NEVER; None: not known, and `why` says why."""

    seconds: float | None = None
    why: str = ""
    before: Before | None = None

    @property
    def shown(self) -> float | str | None:
        """As a verdict shows it."""
        return "never" if self.seconds == NEVER else self.seconds


def options(criterion: Criterion) -> Options:
    """Raises msgspec.ValidationError for options that do not fit."""
    return convert(criterion.options, Options)


def aftermath(criterion: Criterion, plan: Plan, started: float, series: Sequence[Series]) -> Aftermath:
    """When the target was back. `started`: Unix seconds of plan time 0; `series`: see `recovery.series`."""
    figures, counts = options(criterion), counts_of(criterion, plan.edges, started, series)
    if counts is None:
        return Aftermath(why="The course of the run was not recorded. See the problems of the evidence.")
    before = band(figures, plan, counts)
    if before is None:
        return Aftermath(
            why=f"Fewer than {figures.minimum_answers} answers were seen before the spike, so there is no band to "
            "come back to. Run longer before the spike, or with more users."
        )
    ends = _ends(figures)
    windows = tuple(inside(figures, before, plan.edges, _between(counts, end - figures.window, end)) for end in ends)
    return _answer(criterion, figures, before, windows)


def _ends(figures: Options) -> tuple[float, ...]:
    """Plan times at which a window ends, from the spike's end to the end of the phase."""
    count = math.floor((figures.phase_end - figures.spike_end) / STEP + 1e-9)
    return tuple(figures.spike_end + k * STEP for k in range(count + 1))


def _between(counts: CountsAt, start: float, end: float) -> Counts | None:
    first, last = counts(start), counts(end)
    if first is None or last is None:
        return None
    spent = last - first
    return spent if spent.sound else None


def band(figures: Options, plan: Plan, counts: CountsAt) -> Before | None:
    """The band; None when too little was seen before the spike."""
    steady = _quiet(plan)
    seen = _between(counts, *steady) if steady else None
    if seen is None or seen.answers < figures.minimum_answers:
        return None
    place = bisect_left(seen.buckets, figures.latency_share * seen.answers)
    latency = plan.edges[place] if place < len(plan.edges) else math.inf
    wanted = max(figures.latency_factor * latency, latency + figures.latency_add)
    edge = bisect_left(plan.edges, min(wanted, figures.latency_seconds))
    return Before(
        answers=seen.answers,
        latency=latency,
        limit=plan.edges[edge],
        slow_share=complement(figures.latency_share),
        error_share=seen.failures / seen.answers,
        error_limit=max(seen.failures / seen.answers + figures.error_add, figures.error_floor),
    )


def _quiet(plan: Plan) -> tuple[float, float] | None:
    """Start and end of the steady phase before the spike."""
    names = [phase.name for phase in plan.phases]
    if STEADY not in names or SPIKE not in names:
        return None
    steady = plan.phases[names.index(STEADY)]
    return steady.start, steady.end


def inside(figures: Options, before: Before, edges: Sequence[float], seen: Counts | None) -> bool | None:
    """Whether a window is inside the band; None when it was not seen."""
    if seen is None:
        return None
    if seen.answers < figures.minimum_answers:
        return False
    slow = seen.answers - seen.buckets[bisect_left(edges, before.limit)]
    return not (
        _above(slow, seen.answers, before.slow_share) or _above(seen.failures, seen.answers, before.error_limit)
    )


def _above(bad: int, answers: int, allowed: float) -> bool:
    """Whether a share exceeds the allowed one by more than two standard errors."""
    spread = math.sqrt(max(0.0, allowed * (1 - allowed)) / answers)
    return bad / answers > allowed + 2 * spread


def _answer(criterion: Criterion, figures: Options, before: Before, windows: tuple[bool | None, ...]) -> Aftermath:
    bound = criterion.bound or 0.0
    at_best = _first_hold(tuple(w is not False for w in windows), figures)
    at_worst = _first_hold(tuple(w is True for w in windows), figures)
    if at_worst is not None and (at_worst <= bound or (at_best or 0.0) > bound):
        return Aftermath(seconds=at_worst, before=before)
    if at_best is not None and at_best <= bound:
        unseen = sum(w is None for w in windows)
        why = f"{unseen} of {len(windows)} windows after the spike were not seen, and the answer hangs on them."
        return Aftermath(why=why, before=before)
    observed, needed = figures.phase_end - figures.spike_end, bound + figures.hold
    if observed >= needed:
        return Aftermath(seconds=NEVER, before=before)
    return Aftermath(
        why=f"Not observed long enough: the target was not back when the recovery phase ended after "
        f"{duration_text(observed)}; only after {duration_text(needed)} (bound and hold) that means never. "
        "Run with a larger time scale or a longer recovery phase.",
        before=before,
    )


def _first_hold(windows: Sequence[bool], figures: Options) -> float | None:
    """Seconds from the end of the spike to the first window from which all are inside for the whole hold."""
    needed = math.ceil(figures.hold / STEP - 1e-9) + 1
    run = 0
    for place, good in enumerate(windows):
        run = run + 1 if good else 0
        if run == needed:
            return (place - needed + 1) * STEP
    return None
