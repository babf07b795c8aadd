"""growth: in steady nothing of the target's grows by more an hour than it may; a warm-up that levels off is no growth.

PromQL cannot express it. `compute` answers from Prometheus' series (see `trend`). The run shows a limit of the worst
one's confidence interval as loadtest_criterion_value, and the alert compares that with the bound: the lower limit when
even that is above it, the upper one when even that is not. With the bound between the two nothing is shown, and the
line is unknown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from loadgen.criteria import computed
from loadgen.criteria.growing import LIFE, life
from loadgen.criteria.kind import AT_MOST, Alert, Case, Kind, Scope, always
from loadgen.criteria.shares import bound_of, margin
from loadgen.criteria.worst_growth import Worst, options, quantity, sentence, worst
from loadgen.model.evidence import Evidence, Series
from loadgen.model.plan import Criterion, Plan
from loadgen.model.quantities import amount
from loadgen.model.record import RunRecord
from loadgen.model.verdict import FAILED, PASSED, UNKNOWN, Line

GROWS = "LoadtestGrowth"


def alerts(criterion: Criterion, scope: Scope, window: float) -> tuple[Alert, ...]:  # noqa: ARG001 same for all kinds
    """Grows, and not known at the end."""
    unit = options(criterion).unit
    base = 1024 if unit.startswith("bytes") else ""
    return computed.alerts(
        criterion,
        scope,
        GROWS,
        what=(
            f"It grew by {{{{ $value | humanize{base} }}}} {unit} at the least; "
            f"at most {amount(bound_of(criterion), unit)} may be."
        ),
        unknown="Whether it grew by more than it may was not observed for long enough, or not without a gap.",
    )


def cases(criterion: Criterion, labels: Scope, window: float) -> tuple[Case, ...]:  # noqa: ARG001 same for all kinds
    """At the bound, above it, below 0, and not known."""
    bound = bound_of(criterion)
    shown = (
        ("quiet when it grew by the bound", bound, False),
        ("fires when it grew by more than the bound at the least", bound + 1, True),
        ("quiet when it shrank", -bound - 1, False),
    )
    unknown = "quiet without a value, which at the end counts as not observed"
    return computed.cases(criterion, labels, GROWS, shown, unknown)


def series(criterion: Criterion, plan: Plan, scope: Scope) -> dict[str, str]:  # noqa: ARG001 told by job and instance
    """PromQL of all that may grow, by name of the series, and of what tells when a process started anew."""
    sources = [source for source in quantity(criterion).sources if source.jobs(plan)]
    lives = {LIFE: life(plan)} if any(source.lives for source in sources) else {}
    return {source.name: source.promql(plan) for source in sources} | lives


def needs(criterion: Criterion, plan: Plan) -> tuple[str, ...]:
    """The jobs of whatever may show something that grows."""
    return tuple(dict.fromkeys(job for source in quantity(criterion).sources for job in source.jobs(plan)))


def asked(criterion: Criterion, plan: Plan) -> tuple[float, float, float]:  # noqa: ARG001 same for all kinds
    """The judged stretch, a point at each scrape or 600 of them."""
    figures = options(criterion)
    return figures.start, figures.end, figures.step


def compute(criterion: Criterion, plan: Plan, started: float, series: Sequence[Series]) -> float | None:
    """The limit that decides, in the criterion's unit; None is not known. `started`: Unix seconds of plan time 0."""
    return worst(criterion, plan, started, series).decides


def judge(criterion: Criterion, plan: Plan, record: RunRecord, evidence: Evidence) -> Line:
    """The line: unknown when it could not be told, failed when even the lower limit is above the bound, else passed."""
    bound, found = bound_of(criterion), Worst(why="No load was sent.")
    if record.started is not None:
        found = worst(criterion, plan, record.started, evidence.series)
    return Line(
        criterion=criterion.id,
        kind=criterion.kind,
        status={None: UNKNOWN, True: FAILED, False: PASSED}[found.grows],
        measured=found.decides,
        bound=bound,
        unit=options(criterion).unit,
        margin=None if found.decides is None else margin(found.decides, bound),
        samples=found.samples,
        minimum=criterion.minimum,
        sentence=_sentence(criterion, record, found),
        query=computed.measured(criterion, {"run_id": evidence.run_id}),
        details=_details(criterion, found),
    )


def _sentence(criterion: Criterion, record: RunRecord, found: Worst) -> str:
    if found.trend is None and record.started is not None and record.outcome != "completed":
        return "The run did not come to its planned end, so it was not observed for long enough. Run it again."
    if found.trend is None:
        return found.why
    others = f" Of {found.count} it is the worst." if found.count > 1 else ""
    return f"{sentence(criterion, found.subject, found.trend)}{others}"


def _details(criterion: Criterion, found: Worst) -> dict[str, float | str | None]:
    """Whose it was, and the interval in figures and words."""
    if found.trend is None:
        return {"subject": found.subject}
    first, second = found.trend.halves
    limits = (found.trend.low, found.trend.high)
    low, high = (limit if math.isfinite(limit) else None for limit in limits)
    return {
        "subject": found.subject,
        "estimate": found.trend.estimate,
        "low": low,
        "high": high,
        "confidence": options(criterion).confidence,
        "first_half": first,
        "second_half": second,
    }


KIND = Kind(
    kind="growth",
    unit="",
    breach=GROWS,
    sense=always(AT_MOST),
    measured=computed.measured,
    alerts=alerts,
    cases=cases,
    judge=judge,
    series=series,
    asked=asked,
    needs=needs,
    compute=compute,
    only_at_end="it is computed when the load is over",
)
