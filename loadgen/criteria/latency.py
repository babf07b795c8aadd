"""latency: at least 95 % of operations succeeded within 2 s, so at most 5 % were slower or failed.

The bound is an edge of the histogram, so that the share is counted and not estimated. Quantiles stand beside it; they
are estimates and decide nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, convert

from loadgen.catalogue import le
from loadgen.catalogue.promql import duration, selector
from loadgen.criteria import books, share_cases, shares
from loadgen.criteria.estimates import quantiles
from loadgen.criteria.expressions import counted, rate, total
from loadgen.criteria.kind import AT_MOST, Alert, Case, Kind, Scope, always
from loadgen.model.evidence import Evidence
from loadgen.model.plan import Criterion, Phase, Plan
from loadgen.model.quantities import duration_text, share_text
from loadgen.model.record import RunRecord
from loadgen.model.verdict import Line

COUNT, BUCKET = "loadtest_response_time_seconds_count", "loadtest_response_time_seconds_bucket"


class Options(Struct, frozen=True, kw_only=True):
    """The kind's own figures. `seconds`: the time within which an operation must have succeeded, an edge."""

    seconds: float


def options(criterion: Criterion) -> Options:
    """Raises msgspec.ValidationError for options that do not fit."""
    return convert(criterion.options, Options)


def wording(criterion: Criterion) -> shares.Wording:
    """How a latency criterion speaks."""
    return shares.Wording(
        alert="LoadtestLatencyBreached",
        burning="LoadtestLatencyBurning",
        breach=">",
        bad=f"were slower than {duration_text(options(criterion).seconds)} or failed",
        allowed=f"at most {share_text(shares.bound_of(criterion))} may be",
    )


def measured(criterion: Criterion, scope: Scope) -> str:
    """Share of operations slower than the bound, or failed; missing ones up to the minimum count as good."""
    labels = counted(criterion, scope)
    bad = f"{total(COUNT, labels)} - {total(BUCKET, labels | {'le': le(options(criterion).seconds)})}"
    return shares.measured(bad, total(COUNT, labels), criterion.minimum)


def samples(criterion: Criterion, scope: Scope) -> str:
    """Operations so far."""
    return total(COUNT, counted(criterion, scope))


def alerts(criterion: Criterion, scope: Scope, window: float) -> tuple[Alert, ...]:
    """Breached, burning, too few."""
    labels, span = counted(criterion, scope), duration(window)
    good = rate(BUCKET, labels | {"le": le(options(criterion).seconds)}, span)
    now = f"({rate(COUNT, labels, span)} - {good}) / {rate(COUNT, labels, span)}"
    value = measured(criterion, scope)
    return shares.alerts(wording(criterion), criterion, scope, value, now, total(COUNT, labels))


def cases(criterion: Criterion, labels: Scope, window: float) -> tuple[Case, ...]:
    """One operation to either side of the bound, and what surrounds that."""
    edge = {"le": le(options(criterion).seconds)}
    who = {**labels, "test_type": criterion.test_type, "name": criterion.operations[0], "phase": criterion.phases[0]}

    def feed(count: Sequence[int], bad: Sequence[int]) -> dict[str, tuple[float | None, ...]]:
        good = tuple(n - b for n, b in zip(count, bad, strict=True))
        return {selector(COUNT, who): tuple(count), selector(BUCKET, who | edge): good}

    return share_cases.cases(wording(criterion), criterion, labels, feed, window)


def judge(criterion: Criterion, plan: Plan, record: RunRecord, evidence: Evidence) -> Line:  # noqa: ARG001 same for all kinds
    """The line: failed as soon as nothing missing could repair it, unknown below the minimum, else passed."""
    words, found = wording(criterion), books.counted(criterion, evidence)
    bad, count = _bad(found, criterion, plan)
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
        details=_details(found, criterion, plan, evidence) | _broken(criterion, plan, evidence),
    )


def _bad(found: books.Books, criterion: Criterion, plan: Plan) -> tuple[int, int]:
    count = found.buckets[-1] if found.buckets else 0
    return count - books.within(found, plan.edges, options(criterion).seconds), count


def _details(found: books.Books, criterion: Criterion, plan: Plan, evidence: Evidence) -> dict[str, float | str | None]:
    """Quantiles by name, each with the edges between which the truth lies, and the share within the bound."""
    bad, count = _bad(found, criterion, plan)
    told: dict[str, float | str | None] = {"share_within": (count - bad) / count} if count else {}
    members = {(criterion.test_type, name) for name in criterion.operations}
    for name, estimate in quantiles(plan, evidence, members, found.buckets).items():
        if estimate is not None:
            told |= {name: estimate.estimate, f"{name}_above": estimate.low, f"{name}_at_most": estimate.high}
    return told


def _broken(criterion: Criterion, plan: Plan, evidence: Evidence) -> dict[str, float | str | None]:
    def seen(phase: Phase) -> tuple[int, int]:
        return _bad(books.counted(criterion, evidence, (phase.name,)), criterion, plan)

    return shares.broke_at(wording(criterion), criterion, plan, seen)


KIND = Kind(
    kind="latency",
    unit=shares.RATIO,
    breach="LoadtestLatencyBreached",
    sense=always(AT_MOST),
    measured=measured,
    alerts=alerts,
    cases=cases,
    judge=judge,
    samples=samples,
)
