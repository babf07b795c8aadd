"""Courses of a run after its spike, as the cumulative series that recovery is judged by."""

from __future__ import annotations

import math
from collections.abc import Callable

from loadgen.catalogue import le
from loadgen.model.evidence import Series
from loadgen.model.plan import Criterion, Plan
from tests.runs import STARTED

Second = Callable[[int], tuple[int, int, int]]
"""A second of plan time → answers, slow ones (3 s) and failed ones among them, that ended in it."""


def course(plan: Plan, criterion: Criterion, second: Second, quick: float = 0.1) -> tuple[Series, ...]:
    """The series of a run; answers that were neither slow nor failed took `quick` seconds, which must be an edge."""
    totals = [(0, 0, 0)]
    for at in range(int(plan.duration)):
        totals.append(tuple(a + b for a, b in zip(totals[-1], second(at), strict=True)))  # type: ignore[arg-type]
    times = tuple(STARTED + at for at in range(len(totals)))

    def series(name: str, value: Callable[[int, int, int], int], **labels: str) -> Series:
        values = tuple(float(value(*total)) for total in totals)
        labels = {"criterion": criterion.id, "test_type": criterion.test_type, **labels}
        return Series(name=name, labels=labels, unit="operations", times=times, values=values)

    def below(edge: float) -> Callable[[int, int, int], int]:
        if edge == math.inf:
            return lambda count, slow, failed: count
        return lambda count, slow, failed: (count - slow - failed) * (edge >= quick) + slow * (edge >= 3.0)

    buckets = (series("recovery_bucket", below(edge), le=le(edge)) for edge in (*plan.edges, math.inf))
    return (
        series("recovery_requests", lambda count, slow, failed: count),
        series("recovery_failures", lambda count, slow, failed: failed),
        *buckets,
    )


def back_after(seconds: float, *, end: float = 180.0) -> Second:
    """Ten quick answers a second, all slow from the jump on until so many seconds after the spike."""
    return lambda at: (10, 10 if 60 <= at < end + seconds else 0, 0)
