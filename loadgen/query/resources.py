"""What was in use of every resource against its limit, and what should have been measured and was not.

None of this makes the evidence incomplete: it explains a run and decides nothing. What Prometheus lacks or refuses
becomes a sentence here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, structs

from loadgen.model.evidence import Query, Series
from loadgen.model.measured import GENERATOR_ROLE, ResourceUse
from loadgen.model.plan import Plan
from loadgen.model.quantities import clock_text
from loadgen.model.record import RunRecord
from loadgen.query.questions import Questions, Span
from loadgen.query.sightings import Sightings, sightings
from loadgen.resources import RESOURCES, Resource
from loadgen.resources.course import Course, by_phase, stay, unknown
from loadgen.resources.selection import SCRAPES, group, scrapes_of, subject
from loadgen.verdict.span import last_moment

USE, WAITING = "resource_use", "resource_waiting"
POINTS = 600
"""Of a long run the series keep at most so many; what is computed from them has a point a scrape."""

NO_MATTER = math.inf
"""The moment of a gap that says nothing of the target."""


class Gap(Struct, frozen=True, order=True):
    """Something was not measured from a moment of plan time on."""

    start: float
    text: str


class Found(Struct, frozen=True, kw_only=True):
    """The resources section of the evidence."""

    uses: tuple[ResourceUse, ...] = ()
    series: tuple[Series, ...] = ()
    gaps: tuple[Gap, ...] = ()
    queries: tuple[Query, ...] = ()

    @property
    def unmeasured_from(self) -> float | None:
        """Plan time from which on anything of the target was missing; None when nothing was."""
        return min((gap.start for gap in self.gaps if gap.start < NO_MATTER), default=None)


class One(Struct, frozen=True, kw_only=True):
    """A resource that was seen."""

    resource: Resource
    labels: Mapping[str, str]
    use: ResourceUse
    course: Course


class Asked(Struct, frozen=True, kw_only=True):
    """What is asked for: from `started` (Unix seconds) on, of a load that ended at plan time `end`."""

    plan: Plan
    kinds: tuple[Resource, ...]
    seen: Sightings
    started: float
    span: Span
    end: float


def resources(ask: Questions, plan: Plan, record: RunRecord, until: float) -> Found:
    """Ask for every kind that has a limit. `until`: Unix seconds of the final scrape. Never raises."""
    if record.started is None or not (plan.resources.limits and plan.measured.scrapes):
        return Found()
    seen = sightings(ask, plan, record.started, until)
    if seen is None:
        problem = ask.problems[-1] if ask.problems else "Prometheus was gone"
        return Found(gaps=(Gap(0.0, f"No resource could be asked for: {problem}."),))
    last = last_moment(record)
    asked = Asked(
        plan=plan,
        kinds=tuple(kind for kind in RESOURCES.values() if kind.kind in plan.resources.limits and kind.jobs(plan)),
        seen=seen,
        started=record.started,
        span=Span(record.started - SCRAPES * plan.scrape_interval, until, plan.scrape_interval),
        end=min(plan.duration, (until if last is None else last) - record.started),
    )
    found = [one for kind in asked.kinds for one in _of_kind(ask, asked, kind)]
    gaps = {*_unscraped(asked), *_missing(asked, found), *_unknown(asked, found)}
    gaps |= {Gap(0.0, f"{problem}.") for problem in ask.problems}
    return Found(
        uses=tuple(one.use for one in found),
        series=tuple(series for one in found for series in _kept(asked, one)),
        gaps=tuple(sorted(gaps)),
        queries=tuple(ask.queries),
    )


def _of_kind(ask: Questions, asked: Asked, kind: Resource) -> list[One]:
    expression = kind.use(asked.plan)
    if expression is None:
        return []
    uses = ask.series(f"{USE}:{kind.kind}", expression, asked.span, kind.unit, {})
    queues = []
    if kind.waiting is not None:
        queues = ask.series(f"{WAITING}:{kind.kind}", kind.waiting(asked.plan), asked.span, "waiting", {})
    by_labels = {tuple(sorted(series.labels.items())): series for series in queues}
    found = (_one(asked, kind, series, by_labels.get(tuple(sorted(series.labels.items())))) for series in uses)
    return sorted(found, key=lambda one: one.use.id)


def _one(asked: Asked, kind: Resource, use: Series, waiting: Series | None) -> One:
    plan = asked.plan
    queue: tuple[float | None, ...] = ()
    if kind.waiting is not None:
        queue = _believed(asked, waiting) if waiting else (None,) * len(use.times)
    times = tuple(round(at - asked.started, 3) for at in use.times)  # to the millisecond, as Prometheus counts
    course = Course(
        times=times,
        use=_believed(asked, use, kind.window(plan)),
        waiting=queue,
        limit=plan.resources.limits[kind.kind],
        window=kind.window(plan),
    )
    course = structs.replace(course, new=kind.appears and _appeared(asked, course, use.labels.get("instance", "")))
    name, found = subject(plan, kind.jobs(plan), use.labels, kind.by), stay(course, plan, asked.end)
    seen = ResourceUse(
        id=f"{kind.kind}:{name}",
        kind=kind.kind,
        subject=name,
        unit=kind.unit,
        limit=course.limit,
        phases=by_phase(course, plan.phases, asked.end),
        reached=found.reached,
        value=found.value,
        left=found.left,
        at_end=found.at_end,
        already=found.already,
        already_left=found.already_left,
        role=kind.role(plan, use.labels),
    )
    return One(resource=kind, labels=use.labels, use=seen, course=course)


def _appeared(asked: Asked, course: Course, address: str) -> bool:
    """Whether it was not there yet when its endpoint was scraped, rather than not seen."""
    first = _first_known(course)
    return first is not None and first > 0 and asked.seen.near(address, course.times[first - 1])


def _first_known(course: Course) -> int | None:
    """The place of the first use that is known."""
    return next((place for place, use in enumerate(course.use) if use is not None), None)


def _believed(asked: Asked, series: Series, window: float = 0.0) -> tuple[float | None, ...]:
    """The values near a scrape of their instance; of a rate those whose window was scraped from start to end."""
    where, seen = series.labels.get("instance", ""), asked.seen

    def known(time: float) -> bool:
        return seen.whole(where, time - window, time) if window else seen.near(where, time)

    pairs = zip(series.times, series.values, strict=True)
    return tuple(value if known(at - asked.started) else None for at, value in pairs)


def _kept(asked: Asked, one: One) -> Iterator[Series]:
    course, labels = one.course, {"resource": one.use.id}
    each = math.ceil(len(course.times) / POINTS)
    times = tuple(asked.started + time for time in course.times[::each])
    yield Series(name=USE, labels=labels, unit=one.use.unit, times=times, values=course.use[::each])
    if course.waiting:
        yield Series(name=WAITING, labels=labels, unit="waiting", times=times, values=course.waiting[::each])


def _unscraped(asked: Asked) -> Iterator[Gap]:
    """Endpoints that Prometheus did not reach, all the time or for too long."""
    for scrape in asked.plan.measured.scrapes:
        name = f"{scrape.job} at {scrape.address}"
        for start, end in asked.seen.gaps(scrape, asked.end):
            if (start, end) == (0.0, asked.end):
                yield Gap(start, f"{name} was not scraped during the load, so nothing is known of it.")
            else:
                yield Gap(start, f"{name} was not scraped from {clock_text(start)} to {clock_text(end)}.")


def _missing(asked: Asked, found: Sequence[One]) -> Iterator[Gap]:
    """What the plan asks for and of which there is no series, though its exporter was scraped."""
    missing: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for kind in asked.kinds:
        scraped = any(asked.seen.times.get((s.job, s.address)) for s in scrapes_of(asked.plan, kind.jobs(asked.plan)))
        for labels in kind.expected(asked.plan) if scraped else ():
            if not any(one.resource is kind and labels.items() <= one.labels.items() for one in found):
                missing.setdefault(tuple(labels.items()), []).append(kind.kind)
    for pairs, kinds in missing.items():
        named = ", ".join(f"{label} {value}" for label, value in pairs)
        start = NO_MATTER if group(asked.plan, dict(pairs)) == GENERATOR_ROLE else 0.0
        yield Gap(start, f"Not measured: {', '.join(kinds)} of {named}, for it has no series.")


def _unknown(asked: Asked, found: Sequence[One]) -> Iterator[Gap]:
    """What was not known for too long though its endpoint was scraped; together what was missing together."""
    together: dict[tuple[float, float, bool], list[str]] = {}
    for one in found:
        for start, end in _stretches(asked, one):
            key = start, end, one.use.role == GENERATOR_ROLE
            together.setdefault(key, []).append(one.resource.title.format(subject=one.use.subject))
    for (start, end, own), titles in together.items():
        text = f"Not measured from {clock_text(start)} to {clock_text(end)}: {', '.join(titles)}."
        yield Gap(NO_MATTER if own else start, text)


def _stretches(asked: Asked, one: One) -> Iterator[tuple[float, float]]:
    """The stretches of the load of which nothing is known, though it was there and its endpoint was scraped."""
    first = _first_known(one.course)
    # As long as nothing of it is known it was not there; all in use with nobody knowing who waits is something else.
    begin = one.course.times[first] if first is not None and one.resource.appears else 0.0
    where, window = one.labels.get("instance", ""), one.course.window
    scrapes = [scrape for scrape in asked.plan.measured.scrapes if scrape.address == where]
    first_seen = min(asked.seen.at.get(where, (0.0,)))
    gaps = [(-math.inf, first_seen), *(gap for scrape in scrapes for gap in asked.seen.gaps(scrape, asked.end))]
    away = sorted((left, back + window) for left, back in gaps)  # when it is back, a rate needs its window
    for start, end in unknown(one.course, asked.plan, asked.end):
        if _longest_beside(away, max(start, begin), end) > asked.seen.longest:
            yield max(start, begin), end


def _longest_beside(away: Sequence[tuple[float, float]], start: float, end: float) -> float:
    """Seconds of the longest piece of a stretch in which its endpoint was not away."""
    longest, reached = 0.0, start
    for begin, back in away:
        longest, reached = max(longest, min(begin, end) - reached), max(reached, back)
    return max(longest, end - reached)
