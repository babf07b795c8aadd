"""A run that was stopped by its own criterion: when that was, and what it means for every line of the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from loadgen.criteria import ACCEPTANCE, KINDS, beyond, kind_of
from loadgen.model.evidence import Evidence
from loadgen.model.plan import COOLDOWN, Plan
from loadgen.model.quantities import clock_text
from loadgen.model.record import RunRecord
from loadgen.model.verdict import FAILED, UNKNOWN, Line
from loadgen.verdict.span import aborted_at

STOPPED_AT = "stopped_the_run_at"
"""Key in the details of the line that stopped the run."""


class Stopped(Struct, frozen=True, kw_only=True):
    """The criterion that stopped the run, and the moment for people: `1:12 in steady`."""

    criterion: str
    moment: str


def stopped(plan: Plan, record: RunRecord) -> Stopped | None:
    """What stopped the run; None for one that no criterion of its own stopped."""
    at = aborted_at(record)
    if record.aborted_by is None or record.started is None or at is None:
        return None
    elapsed = at - record.started
    return Stopped(criterion=record.aborted_by, moment=f"{clock_text(elapsed)} in {plan.phase_at(elapsed)}")


def marked(plan: Plan, record: RunRecord, evidence: Evidence, lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines with what the stop means for them: one has failed, and what could not be judged says why."""
    found = stopped(plan, record)
    if found is None:
        return tuple(lines)
    return tuple(_marked(found, line, rightly=fired(plan, evidence, line.criterion)) for line in lines)


def _marked(found: Stopped, line: Line, *, rightly: bool) -> Line:
    if line.criterion == found.criterion and (rightly or line.status == FAILED):
        return replace(line, status=FAILED, sentence=_own(line), details=line.details | {STOPPED_AT: found.moment})
    if line.status == UNKNOWN:
        return replace(line, sentence=_unjudged(found, line))
    return line


def _own(line: Line) -> str:
    """It fails also when the last answers brought it back under its bound."""
    if line.status == FAILED:
        return line.sentence
    return f"It was breached when it stopped the run; with the last answers: {line.sentence}"


def _unjudged(found: Stopped, line: Line) -> str:
    said = f"Not judged, for {found.criterion} stopped the run at {found.moment}."
    if KINDS[line.kind].samples is None:
        return said
    return f"{said} Of the {line.minimum} samples that it needs it had {line.samples}."


def fired(plan: Plan, evidence: Evidence, name: str) -> bool:
    """Whether the acceptance alert of a criterion was seen to fire at any time of the run, and rightly.

    An alert does not say whose rule it comes from, so what was recorded as measured must have been beyond the bound.
    """
    criterion = next((one for one in plan.criteria if one.id == name), None)
    if criterion is None:
        return False
    told = any(
        transition.alert == kind_of(criterion).breach
        and transition.labels.get("criterion") == name
        and transition.labels.get("role") == ACCEPTANCE
        for transition in evidence.alerts
    )
    if evidence.worst is None:
        return told
    worst = evidence.worst.get(name)
    return told and worst is not None and beyond(criterion, worst)


def cut_off(record: RunRecord, evidence: Evidence) -> Iterable[str]:
    """Notes on how fast an early end was, and on what it cut off."""
    at = aborted_at(record)
    if at is not None and record.ended is not None:
        yield f"The load ended {max(0.0, record.ended - at):.1f} s after the decision to stop it."
    count = sum(tally.requests for tally in evidence.tallies if tally.phase == COOLDOWN)
    if count:
        yield (
            f"{count} operations were in flight when the load was ended early. They count as unfinished in the phase "
            f"{COOLDOWN}, and in no criterion."
        )
