"""A run's records → the content of its report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from loadgen.criteria import latency, recovery
from loadgen.criteria.aftermath import options
from loadgen.criteria.counts import BUCKET, FAILURES, REQUESTS
from loadgen.criteria.scraped import SCRAPED
from loadgen.model.evidence import Evidence, Query, Series
from loadgen.model.plan import Plan
from loadgen.model.record import RunRecord
from loadgen.model.verdict import Line, Verdict
from loadgen.report.contents import Asked, Bound, Recovery, Report
from loadgen.report.rows import (
    counted_phases,
    counted_seconds,
    distributions,
    load_end,
    most_users,
    phase_rows,
    reached,
    rows,
)
from loadgen.report.samples import samples

MATERIAL = frozenset({BUCKET, FAILURES, REQUESTS, SCRAPED})
"""Series that are counted with and not looked at; there are hundreds of them."""


def report_of(plan: Plan, record: RunRecord, evidence: Evidence, verdict: Verdict, failures: Iterable[bytes]) -> Report:
    """Everything that a report says. `failures`: the lines of failures.jsonl."""
    shown, left_out = samples(failures, record.started or 0.0)
    return Report(
        run_id=plan.run_id,
        scenario=plan.scenario,
        purpose=plan.purpose,
        test_type=plan.test_type,
        target=plan.target.name,
        time_scale=plan.time_scale,
        users=plan.users,
        most_users=most_users(evidence.series),
        planned=plan.duration,
        load_end=load_end(plan, record),
        started=record.started,
        ended=record.ended,
        outcome=record.outcome,
        verdict=verdict.verdict,
        exit_code=verdict.exit_code,
        sentence=verdict.sentence,
        criteria=verdict.criteria,
        validity=verdict.validity,
        notes=verdict.notes,
        problems=evidence.problems,
        saturation=verdict.saturation,
        recovery=_recovery(plan, verdict.criteria),
        phases=reached(plan, record),
        counted_phases=counted_phases(plan, record),
        counted_seconds=counted_seconds(plan, record),
        rows=rows(plan, record, evidence),
        phase_rows=phase_rows(plan, record, evidence),
        distributions=distributions(plan, evidence),
        bounds=_bounds(plan),
        failures=shown,
        failures_left_out=left_out,
        series=_charted(evidence.series),
        resources=evidence.resources,
        unmeasured=evidence.unmeasured,
        alerts=evidence.alerts,
        events=record.events,
        version=record.version,
        commit=record.commit,
        environment=record.environment,
        machines=evidence.machines,
        prometheus=record.prometheus,
        plan=msgspec.to_builtins(plan),
        queries=tuple(map(_asked, evidence.queries)),
    )


def _recovery(plan: Plan, lines: Sequence[Line]) -> tuple[Recovery, ...]:
    criteria = {criterion.id: criterion for criterion in plan.criteria if criterion.kind == recovery.KIND.kind}
    return tuple(
        Recovery(
            criterion=line.criterion,
            test_type=criteria[line.criterion].test_type,
            seconds=line.measured,
            spike_end=options(criteria[line.criterion]).spike_end,
            bound=line.bound,
            status=line.status,
            sentence=line.sentence,
        )
        for line in lines
        if line.criterion in criteria
    )


def _bounds(plan: Plan) -> tuple[Bound, ...]:
    return tuple(
        Bound(
            criterion=criterion.id,
            test_type=criterion.test_type,
            operations=criterion.operations,
            seconds=latency.options(criterion).seconds,
        )
        for criterion in plan.criteria
        if criterion.kind == latency.KIND.kind
    )


def _charted(series: Iterable[Series]) -> tuple[Series, ...]:
    """Without reasons for which nothing failed: the evidence has a series for each that there is."""
    return tuple(s for s in series if s.name not in MATERIAL and ("reason" not in s.labels or any(s.values)))


def _asked(query: Query) -> Asked:
    instant = query.time is not None
    return Asked(
        id=query.id,
        expression=query.expression,
        start=query.time if instant else query.start,
        end=query.time if instant else query.end,
        step=query.step,
    )
