"""How the run went over time: the series for charts, and those that a criterion is computed from."""

from __future__ import annotations

import math

from msgspec import Struct

from loadgen.catalogue import le
from loadgen.catalogue.promql import duration, number, selector
from loadgen.criteria import kind_of
from loadgen.criteria.scraped import SCRAPED
from loadgen.model.evidence import Series
from loadgen.model.plan import Criterion, Plan
from loadgen.model.record import RunRecord
from loadgen.query.client import Prometheus, PrometheusFault
from loadgen.query.questions import Questions, Span
from loadgen.query.sightings import sightings
from loadgen.rules.acceptance import window_of
from loadgen.verdict.span import last_moment

POINTS = 600
STEP = 1.0
"""Seconds between the points of a criterion's series, from the start of the load on, unless its kind asks otherwise."""


class Course(Struct, frozen=True):
    """A chart's series: its name, its unit and its PromQL."""

    name: str
    unit: str
    expression: str


def courses(plan: Plan) -> tuple[Course, ...]:
    """The series of a run that its report shows. Rates and quantiles are the recorded ones of the shared vocabulary.

    Rates and failures are of all operations, quantiles of the judged ones.
    """
    run = {"run_id": plan.run_id}

    def by(labels: str, metric: str, how: str = "sum") -> str:
        return f"{how} by ({labels}) ({selector(metric, run)})"

    return (
        Course("users", "users", by("test_type", "loadtest_users")),
        Course("users_target", "users", by("test_type", "loadtest_users_target")),
        Course("in_flight", "operations", by("test_type", "loadtest_requests_in_flight")),
        Course("connections", "connections", by("test_type", "loadtest_connections")),
        Course("rate", "operations per second", by("test_type", "test_type:loadtest_requests:rate")),
        Course("error_rate", "ratio", by("test_type", "test_type:loadtest_request_failures:ratio_rate")),
        Course("failures", "operations per second", _by_reason(plan)),
        Course("p50", "seconds", by("test_type", "test_type:loadtest_response_time_seconds:p50")),
        Course("p95", "seconds", by("test_type", "test_type:loadtest_response_time_seconds:p95")),
        Course("p99", "seconds", by("test_type", "test_type:loadtest_response_time_seconds:p99")),
        Course("generator_cpu", "ratio", by("worker", "loadtest_generator_cpu_ratio", "max")),
        Course("late_share", "ratio", _late_share(plan)),
        Course("event_loop_lag", "seconds", _loop_lag(plan)),
    )


def _by_reason(plan: Plan) -> str:
    """Every reason from the start on, most of them at 0."""
    failures = selector("loadtest_request_failures_total", {"run_id": plan.run_id})
    return f"sum by (reason) (rate({failures}[{duration(window_of(plan))}]))"


def _late_share(plan: Plan) -> str:
    """Share of the operations that began late through the generator's fault."""
    run, span = {"run_id": plan.run_id}, duration(window_of(plan))
    in_time = selector("loadtest_schedule_lag_seconds_bucket", {**run, "le": le(plan.validity.late_seconds)})
    every = selector("loadtest_schedule_lag_seconds_count", run)
    return f"1 - sum(rate({in_time}[{span}])) / sum(rate({every}[{span}]))"


def _loop_lag(plan: Plan) -> str:
    buckets = selector("loadtest_event_loop_lag_seconds_bucket", {"run_id": plan.run_id})
    return f"histogram_quantile({number(0.99)}, sum by (le) (rate({buckets}[{duration(window_of(plan))}])))"


def charted(ask: Questions, plan: Plan, start: float, end: float) -> tuple[Series, ...]:
    """Every course from start to end: a point a scrape, or POINTS of them for a long run."""
    step = max(plan.scrape_interval, math.ceil((end - start) / POINTS * 1000) / 1000)
    span = Span(start, end, step)
    return tuple(
        one for course in courses(plan) for one in ask.series(course.name, course.expression, span, course.unit, {})
    )


def needed(ask: Questions, plan: Plan, criterion: Criterion, started: float, until: float) -> tuple[Series, ...]:
    """The series that a criterion is computed from; nothing for kinds that need none, or before their time has come."""
    kind = kind_of(criterion)
    if kind.series is None:
        return ()
    first, last, step = kind.asked(criterion, plan) if kind.asked else (0.0, plan.duration + STEP, STEP)
    end = min(until, started + last)
    if end < started + first:
        return ()
    span = Span(started + first, end, step)
    labels = {"test_type": criterion.test_type, "criterion": criterion.id}
    expressions = kind.series(criterion, plan, {"run_id": plan.run_id})
    series = ask.own_words if kind.own_words else ask.series
    return tuple(
        one for name, expression in expressions.items() for one in series(name, expression, span, kind.counts, labels)
    )


def judged_until(record: RunRecord, at: float) -> float:
    """Unix seconds up to which a criterion's series are asked for, of a record that reaches to `at`.

    After an early end users are missing because we took them away: no criterion may take that for the target's doing.
    """
    last = last_moment(record)
    return at if last is None else min(at, last)


def scraped(ask: Questions, plan: Plan, started: float, until: float) -> tuple[Series, ...]:
    """When that was scraped which any criterion needs: by endpoint, at the times of the scrapes that succeeded."""
    kinds = ((kind_of(criterion), criterion) for criterion in plan.criteria)
    wanted = {job for kind, criterion in kinds if kind.needs is not None for job in kind.needs(criterion, plan)}
    seen = sightings(ask, plan, started, until) if wanted else None
    if seen is None:
        return ()
    return tuple(
        Series(
            name=SCRAPED,
            labels={"job": job, "instance": address},
            unit="",
            times=tuple(started + at for at in times),
            values=(1.0,) * len(times),
        )
        for (job, address), times in seen.times.items()
        if job in wanted
    )


def computed(client: Prometheus, plan: Plan, started: float, until: float) -> dict[str, float]:
    """What is measured so far, by criterion, of the kinds that PromQL cannot express; +Inf is never.

    A criterion of which nothing is known yet is absent. `started` and `until` are Unix seconds. Raises PrometheusFault.
    """
    ask = Questions(client)
    found: dict[str, float] = {}
    seen = scraped(ask, plan, started, until)
    for criterion in plan.criteria:
        compute = kind_of(criterion).compute
        if compute is None:
            continue
        value = compute(criterion, plan, started, (*seen, *needed(ask, plan, criterion, started, until)))
        if ask.problems:
            raise PrometheusFault(ask.problems[0])
        if value is not None:
            found[criterion.id] = value
    return found


def refused(client: Prometheus, plan: Plan, now: float) -> dict[str, str]:
    """By criterion what Prometheus has against its user's own expression, such as the place of a mistake in it.

    Asked before the load, when there is nothing yet to answer from; a fault that is not the expression's says nothing.
    """
    found: dict[str, str] = {}
    for criterion in plan.criteria:
        kind = kind_of(criterion)
        if kind.series is not None and kind.own_words:
            for expression in kind.series(criterion, plan, {"run_id": plan.run_id}).values():
                try:
                    client.range(expression, now, now, STEP)
                except PrometheusFault as fault:
                    if fault.wrong:
                        found[criterion.id] = fault.wrong
    return found
