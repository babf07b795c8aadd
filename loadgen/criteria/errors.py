"""errors: failed operations are less than 1 % of all, strictly. What waits unanswered at the end has failed too."""

from __future__ import annotations

from collections.abc import Sequence

from loadgen.catalogue.promql import duration, selector
from loadgen.criteria import books, share_cases, shares
from loadgen.criteria.expressions import counted, rate, total
from loadgen.criteria.kind import BELOW, Alert, Case, Kind, Scope, always
from loadgen.model.evidence import Evidence
from loadgen.model.plan import Criterion, Phase, Plan
from loadgen.model.quantities import share_text
from loadgen.model.record import RunRecord
from loadgen.model.verdict import Line

REQUESTS, FAILURES = "loadtest_requests_total", "loadtest_request_failures_total"


def wording(criterion: Criterion) -> shares.Wording:
    """How an errors criterion speaks."""
    return shares.Wording(
        alert="LoadtestErrorsBreached",
        burning="LoadtestErrorsBurning",
        breach=">=",
        bad="failed",
        allowed=f"it must be less than {share_text(shares.bound_of(criterion))}",
    )


def measured(criterion: Criterion, scope: Scope) -> str:
    """Share of failed operations; missing ones up to the minimum count as good."""
    labels = counted(criterion, scope)
    return shares.measured(total(FAILURES, labels), total(REQUESTS, labels), criterion.minimum)


def samples(criterion: Criterion, scope: Scope) -> str:
    """Operations so far."""
    return total(REQUESTS, counted(criterion, scope))


def alerts(criterion: Criterion, scope: Scope, window: float) -> tuple[Alert, ...]:
    """Breached, burning, too few."""
    labels, span = counted(criterion, scope), duration(window)
    now = f"{rate(FAILURES, labels, span)} / {rate(REQUESTS, labels, span)}"
    value = measured(criterion, scope)
    return shares.alerts(wording(criterion), criterion, scope, value, now, total(REQUESTS, labels))


def cases(criterion: Criterion, labels: Scope, window: float) -> tuple[Case, ...]:
    """One operation to either side of the bound, and what surrounds that."""
    who = {**labels, "test_type": criterion.test_type, "name": criterion.operations[0], "phase": criterion.phases[0]}

    def feed(count: Sequence[int], bad: Sequence[int]) -> dict[str, tuple[float | None, ...]]:
        return {selector(REQUESTS, who): tuple(count), selector(FAILURES, who | {"reason": "timeout"}): tuple(bad)}

    return share_cases.cases(wording(criterion), criterion, labels, feed, window)


def judge(criterion: Criterion, plan: Plan, record: RunRecord, evidence: Evidence) -> Line:  # noqa: ARG001 same for all kinds
    """The line: failed as soon as nothing missing could repair it, unknown below the minimum, else passed."""
    words, found = wording(criterion), books.counted(criterion, evidence)
    bad, count = found.failures, found.requests
    bound = shares.bound_of(criterion)
    value = shares.share(bad, count, criterion.minimum)
    return Line(
        criterion=criterion.id,
        kind=criterion.kind,
        status=shares.status(words, bad, count, criterion),
        measured=value if count else None,
        bound=bound,
        unit=shares.RATIO,
        margin=shares.margin(value, bound) if count else None,
        samples=count,
        minimum=criterion.minimum,
        sentence=shares.sentence(words, bad, count, criterion),
        query=measured(criterion, {"run_id": evidence.run_id}),
        details=_reasons(criterion, evidence) | _broken(criterion, plan, evidence),
    )


def _reasons(criterion: Criterion, evidence: Evidence) -> dict[str, float | str | None]:
    """How often each reason was met, where it was."""
    found: dict[str, float] = {}
    for tally in books.chosen(criterion, evidence):
        for reason, count in tally.failures.items():
            found[reason] = found.get(reason, 0) + count
    return {f"failed: {reason}": float(count) for reason, count in sorted(found.items()) if count}


def _broken(criterion: Criterion, plan: Plan, evidence: Evidence) -> dict[str, float | str | None]:
    def seen(phase: Phase) -> tuple[int, int]:
        found = books.counted(criterion, evidence, (phase.name,))
        return found.failures, found.requests

    return shares.broke_at(wording(criterion), criterion, plan, seen)


KIND = Kind(
    kind="errors",
    unit=shares.RATIO,
    breach="LoadtestErrorsBreached",
    sense=always(BELOW),
    measured=measured,
    alerts=alerts,
    cases=cases,
    judge=judge,
    samples=samples,
)
