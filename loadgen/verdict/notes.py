"""What a reader should know beside the verdict, and what decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from loadgen.criteria import latency
from loadgen.criteria.books import added, counted, within
from loadgen.criteria.shares import percent
from loadgen.model.evidence import Evidence
from loadgen.model.plan import WEIGHTLESS, Criterion, Plan
from loadgen.model.quantities import duration_text
from loadgen.model.record import RunRecord
from loadgen.model.verdict import FAILED, Line
from loadgen.verdict.aborted import cut_off
from loadgen.verdict.measurement import LOSSES
from loadgen.verdict.span import aborted_at, watched


def notes(plan: Plan, record: RunRecord, evidence: Evidence, lines: Sequence[Line], *, valid: bool) -> tuple[str, ...]:
    """Sentences, the most telling first. `valid`: no validity check was broken."""
    return (
        *(_blame(plan, evidence, lines) if valid else ()),
        *_unjudged(plan, evidence),
        *(f"The target was lost: {event.text}" for event in record.events if event.kind == "target_lost"),
        *(_unmeasured(event.text) for event in record.events if event.kind == "exporter_lost"),
        *_lost_afterwards(record),
        *_target(plan, record, evidence),
        *(f"{name} was left out: {why}" for name, why in sorted(plan.dropped.items()) if why != WEIGHTLESS),
        *(event.text for event in record.events if event.kind in {"aborted", "note"}),
        *cut_off(record, evidence),
        *plan.notes,
        *(f"Prometheus warned: {warning}" for query in evidence.queries for warning in query.warnings),
    )


def _blame(plan: Plan, evidence: Evidence, lines: Sequence[Line]) -> Iterable[str]:
    """A slow target: say that it was not the generator. Operations that failed were not slow."""
    late, count = (sum(column) for column in zip((0, 0), *evidence.lag.values(), strict=True))
    failed = {line.criterion for line in lines if line.status == FAILED and line.kind == "latency"}
    slow = sum(_later(plan, evidence, criterion) for criterion in plan.criteria if criterion.id in failed)
    if count and slow:
        yield f"The generator began {count - late} of {count} operations on time: what was slow was the target."


def _later(plan: Plan, evidence: Evidence, criterion: Criterion, phases: tuple[str, ...] | None = None) -> int:
    """Operations that succeeded, but later than a latency criterion allows; `phases`: None for those that it judges."""
    found = counted(criterion, evidence, phases)
    return found.successes - within(found, plan.edges, latency.options(criterion).seconds)


def _unjudged(plan: Plan, evidence: Evidence) -> Iterable[str]:
    """The losses in phases that are watched but not judged: what the spike cost."""
    judged = {phase.name for phase in plan.phases if phase.judged}
    for phase in watched(plan):
        for test_type in plan.test_types if phase not in judged else ():
            yield from _losses(plan, evidence, phase, test_type)


def _losses(plan: Plan, evidence: Evidence, phase: str, test_type: str) -> Iterable[str]:
    names = {operation.name for operation in plan.operations_of(test_type) if operation.judged}
    found = added(t for t in evidence.tallies if (t.test_type, t.phase) == (test_type, phase) and t.name in names)
    if found.requests:
        failed, slow = found.failures, _slow(plan, evidence, phase, test_type)
        told = [f"{failed} ({percent(failed / found.requests)}) failed"]
        told += [f"{count} ({percent(count / found.requests)}) succeeded later than {bound}" for bound, count in slow]
        yield f"In {phase}, which is not judged, of {found.requests} {test_type} operations {' and '.join(told)}."


def _slow(plan: Plan, evidence: Evidence, phase: str, test_type: str) -> Iterable[tuple[str, int]]:
    """By latency bound: how many operations succeeded, but later."""
    late: dict[float, int] = {}
    for criterion in plan.criteria:
        if criterion.kind == "latency" and criterion.test_type == test_type:
            seconds = latency.options(criterion).seconds
            late[seconds] = late.get(seconds, 0) + _later(plan, evidence, criterion, (phase,))
    return [(duration_text(seconds), count) for seconds, count in sorted(late.items())]


def _unmeasured(loss: str) -> str:
    return f"An exporter was lost: {loss}. What it measured is missing from then on."


def _lost_afterwards(record: RunRecord) -> Iterable[str]:
    """What an abort explains breaks nothing, but is named all the same."""
    aborted = aborted_at(record)
    lost = [event for event in record.events if event.kind in LOSSES]
    return [f"Lost after the run was stopped: {e.text}" for e in lost if aborted is not None and e.at > aborted]


def _target(plan: Plan, record: RunRecord, evidence: Evidence) -> Iterable[str]:
    """The target's own count beside the client's, by call; they may differ by what was given up while in flight."""
    if record.target is None:
        return
    calls = {(o.test_type, o.name): o.call for o in plan.operations}
    ours: dict[tuple[str, str], int] = {}
    for tally in evidence.tallies:
        call = calls.get((tally.test_type, tally.name), tally.name)
        ours[tally.test_type, call] = ours.get((tally.test_type, call), 0) + tally.requests
    theirs = {(c.test_type, c.name): c.requests for c in record.target}
    apart = {key: theirs.get(key, 0) - count for key, count in ours.items() if theirs.get(key, 0) != count}
    total = sum(theirs.get(key, 0) for key in ours)
    if not apart:
        yield f"The target counted the same: it answered all {total} operations."
        return
    told = ", ".join(f"{t} {call} {difference:+d}" for (t, call), difference in sorted(apart.items()))
    yield (
        f"The target answered {total} operations, the client counted {sum(ours.values())} ({told}). "
        "What was given up while in flight, or never reached the target, makes the difference."
    )
