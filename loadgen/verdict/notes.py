"""What a reader should know beside the verdict, and what decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from loadgen.model.evidence import Evidence
from loadgen.model.plan import Plan
from loadgen.model.record import RunRecord
from loadgen.model.verdict import FAILED, Line


def notes(plan: Plan, record: RunRecord, evidence: Evidence, lines: Sequence[Line], *, valid: bool) -> tuple[str, ...]:
    """Sentences, the most telling first. `valid`: no validity check was broken."""
    return (
        *(_blame(evidence, lines) if valid else ()),
        *(f"The target was lost: {event.text}" for event in record.events if event.kind == "target_lost"),
        *_target(plan, record, evidence),
        *(f"{name} was left out: {why}" for name, why in sorted(plan.dropped.items())),
        *(event.text for event in record.events if event.kind in {"aborted", "note"}),
        *plan.notes,
        *(f"Prometheus warned: {warning}" for query in evidence.queries for warning in query.warnings),
    )


def _blame(evidence: Evidence, lines: Sequence[Line]) -> Iterable[str]:
    """A slow target: say that it was not the generator."""
    late, count = (sum(column) for column in zip((0, 0), *evidence.lag.values(), strict=True))
    if count and any(line.status == FAILED and line.kind == "latency" for line in lines):
        yield f"The generator began {count - late} of {count} operations on time: what was slow was the target."


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
