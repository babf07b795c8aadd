"""The figures of operations, test types and phases, from the evidence's tallies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from msgspec import Struct, structs

from loadgen.criteria.books import added
from loadgen.criteria.estimates import Key, extremes, quantiles
from loadgen.model.evidence import Evidence, Series, Tally
from loadgen.model.plan import COOLDOWN, Phase, Plan
from loadgen.model.record import RunRecord
from loadgen.report.contents import Distribution, Row
from loadgen.verdict.generator import USERS
from loadgen.verdict.span import cut


class Group(Struct, frozen=True, kw_only=True):
    """Whose figures stand together: an operation's, or those of a test type's judged operations, or of all judged."""

    test_type: str
    name: str
    judged: bool
    members: frozenset[Key]

    def tallies(self, found: Iterable[Tally]) -> tuple[Tally, ...]:
        """Its own."""
        return tuple(t for t in found if (t.test_type, t.name) in self.members)


def rows(plan: Plan, record: RunRecord, evidence: Evidence) -> tuple[Row, ...]:
    """Over the judged phases: all, the test types, the operations. A group without a tally is absent."""
    found = _counted(plan, evidence)
    seconds = counted_seconds(plan, record)
    groups = (*_together(plan), *_operations(plan))
    return tuple(_row(plan, evidence, g, found, seconds) for g in groups if g.tallies(found))


def phase_rows(plan: Plan, record: RunRecord, evidence: Evidence) -> tuple[Row, ...]:
    """Of every phase that was reached: all, and the test types. No minimum or maximum is kept by phase."""
    made: list[Row] = []
    for phase in reached(plan, record):
        seconds = _seconds(record, phase.start, phase.end)
        made += _of_phase(plan, evidence, phase.name, seconds)
    return (*made, *(row for row in _of_phase(plan, evidence, COOLDOWN, 0.0) if row.count))


def distributions(plan: Plan, evidence: Evidence) -> tuple[Distribution, ...]:
    """For each of `rows`."""
    found = _counted(plan, evidence)
    groups = (*_together(plan), *_operations(plan))
    return tuple(_distribution(plan, group, group.tallies(found)) for group in groups if group.tallies(found))


def load_end(plan: Plan, record: RunRecord) -> float:
    """Seconds of plan time at which the load ended; 0 when none was sent."""
    return _seconds(record, 0.0, plan.duration)


def reached(plan: Plan, record: RunRecord) -> tuple[Phase, ...]:
    """The phases that there were, the last one cut where the load ended early; all of them when no load was sent."""
    if record.started is None:
        return plan.phases
    last = load_end(plan, record)
    return tuple(structs.replace(one, end=min(one.end, last)) for one in plan.phases if one.start < last)


def most_users(found: Iterable[Series]) -> int | None:
    """The most users at once, of all test types together; None when nobody counted them."""
    together: dict[float, float] = {}
    for series in (one for one in found if one.name == USERS):
        for at, value in zip(series.times, series.values, strict=True):
            if value is not None:
                together[at] = together.get(at, 0.0) + value
    return round(max(together.values())) if together else None


def counted_phases(plan: Plan, record: RunRecord) -> tuple[str, ...]:
    """Names of the judged phases that were reached."""
    return tuple(phase.name for phase in reached(plan, record) if phase.judged)


def counted_seconds(plan: Plan, record: RunRecord) -> float:
    """Seconds of the judged phases, as far as the run came."""
    return sum(_seconds(record, phase.start, phase.end) for phase in plan.phases if phase.judged)


def _seconds(record: RunRecord, start: float, end: float) -> float:
    stretch = cut(record, start, end)
    return stretch[1] - stretch[0] if stretch else 0.0


def _counted(plan: Plan, evidence: Evidence) -> tuple[Tally, ...]:
    names = frozenset(phase.name for phase in plan.phases if phase.judged)
    return tuple(tally for tally in evidence.tallies if tally.phase in names)


def _together(plan: Plan) -> tuple[Group, ...]:
    """All judged operations, and those of each test type."""

    def judged(test_types: Sequence[str]) -> frozenset[Key]:
        return frozenset((o.test_type, o.name) for o in plan.operations if o.judged and o.test_type in test_types)

    return (
        Group(test_type="", name="", judged=True, members=judged(plan.test_types)),
        *(Group(test_type=one, name="", judged=True, members=judged((one,))) for one in plan.test_types),
    )


def _operations(plan: Plan) -> tuple[Group, ...]:
    return tuple(
        Group(test_type=o.test_type, name=o.name, judged=o.judged, members=frozenset({(o.test_type, o.name)}))
        for o in plan.operations
    )


def _of_phase(plan: Plan, evidence: Evidence, phase: str, seconds: float) -> list[Row]:
    found = tuple(tally for tally in evidence.tallies if tally.phase == phase)
    return [_row(plan, evidence, group, found, seconds, phase) for group in _together(plan) if group.tallies(found)]


def _row(plan: Plan, evidence: Evidence, group: Group, found: Sequence[Tally], seconds: float, phase: str = "") -> Row:
    """`found`: every tally of the phases; `seconds`: how long these were, 0 when that is not known."""
    own = group.tallies(found)
    books, every = added(own), sum(tally.requests for tally in found)
    estimates = quantiles(plan, evidence, group.members, books.buckets)
    minimum, maximum = (None, None) if phase else extremes(evidence.extremes, group.members)
    return Row(
        test_type=group.test_type,
        name=group.name,
        phase=phase,
        judged=group.judged,
        count=books.requests,
        share=books.requests / every if every else None,
        rate=books.requests / seconds if seconds else None,
        failures=books.failures,
        failure_share=books.failures / books.requests if books.requests else None,
        reasons=_reasons(own),
        mean=sum(tally.total_seconds for tally in own) / books.requests if books.requests else None,
        minimum=minimum,
        maximum=maximum,
        quantiles={name.lower(): found.estimate if found else None for name, found in estimates.items()},
    )


def _reasons(tallies: Iterable[Tally]) -> dict[str, int]:
    """Failures by reason, the most frequent first."""
    counts: Counter[str] = Counter()
    for tally in tallies:
        counts.update({reason: count for reason, count in tally.failures.items() if count})
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _distribution(plan: Plan, group: Group, own: Sequence[Tally]) -> Distribution:
    cumulative = (0, *added(own).buckets)
    return Distribution(
        test_type=group.test_type,
        name=group.name,
        edges=plan.edges,
        counts=tuple(above - below for below, above in pairwise(cumulative)),
    )
