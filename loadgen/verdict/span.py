"""The stretches of a run that are looked at, and what time series say within them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loadgen.model.evidence import Series
from loadgen.model.plan import SPIKE, Plan
from loadgen.model.record import RunRecord

Stretch = tuple[float, float]
"""Start and end in Unix seconds."""


def watched(plan: Plan) -> tuple[str, ...]:
    """Names of the phases in which the generator must have done its work well: the judged ones, and the spike."""
    return tuple(phase.name for phase in plan.phases if phase.judged or phase.name == SPIKE)


def cut(record: RunRecord, start: float, end: float) -> Stretch | None:
    """A stretch of plan time in Unix seconds, up to the abort or the end; None when the run did not come so far."""
    if record.started is None:
        return None
    last = last_moment(record)
    first, final = record.started + start, record.started + end
    final = final if last is None else min(final, last)
    return (first, final) if final > first else None


def last_moment(record: RunRecord) -> float | None:
    """Unix seconds up to which the generator is judged, and the course of a run; None: to the end of the plan.

    That is the abort, or the last operation's end of a run that ended otherwise. Of a run that was completed the last
    operation may have ended long before the plan, and just that would be the generator's fault.
    """
    if record.outcome == "completed":
        return None
    aborted = aborted_at(record)
    return record.ended if aborted is None else aborted


def aborted_at(record: RunRecord) -> float | None:
    """Unix seconds at which one of our own checks stopped the run; None when none did."""
    return min((event.at for event in record.events if event.kind == "aborted"), default=None)


def stretches(plan: Plan, record: RunRecord) -> tuple[Stretch, ...]:
    """The watched phases, as far as the run came."""
    names = watched(plan)
    found = (cut(record, phase.start, phase.end) for phase in plan.phases if phase.name in names)
    return tuple(stretch for stretch in found if stretch is not None)


def values(series: Series, spans: Sequence[Stretch]) -> Iterator[float]:
    """The known values within the stretches."""
    for at, value in zip(series.times, series.values, strict=True):
        if value is not None and any(start <= at < end for start, end in spans):
            yield value


def sums(series: Sequence[Series], spans: Sequence[Stretch]) -> Iterator[float]:
    """For each moment within the stretches the sum of all series, where every one of them is known."""
    by_time: dict[float, list[float]] = {}
    for one in series:
        for at, value in zip(one.times, one.values, strict=True):
            if value is not None and any(start <= at < end for start, end in spans):
                by_time.setdefault(at, []).append(value)
    return (sum(found) for found in by_time.values() if len(found) == len(series))
