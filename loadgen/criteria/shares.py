"""Criteria that bound a share of bad operations: bad ÷ max(count, minimum) against the bound.

Dividing by the minimum as long as fewer were counted makes the share what it would be if every missing operation went
well. So it breaches exactly when nothing that is missing could repair it, and that may be said at once, live and at
the end alike. The division is the same one, of the same integers as 64-bit floats, in PromQL and in Python.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from itertools import accumulate

from msgspec import Struct

from loadgen.catalogue.promql import number
from loadgen.criteria.expressions import too_few
from loadgen.criteria.kind import ACCEPTANCE, BURNING, Alert, Scope, literal
from loadgen.model.plan import Criterion, Phase, Plan
from loadgen.model.verdict import FAILED, PASSED, UNKNOWN

RATIO = "ratio"

STEP_MINIMUM = 20
"""Operations from which a step of a run that failed is looked at by itself; the criterion's minimum is for them all."""
_BREACHES: dict[str, Callable[[float, float], bool]] = {">": operator.gt, ">=": operator.ge}


class Wording(Struct, frozen=True, kw_only=True):
    """How a kind of share speaks. `breach` is the operator, in PromQL and in Python: `>` or `>=`."""

    alert: str
    burning: str
    breach: str
    bad: str
    """After a number: `were slower than 2s or failed`."""
    allowed: str
    """`at most 5% may be`."""


def share(bad: int, count: int, minimum: int) -> float:
    """What is measured. 0 when nothing was counted and no minimum is asked."""
    return bad / max(count, minimum) if max(count, minimum) else 0.0


def measured(bad: str, count: str, minimum: int) -> str:
    """PromQL of `share`."""
    return f"({bad}) / clamp_min({count}, {number(minimum)})"


def breached(wording: Wording, value: float, bound: float) -> bool:
    """Whether a share breaches its bound."""
    return _BREACHES[wording.breach](value, bound)


def status(wording: Wording, bad: int, count: int, criterion: Criterion) -> str:
    """Failed as soon as it is certain; else unknown below the minimum; else passed."""
    if breached(wording, share(bad, count, criterion.minimum), bound_of(criterion)):
        return FAILED
    return UNKNOWN if count < criterion.minimum or not count else PASSED


def bound_of(criterion: Criterion) -> float:
    """The bound. ValueError when there is none, which only throughput may lack."""
    if criterion.bound is None:
        raise ValueError(f"criterion {criterion.id!r} has no bound")
    return criterion.bound


def percent(value: float) -> str:
    """A share for people, to three digits that count, or to whole per cents from 100% on."""
    return f"{100 * value:.3g}%" if abs(value) < 1 else f"{100 * value:.0f}%"


def margin(value: float, bound: float) -> float | None:
    """How far inside, as a share of the bound; None for a bound of 0."""
    return (bound - value) / bound if bound else None


def sentence(wording: Wording, bad: int, count: int, criterion: Criterion) -> str:
    """What was measured, against what, and if it cannot tell, why and how to mend it."""
    if not count:
        return "No operation was counted. See whether the target was reached and the phases are long enough."
    said = f"{bad} of {count} operations ({percent(bad / count)}) {wording.bad}; {wording.allowed}."
    if status(wording, bad, count, criterion) != UNKNOWN:
        return said
    return (
        f"{said} {count} operations are too few to pass, at least {criterion.minimum} are needed: "
        "run longer or with more users, or state a smaller minimum."
    )


def broke_at(
    wording: Wording, criterion: Criterion, plan: Plan, seen: Callable[[Phase], tuple[int, int]]
) -> dict[str, float | str | None]:
    """`broke_at`: the first judged phase that breached by itself, with its load.

    `seen(phase)`: bad operations and operations of that phase. When the phases together breach, one of them needs only
    STEP_MINIMUM operations to be named, and if none breached by itself it is the one by which their sum did: a line
    that failed names one always. When they hold, a phase is named only if it breached by the criterion's own minimum.
    """
    found = [(phase, *seen(phase)) for phase in plan.phases if phase.name in criterion.phases]
    so_far = list(accumulate(found, lambda sum_, more: (more[0], sum_[1] + more[1], sum_[2] + more[2])))
    lost = bool(so_far) and _first(wording, criterion, so_far[-1:], criterion.minimum) is not None
    least = min(STEP_MINIMUM, criterion.minimum) if lost else criterion.minimum
    if alone := _first(wording, criterion, found, least):
        phase, bad, count = alone
        return {"broke_at": f"{_load(plan, phase)}: {percent(bad / count)} {wording.bad}"}
    if lost and (together := _first(wording, criterion, so_far, criterion.minimum)):
        phase, bad, count = together
        told = f"{percent(bad / count)} of all operations until then {wording.bad}"
        return {"broke_at": f"{_load(plan, phase)}: {told}"}
    return {}


Seen = tuple[Phase, int, int]
"""A phase, its bad operations and its operations."""


def _first(wording: Wording, criterion: Criterion, found: Sequence[Seen], least: int) -> Seen | None:
    """The first that breaches the bound, counted as at least so many operations."""
    bound = bound_of(criterion)
    return next((s for s in found if s[2] and breached(wording, share(s[1], s[2], least), bound)), None)


def _load(plan: Plan, phase: Phase) -> str:
    users = max((stage.to_users for stage in plan.stages if stage.phase == phase.name), default=0)
    return f"{phase.name} (up to {users} users)"


def alerts(wording: Wording, criterion: Criterion, scope: Scope, value: str, now: str, count: str) -> tuple[Alert, ...]:
    """The three alerts: breached, burning and too few. `now`: the share in the window, without a minimum."""
    name, bound = literal(criterion.id), bound_of(criterion)
    what = f"{{{{ $value | humanizePercentage }}}} of the operations {wording.bad}; {wording.allowed}."
    return (
        Alert(
            name=wording.alert,
            role=ACCEPTANCE,
            expr=f"{value} {wording.breach} {number(bound)}",
            summary=f"{name} is breached in {{{{ $labels.run_id }}}}",
            description=what,
        ),
        Alert(
            name=wording.burning,
            role=BURNING,
            expr=f"{now} {wording.breach} {number(bound)}",
            summary=f"{name} is being breached right now in {{{{ $labels.run_id }}}}",
            description=f"Lately {what}",
        ),
        too_few(criterion, scope, count),
    )
