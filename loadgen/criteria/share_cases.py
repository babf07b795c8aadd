"""promtool cases of the criteria that bound a share: made from the bound itself, one operation to either side of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import accumulate

from loadgen.catalogue.promql import selector
from loadgen.criteria.kind import SAMPLES_ALERT, Case, Moment, Scope, nothing_there
from loadgen.criteria.shares import Wording, bound_of, breached, share
from loadgen.model.plan import FINISHED, Criterion

EACH = 10_000
"""Operations a second where a share of the last seconds is fed: as finely as bounds are stated."""

Feed = Callable[[Sequence[int], Sequence[int]], dict[str, tuple[float | None, ...]]]
"""(operations by each second, bad ones by each second), both cumulative → the input series."""


def most_good(wording: Wording, count: int, criterion: Criterion) -> int:
    """The most bad operations of `count` that do not breach; -1 when even none does."""
    bound = bound_of(criterion)
    bad = min(count, math.ceil(bound * max(count, criterion.minimum)) + 1)
    while bad >= 0 and breached(wording, share(bad, count, criterion.minimum), bound):
        bad -= 1
    return bad


def cases(wording: Wording, criterion: Criterion, labels: Scope, feed: Feed, window: float) -> tuple[Case, ...]:
    """All that can be shown for this bound: a bound that allows everything, say, has nothing that fires."""
    end = selector("loadtest_phase", {**labels, "phase": FINISHED})
    count = 10 * max(1, criterion.minimum)
    found = [
        _quiet(wording, criterion, feed, count),
        _silent(wording, end),
        nothing_there(wording.alert, wording.burning, SAMPLES_ALERT),
    ]
    if most_good(wording, count, criterion) < count:
        found += [_above(wording, criterion, feed, count), _burning(wording, criterion, feed, math.ceil(window))]
        found += _early(wording, criterion, feed, end) + _resolving(wording, criterion, feed)
    return tuple(found)


def _quiet(wording: Wording, criterion: Criterion, feed: Feed, count: int) -> Case:
    bad = max(0, most_good(wording, count, criterion))
    return Case(
        law="quiet at the last share that is allowed",
        checks=(wording.alert,),
        series=feed((0, count), (0, bad)),
        moments=(Moment(at=1, firing={}, measured=share(bad, count, criterion.minimum)),),
    )


def _silent(wording: Wording, end: str) -> Case:
    return Case(
        law="quiet without any series, which at the end counts as too few samples",
        checks=(wording.alert, wording.burning, SAMPLES_ALERT),
        series={end: (None, 0, 1)},
        moments=(
            Moment(at=0, firing={}),
            Moment(at=1, firing={}),
            Moment(at=2, firing={SAMPLES_ALERT: 0.0}),
        ),
    )


def _above(wording: Wording, criterion: Criterion, feed: Feed, count: int) -> Case:
    bad = most_good(wording, count, criterion) + 1
    return Case(
        law="fires at one operation more than is allowed",
        checks=(wording.alert,),
        series=feed((0, count), (0, bad)),
        moments=(Moment(at=0, firing={}), Moment(at=1, firing={wording.alert: share(bad, count, criterion.minimum)})),
    )


def _early(wording: Wording, criterion: Criterion, feed: Feed, end: str) -> list[Case]:
    bad = most_good(wording, criterion.minimum, criterion) + 1
    if bad >= criterion.minimum:
        return []
    certain, enough = {wording.alert: share(bad, bad, criterion.minimum)}, criterion.minimum
    case = Case(
        law="fires below the minimum once nothing that is missing could repair it, and for want of samples at the end",
        checks=(wording.alert, SAMPLES_ALERT),
        series=feed((0, bad - 1, bad, bad, enough, bad), (0, bad - 1, bad, bad, bad, bad)) | {end: (0, 0, 0, 1, 1, 1)},
        moments=(
            Moment(at=1, firing={}),
            Moment(at=2, firing=certain),
            Moment(at=3, firing=certain | {SAMPLES_ALERT: float(bad)}),
            Moment(at=4, firing=certain),
            Moment(at=5, firing=certain | {SAMPLES_ALERT: float(bad)}),
        ),
    )
    return [case]


def _resolving(wording: Wording, criterion: Criterion, feed: Feed) -> list[Case]:
    few = max(1, criterion.minimum)
    bad = most_good(wording, few, criterion) + 1
    later = 100 * few * max(1, bad)
    if most_good(wording, later, criterion) < bad:
        return []
    case = Case(
        law="resolves when enough good operations follow, and counts anew when the counters begin again",
        checks=(wording.alert,),
        series=feed((0, few, later, few), (0, bad, bad, bad)),
        moments=(
            Moment(at=1, firing={wording.alert: share(bad, few, criterion.minimum)}),
            Moment(at=2, firing={}),
            Moment(at=3, firing={wording.alert: share(bad, few, criterion.minimum)}),
        ),
    )
    return [case]


def _burning(wording: Wording, criterion: Criterion, feed: Feed, window: int) -> Case:
    """Stretches of a window: calm, the last share that is allowed, one operation more, calm, and much more.

    The counters begin again at 0 in the first. Half a window into the last the share of a whole one is still allowed.
    """
    most = max(n for n in range(EACH + 1) if n == 0 or not breached(wording, n / EACH, bound_of(criterion)))
    much = min(EACH, most + 1 + most // 2)
    again, rates = window // 2, (0, most, most + 1, 0, much)
    bad = (0, *accumulate(rate for rate in rates for _ in range(window)))
    firing = {wording.burning: (most + 1) / EACH}
    said: list[tuple[int, dict[str, float]]] = [(1, {}), (2, {}), (3, firing), (4, {})]
    return Case(
        law="burns while the share of the last seconds is beyond the bound, whatever the counters began at",
        checks=(wording.burning,),
        series=feed([EACH * (s if s < again else s - again) for s in range(len(bad))], bad),
        moments=(
            *(Moment(at=number * window, firing=due) for number, due in said),
            *([Moment(at=4 * window + again, firing={})] if most else []),
        ),
    )
