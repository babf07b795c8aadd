"""Cumulative counts of a criterion at any moment of a run, read from time series."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence

from msgspec import Struct

from loadgen.catalogue import le
from loadgen.model.evidence import Series
from loadgen.model.plan import Criterion

REQUESTS, FAILURES, BUCKET = "recovery_requests", "recovery_failures", "recovery_bucket"
"""Names of the series, each with the label `criterion`; the buckets with `le` besides, one for each edge and +Inf."""

_FUZZ = 1e-3
_OLDEST = 1.5
"""Seconds. The series have a value a second; one that is older than this does not speak for the moment asked."""


class Counts(Struct, frozen=True, kw_only=True):
    """Cumulative counts at one moment, or what was counted between two. `buckets` ascend with the edges."""

    answers: int
    failures: int
    buckets: tuple[int, ...]

    def __sub__(self, earlier: Counts) -> Counts:
        return Counts(
            answers=self.answers - earlier.answers,
            failures=self.failures - earlier.failures,
            buckets=tuple(a - b for a, b in zip(self.buckets, earlier.buckets, strict=True)),
        )

    @property
    def sound(self) -> bool:
        """False after a counter was reset in between: nothing can be said then."""
        return min(self.answers, self.failures, *self.buckets) >= 0


CountsAt = Callable[[float], Counts | None]
"""Seconds of plan time → the counts then; None when any of them was not seen."""


def counts_of(
    criterion: Criterion, edges: Sequence[float], started: float, series: Sequence[Series]
) -> CountsAt | None:
    """The counts of a criterion; None when a series is missing. `started`: Unix seconds of plan time 0."""
    own = [s for s in series if s.labels.get("criterion") == criterion.id]
    requests = next((s for s in own if s.name == REQUESTS), None)
    failures = next((s for s in own if s.name == FAILURES), None)
    by_edge = {s.labels.get("le"): s for s in own if s.name == BUCKET}
    buckets = [by_edge[le(edge)] for edge in (*edges, math.inf) if le(edge) in by_edge]
    if requests is None or failures is None or len(buckets) <= len(edges):
        return None

    def at(elapsed: float) -> Counts | None:
        moment = started + elapsed
        found = [_value(s, moment) for s in (requests, failures, *buckets)]
        known = [round(value) for value in found if value is not None]
        if len(known) < len(found):
            return None
        return Counts(answers=known[0], failures=known[1], buckets=tuple(known[2:]))

    return at


def _value(series: Series, moment: float) -> float | None:
    """The latest value at a moment in Unix seconds; None when it is unknown or too old."""
    place = bisect_right(series.times, moment + _FUZZ) - 1
    if place < 0 or moment - series.times[place] > _OLDEST:
        return None
    return series.values[place]
