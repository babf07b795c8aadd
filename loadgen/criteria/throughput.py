"""throughput: successful operations per second of the steady phase reach the bound, ten times the baseline's.

It can be judged only when the run has come to its planned end: before that the count is still growing. The bound comes
from an earlier run, so the alert compares with loadtest_criterion_bound, which the run itself shows, and committed
rules need no baseline; where there is none there is no bound, the alert is silent and the line is unknown.
"""

from __future__ import annotations

from itertools import accumulate

from loadgen.catalogue.promql import duration, selector
from loadgen.criteria import books
from loadgen.criteria.expressions import BY_RUN, counted, finished, gauge, rate, too_few, total
from loadgen.criteria.kind import (
    ACCEPTANCE,
    AT_LEAST,
    BURNING,
    SAMPLES_ALERT,
    Alert,
    Case,
    Kind,
    Moment,
    Scope,
    always,
    literal,
    nothing_there,
)
from loadgen.model.evidence import Evidence
from loadgen.model.plan import FINISHED, Criterion, Plan
from loadgen.model.record import RunRecord
from loadgen.model.verdict import FAILED, PASSED, UNKNOWN, Line

REQUESTS, FAILURES = "loadtest_requests_total", "loadtest_request_failures_total"
PLANNED, BOUND = "loadtest_phase_duration_seconds", "loadtest_criterion_bound"
UNIT = "operations per second"
MISSED, BURNS = "LoadtestThroughputMissed", "LoadtestThroughputBurning"


def measured(criterion: Criterion, scope: Scope) -> str:
    """Successful operations ÷ planned seconds of the phase."""
    labels = counted(criterion, scope)
    planned = gauge(PLANNED, {**scope, "phase": phase_of(criterion)})
    return f"({total(REQUESTS, labels)} - {total(FAILURES, labels)}) / {planned}"


def phase_of(criterion: Criterion) -> str:
    """The one phase whose rate is judged. ValueError when there are more or none."""
    (phase,) = criterion.phases
    return phase


def alerts(criterion: Criterion, scope: Scope, window: float) -> tuple[Alert, ...]:
    """Missed, burning, too few; none of them before there is a bound to compare with."""
    labels, name, span = counted(criterion, scope), literal(criterion.id), duration(window)
    bound = gauge(BOUND, {**scope, "criterion": criterion.id})
    phase = selector("loadtest_phase", _phase(criterion, scope))
    steady = f"min {BY_RUN} (min_over_time({phase}[{span}]))"
    now = f"{rate(REQUESTS, labels, span)} - {rate(FAILURES, labels, span)}"
    what = "{{ $value | humanize }} operations a second succeeded, which is less than the bound."
    return (
        Alert(
            name=MISSED,
            role=ACCEPTANCE,
            expr=f"{measured(criterion, scope)} < {bound} and {finished(scope)} == 1",
            summary=f"{name} is missed in {{{{ $labels.run_id }}}}",
            description=what,
        ),
        Alert(
            name=BURNS,
            role=BURNING,
            expr=f"({now}) < {bound} and {steady} == 1",
            summary=f"{name} is being missed right now in {{{{ $labels.run_id }}}}",
            description=f"Lately {what}",
        ),
        too_few(criterion, scope, total(REQUESTS, labels)),
    )


def _phase(criterion: Criterion, labels: Scope) -> dict[str, str]:
    return {**labels, "phase": phase_of(criterion)}


def cases(criterion: Criterion, labels: Scope, window: float) -> tuple[Case, ...]:
    """One operation to either side of the bound. The bound is a metric here, so any will do."""
    bound, seconds = 8.0, 10 * max(1, criterion.minimum)
    enough = round(bound * seconds)
    known = {selector(BOUND, {**labels, "criterion": criterion.id}): (bound,) * 3}
    few = Case(
        law="without any series it counts as too few samples at the end, and misses nothing",
        checks=(MISSED, BURNS, SAMPLES_ALERT),
        series={_end(labels): (0, 1)},
        moments=(Moment(at=0, firing={}), Moment(at=1, firing={SAMPLES_ALERT: 0.0})),
    )
    return (
        _case("quiet when the bound is just reached", _fed(criterion, labels, seconds, enough) | known, {}, bound),
        _missed(criterion, labels, bound, seconds, enough),
        _case("quiet without a baseline", _fed(criterion, labels, seconds, 1), {}, 1 / seconds),
        few,
        nothing_there(MISSED, BURNS, SAMPLES_ALERT),
        _burning(criterion, labels, window),
    )


def _end(labels: Scope) -> str:
    return selector("loadtest_phase", {**labels, "phase": FINISHED})


def _case(law: str, series: dict[str, tuple[float | None, ...]], firing: dict[str, float], value: float) -> Case:
    moments = (Moment(at=1, firing={}), Moment(at=2, firing=firing, measured=value))
    return Case(law=law, checks=(MISSED,), series=series, moments=moments)


def _missed(criterion: Criterion, labels: Scope, bound: float, seconds: float, enough: int) -> Case:
    """At the end one success less than the bound, then as many as it takes, then counters that began again."""
    who, ends = _who(criterion, labels), 5
    missed = {MISSED: (enough - 1) / seconds}
    return Case(
        law="fires at the end, not before, at one operation less than the bound, and by what is counted then",
        checks=(MISSED,),
        series={
            selector(REQUESTS, who): (0, enough - 1, enough + 2, enough + 3, enough + 2),
            selector(FAILURES, who | {"reason": "timeout"}): (0, 0, 3, 3, 3),
            selector(PLANNED, _phase(criterion, labels)): (seconds,) * ends,
            selector(BOUND, {**labels, "criterion": criterion.id}): (bound,) * ends,
            _end(labels): (0, 0, 1, 1, 1),
        },
        moments=(
            Moment(at=1, firing={}),
            Moment(at=2, firing=missed),
            Moment(at=3, firing={}, measured=bound),
            Moment(at=4, firing=missed),
        ),
    )


def _who(criterion: Criterion, labels: Scope) -> dict[str, str]:
    first = {"test_type": criterion.test_type, "name": criterion.operations[0]}
    return {**labels, **first, "phase": phase_of(criterion)}


def _fed(criterion: Criterion, labels: Scope, seconds: float, good: int) -> dict[str, tuple[float | None, ...]]:
    """Three failures beside `good` successes, and the end of the run in the third second."""
    who = _who(criterion, labels)
    return {
        selector(REQUESTS, who): (0, good, good + 3),
        selector(FAILURES, who | {"reason": "timeout"}): (0, 0, 3),
        selector(PLANNED, _phase(criterion, labels)): (seconds,) * 3,
        _end(labels): (0, 0, 1),
    }


def _burning(criterion: Criterion, labels: Scope, window: float) -> Case:
    """Stretches of a window, the first before the phase. The counters begin again at 0 in the third, while all is calm.

    Half a window into a slow stretch the rate of a whole window still reaches the bound.
    """
    who, each, bound = _who(criterion, labels), int(window + 1), 48.0
    rates = ((24, 0), (24, 0), (96, 0), (24, 0), (64, 16), (63, 16))
    """Operations and failures a second, in each stretch."""
    count, bad = ([0, *accumulate(rate[part] for rate in rates for _ in range(each))] for part in (0, 1))
    half, again, seconds = each // 2, 2 * each + each // 2, range(len(count))
    ends = ((1, None), (2, 24.0), (3, None), (4, 24.0), (5, None), (6, 47.0))
    middles = (each + half, 3 * each + half)
    moments = [Moment(at=n * each, firing={} if value is None else {BURNS: value}) for n, value in ends]
    moments += [Moment(at=at, firing={}) for at in (*middles, 6 * each + 1)]
    return Case(
        law="burns while the rate of the last seconds is below the bound, in the judged phase only",
        checks=(BURNS,),
        series={
            selector(REQUESTS, who): tuple(n if s < again else n - count[again] for s, n in enumerate(count)),
            selector(FAILURES, who | {"reason": "timeout"}): tuple(bad),
            selector(BOUND, {**labels, "criterion": criterion.id}): (bound,) * len(count),
            selector("loadtest_phase", _phase(criterion, labels)): (*(float(s > each) for s in seconds), 0.0),
        },
        moments=tuple(sorted(moments, key=lambda moment: moment.at)),
    )


def judge(criterion: Criterion, plan: Plan, record: RunRecord, evidence: Evidence) -> Line:
    """The line: unknown before the planned end or without a baseline, failed below the bound, else passed."""
    found = books.counted(criterion, evidence)
    planned = _planned(criterion, plan)
    value = found.successes / planned
    status = _status(criterion, record, found, value)
    return Line(
        criterion=criterion.id,
        kind=criterion.kind,
        status=status,
        measured=value if found.buckets else None,
        bound=criterion.bound,
        unit=UNIT,
        margin=(value - criterion.bound) / criterion.bound if criterion.bound and found.buckets else None,
        samples=found.requests,
        minimum=criterion.minimum,
        sentence=_sentence(criterion, record, found, value, status),
        query=measured(criterion, {"run_id": evidence.run_id}),
        details={"successes": float(found.successes), "planned_seconds": planned, **_baseline(criterion)},
    )


def _planned(criterion: Criterion, plan: Plan) -> float:
    """Planned seconds of the phase, as loadtest_phase_duration_seconds shows them."""
    return next(phase.end - phase.start for phase in plan.phases if phase.name == phase_of(criterion))


def _baseline(criterion: Criterion) -> dict[str, float | str | None]:
    """What the bound was taken from."""
    return {name: value for name, value in criterion.options.items() if isinstance(value, float | str)}


def _ran_out(record: RunRecord) -> bool:
    return record.outcome == "completed"


def _status(criterion: Criterion, record: RunRecord, found: books.Books, value: float) -> str:
    if criterion.bound is None or not _ran_out(record):
        return UNKNOWN
    if found.buckets and value < criterion.bound:
        return FAILED
    return UNKNOWN if found.requests < criterion.minimum or not found.requests else PASSED


def _sentence(criterion: Criterion, record: RunRecord, found: books.Books, value: float, status: str) -> str:
    if not found.requests:
        return "No operation was counted. See whether the target was reached."
    said = f"{value:.4g} operations a second succeeded"
    if criterion.bound is None:
        return f"{said}; there is no baseline to measure that against. Run the scenario that is the baseline to a PASS."
    said = f"{said}; at least {criterion.bound:.4g} were needed."
    if status != UNKNOWN:
        return said
    if not _ran_out(record):
        return f"{said} The run did not come to its planned end, so its rate is not known. Run it again."
    return f"{said} {found.requests} operations are too few to pass, at least {criterion.minimum} are needed."


KIND = Kind(
    kind="throughput",
    unit=UNIT,
    breach=MISSED,
    sense=always(AT_LEAST),
    measured=measured,
    alerts=alerts,
    cases=cases,
    judge=judge,
    only_at_end="its rate is known only when the steady phase has come to its planned end",
)
