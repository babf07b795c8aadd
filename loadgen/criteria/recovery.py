"""recovery: seconds from the end of the spike until the target is back inside the band measured before it, and stays.

PromQL cannot express it. `compute` answers from Prometheus' series; the run shows the answer as
loadtest_criterion_value, and the alert compares that with the bound.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec.structs import replace

from loadgen.catalogue.promql import Regex, any_of, duration, selector
from loadgen.criteria import computed
from loadgen.criteria.aftermath import NEVER, Aftermath, aftermath, options
from loadgen.criteria.kind import AT_MOST, Alert, Case, Kind, Scope, always
from loadgen.criteria.shares import bound_of, margin, percent
from loadgen.model.evidence import Evidence, Series
from loadgen.model.plan import Criterion, Plan
from loadgen.model.quantities import duration_text
from loadgen.model.record import RunRecord
from loadgen.model.verdict import FAILED, PASSED, UNKNOWN, Line

UNIT, TOO_SLOW = "seconds", "LoadtestRecoveryTooSlow"


def alerts(criterion: Criterion, scope: Scope, window: float) -> tuple[Alert, ...]:  # noqa: ARG001 same for all kinds
    """Too slow, and not known at the end. There is no burning one: whoever is not yet back is only recovering."""
    return computed.alerts(
        criterion,
        scope,
        TOO_SLOW,
        what=(
            "The target was back {{ $value }} s after the spike (+Inf: never); "
            f"at most {duration_text(bound_of(criterion))} are allowed."
        ),
        unknown="Whether the target was back was not observed for long enough.",
    )


def cases(criterion: Criterion, labels: Scope, window: float) -> tuple[Case, ...]:  # noqa: ARG001 same for all kinds
    """At the bound, above it, never, and not known."""
    bound = bound_of(criterion)
    shown = (
        ("quiet when the target was back at the bound", bound, False),
        ("fires when the target was back a second after the bound", bound + 1, True),
        ("fires when the target was never back", math.inf, True),
    )
    unknown = "quiet without a value, which at the end counts as not observed"
    return computed.cases(criterion, labels, TOO_SLOW, shown, unknown)


def series(criterion: Criterion, plan: Plan, scope: Scope) -> dict[str, str]:
    """PromQL of the cumulative counts that `compute` needs, by name of the series; the buckets come by `le`.

    A counter unseen for longer than validity allows has no value rather than its last one.
    """
    who: dict[str, str | Regex] = {**scope, "test_type": criterion.test_type, "name": any_of(criterion.operations)}
    seen = duration(plan.validity.scrape_gap_intervals * plan.scrape_interval)

    def counts(metric: str) -> str:
        return f"last_over_time({selector(metric, who)}[{seen}])"

    return {
        "recovery_requests": f"sum ({counts('loadtest_requests_total')})",
        "recovery_failures": f"sum ({counts('loadtest_request_failures_total')})",
        "recovery_bucket": f"sum by (le) ({counts('loadtest_response_time_seconds_bucket')})",
    }


def compute(criterion: Criterion, plan: Plan, started: float, series: Sequence[Series]) -> float | None:
    """Seconds; +Inf is never; None is not observed for long enough. `started`: Unix seconds of plan time 0."""
    return aftermath(criterion, plan, started, series).seconds


def judge(criterion: Criterion, plan: Plan, record: RunRecord, evidence: Evidence) -> Line:
    """The line: unknown when it was not observed, failed above the bound, else passed."""
    bound, found = bound_of(criterion), Aftermath(why="No load was sent.")
    if record.started is not None:
        found = _told(criterion, record, aftermath(criterion, plan, record.started, evidence.series))
    return Line(
        criterion=criterion.id,
        kind=criterion.kind,
        status=_status(found, bound),
        measured=found.shown,
        bound=bound,
        unit=UNIT,
        margin=None if found.seconds is None or found.seconds == NEVER else margin(found.seconds, bound),
        samples=found.before.answers if found.before else 0,
        minimum=criterion.minimum,
        sentence=_sentence(criterion, found, bound),
        query=computed.measured(criterion, {"run_id": evidence.run_id}),
        details=_details(found),
    )


def _told(criterion: Criterion, record: RunRecord, found: Aftermath) -> Aftermath:
    """Of a run that ended too early, that is why; else one would look for answers that nobody had sent for."""
    if found.seconds is not None or record.outcome == "completed" or record.started is None or record.ended is None:
        return found
    if record.ended - record.started < options(criterion).spike_end:
        return replace(found, why="The load ended before the spike was over, so there was nothing to come back from.")
    return found


def _status(found: Aftermath, bound: float) -> str:
    if found.seconds is None:
        return UNKNOWN
    return FAILED if found.seconds > bound else PASSED


def _sentence(criterion: Criterion, found: Aftermath, bound: float) -> str:
    if found.seconds is None:
        return found.why
    allowed = f"at most {duration_text(bound)} are allowed"
    if found.seconds == NEVER:
        return f"The target was never back inside the band and stayed for {_hold(criterion)}; {allowed}."
    return f"The target was back {found.seconds:g} s after the spike, and stayed for {_hold(criterion)}; {allowed}."


def _hold(criterion: Criterion) -> str:
    return duration_text(options(criterion).hold)


def _details(found: Aftermath) -> dict[str, float | str | None]:
    """The band, in words and figures."""
    if found.before is None:
        return {}
    return {
        "before": f"{found.before.answers} answers, {percent(found.before.error_share)} failed",
        "latency_before": found.before.latency,
        "latency_limit": found.before.limit,
        "error_share_before": found.before.error_share,
        "error_limit": found.before.error_limit,
    }


KIND = Kind(
    kind="recovery",
    unit=UNIT,
    breach=TOO_SLOW,
    sense=always(AT_MOST),
    measured=computed.measured,
    alerts=alerts,
    cases=cases,
    judge=judge,
    series=series,
    compute=compute,
    only_at_end="it is computed when the load is over",
)
