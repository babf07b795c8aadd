"""When was a resource at its limit, and did it stay? A pure answer from its use over the time of the run.

At its limit: its use is not below the limit, and where somebody can wait for it, somebody waits. Reached and stayed:
the first moment at its limit from which, over the next `hold`, most of what is known is at the limit too. So a peak of
a second is not taken for it, and a saturated pool in which for an instant nobody happens to wait is not missed.

A rate speaks of the window before its point. It reached its limit where the first such window begins: a sudden
rise is dated right, a slow one up to a window early. To a phase it belongs by the middle of its window.

The load brought there what stayed from a moment under the load on, and what had been seen below its limit before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from loadgen.model.measured import PhaseUse
from loadgen.model.plan import Phase, Plan
from loadgen.resources.selection import hold

SHARE = 0.8
"""Who is at the limit at so many of the known points of a stretch stayed there."""

LEAST = 4
"""So many points of the stretch must be known."""

EXACT = 1e-9


class Course(Struct, frozen=True, kw_only=True):
    """A resource over time. `times`: plan time, ascending; `use`, `waiting`: None where nothing was known.

    `waiting` is empty for a kind for which nobody waits. `window`: seconds before its time of which a point speaks.
    """

    times: tuple[float, ...]
    use: tuple[float | None, ...]
    waiting: tuple[float | None, ...] = ()
    limit: float
    window: float = 0.0
    new: bool = False
    """It came into being at its first point, so nothing of it was to be known before."""


class Stay(Struct, frozen=True, kw_only=True):
    """How a resource stood to its limit; see `ResourceUse`."""

    reached: float | None = None
    value: float | None = None
    left: float | None = None
    at_end: float | None = None
    already: float | None = None
    already_left: float | None = None


def states(course: Course) -> tuple[bool | None, ...]:
    """Point by point whether it was at its limit; None where that is not known."""
    if not course.waiting:
        return tuple(None if use is None else use >= course.limit - EXACT for use in course.use)
    return tuple(_state(use, wait, course.limit) for use, wait in zip(course.use, course.waiting, strict=True))


def _state(use: float | None, waiting: float | None, limit: float) -> bool | None:
    if use is None:
        return None
    if use < limit - EXACT:
        return False
    return None if waiting is None else waiting > 0


def stay(course: Course, plan: Plan, end: float) -> Stay:
    """When it reached its limit and stayed. `end`: plan time at which the load ended."""
    needed, at_limit = hold(plan), states(course)
    found = list(_all(course.times, at_limit, needed))
    before = [one for one in found if not _brought(course, at_limit, one)]
    brought = [one for one in found if _brought(course, at_limit, one)]
    seen = Stay()
    if before:
        from_on, left = course.times[before[0].start], _left(course, before[-1], plan, end)
        # What was so when it was first seen has a moment of which its window says nothing.
        seen = replace(seen, already=from_on if from_on > 0 else from_on - course.window, already_left=left)
    if not brought:
        since = before[-1].stop if before else 0
        return replace(seen, at_end=_at_end(course, at_limit, needed, end, since))
    first = brought[0]
    return replace(
        seen,
        reached=_dated(course, course.times[first.start]),
        value=max(course.use[place] or 0.0 for place in first if at_limit[place]),
        left=_left(course, first, plan, end),
    )


def _brought(course: Course, at_limit: Sequence[bool | None], stay: range) -> bool:
    """Whether the load brought it there: it began under the load, and before that it was seen elsewhere or not there.

    A resource whose first known point is at the limit may have been there for hours.
    """
    seen_before = course.new or any(state is not None for state in at_limit[: stay.start])
    return course.times[stay.start] > 0 and seen_before


def _left(course: Course, stay: range, plan: Plan, end: float) -> float | None:
    until = course.times[stay[-1]]
    return until if until < min(end, course.times[-1]) - plan.scrape_interval - EXACT else None


def _all(times: Sequence[float], at_limit: Sequence[bool | None], needed: float) -> Iterator[range]:
    """The places of every stay, from its first point at the limit to its last; what is unknown parts none."""
    found: range | None = None
    for place in range(len(times)):
        if not _stays(times, at_limit, place, needed):
            continue
        last = _last(times, at_limit, place, needed)
        if found is not None and all(state is None for state in at_limit[found.stop : place]):
            found = range(found.start, max(found.stop, last + 1))
            continue
        if found is not None:
            yield found
        found = range(place, last + 1)
    if found is not None:
        yield found


def _stretch(times: Sequence[float], place: int, until: float) -> range:
    """The places of the points from one on, up to and with a time."""
    last = place
    while last + 1 < len(times) and times[last + 1] <= until + EXACT:
        last += 1
    return range(place, last + 1)


def _mostly(at_limit: Sequence[bool | None], places: range) -> int:
    """How many points are known, when most of them are at the limit; else 0."""
    known = [at_limit[place] for place in places if at_limit[place] is not None]
    return len(known) if known and sum(map(bool, known)) >= SHARE * len(known) - EXACT else 0


def _stays(times: Sequence[float], at_limit: Sequence[bool | None], place: int, needed: float) -> bool:
    until = times[place] + needed
    if not at_limit[place] or until > times[-1] + EXACT:
        return False
    return _mostly(at_limit, _stretch(times, place, until)) >= LEAST


def _last(times: Sequence[float], at_limit: Sequence[bool | None], place: int, needed: float) -> int:
    """The last point at the limit of the stretch that begins here."""
    return max(p for p in _stretch(times, place, times[place] + needed) if at_limit[p])


def _at_end(course: Course, at_limit: Sequence[bool | None], needed: float, end: float, since: int) -> float | None:
    """The first moment at the limit that was followed by less than the hold, and by no way back before the end.

    `since`: the first place that is looked at.
    """
    for place in range(since, len(course.times)):
        time = course.times[place]
        if end - needed < time <= end and at_limit[place] and _mostly(at_limit, _stretch(course.times, place, end)):
            return _dated(course, time)
    return None


def _dated(course: Course, time: float) -> float:
    """Plan time at which a point's window began; what is seen under the load only did not begin before it."""
    began = time - course.window
    return began if time <= 0 else max(0.0, began)


def by_phase(course: Course, phases: Sequence[Phase], end: float) -> tuple[PhaseUse, ...]:
    """The use in each phase in which anything was known, as far as the load came."""
    found = (_in_phase(course, phase, end) for phase in phases)
    return tuple(use for use in found if use is not None)


def _in_phase(course: Course, phase: Phase, end: float) -> PhaseUse | None:
    middles = [time - course.window / 2 for time in course.times]
    inside = [place for place, middle in enumerate(middles) if phase.start <= middle < min(phase.end, end)]
    uses = [use for place in inside if (use := course.use[place]) is not None]
    if not uses:
        return None
    at_limit = states(course)
    known = [state for place in inside if (state := at_limit[place]) is not None]
    full = any(course.use[place] is not None and at_limit[place] is None for place in inside)
    return PhaseUse(
        phase=phase.name,
        mean=sum(uses) / len(uses),
        maximum=max(uses),
        # All in use at a moment of which nobody knows who waited, and never known to be at the limit: it may have been.
        at_limit=sum(known) / len(known) if any(known) or not full else None,
    )


def unknown(course: Course, plan: Plan, end: float) -> Iterator[tuple[float, float]]:
    """The stretches of the load of which nothing is known, where they are longer than validity allows."""
    longest = plan.validity.scrape_gap_intervals * plan.scrape_interval
    known = [t for t, state in zip(course.times, states(course), strict=True) if state is not None and 0 <= t <= end]
    for before, after in pairwise((0.0, *known, end)):
        if after - before > longest + EXACT:
            yield before, after
