"""The promise: the acceptance alert's final state, as PromQL's own engine finds it, is what the verdict's line says.

Hundreds of runs at and around every bound, all in one promtool test: each is a run_id of its own under the same rules.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from random import Random

import pytest
from msgspec import Struct

from loadgen.catalogue import le
from loadgen.catalogue.promql import selector
from loadgen.criteria import ACCEPTANCE, SAMPLES, SAMPLES_ALERT, kind_of
from loadgen.model.evidence import Evidence, Series, Tally
from loadgen.model.plan import Criterion, Plan
from loadgen.model.verdict import FAILED, PASSED, UNKNOWN, Line
from loadgen.rules import render, rule_groups
from loadgen.rules.promtool import input_series, rule_test_file
from tests.aftermaths import back_after, course
from tests.plans import (
    QUERY_OPTIONS,
    RECOVERY_OPTIONS,
    errors,
    example_plan,
    growth,
    latency,
    query,
    recovery,
    throughput,
)
from tests.promtool import promtool, put
from tests.runs import STARTED, evidence, record, scraped, tally
from tests.small_plan import operation

SCOPE = {"scenario": "spike"}
BOUNDS = (0.05, 0.01, 0.1, 0.001, 0.3, 1 / 3, 0.07)
MINIMUMS = (1, 20, 200, 300)


class Run(Struct, frozen=True):
    """A run judged by one criterion: what Prometheus saw, and what the verdict makes of the same."""

    run_id: str
    criterion: Criterion
    series: dict[str, tuple[float | None, ...]]
    line: Line


def spread(bound: float, count: int, minimum: int) -> set[int]:
    """Numbers of bad operations at and around the bound, and the extremes."""
    exact = Fraction(bound) * max(count, minimum)
    near = {math.floor(exact) + step for step in (-1, 0, 1, 2)} | {0, count}
    return {bad for bad in near if 0 <= bad <= count}


def share_runs(plan: Plan) -> Iterator[Run]:
    random = Random(7)
    for criterion in plan.criteria:
        sizes = {0, 1, criterion.minimum - 1, criterion.minimum, criterion.minimum + 1, random.randrange(1, 10**6)}
        for count in sorted(sizes):
            for bad in sorted(spread(criterion.bound, count, criterion.minimum)):
                slow = random.randint(0, bad) if criterion.kind == "latency" else 0
                counted = tally(plan, count, slow, bad - slow, name=criterion.operations[0])
                yield run_of(plan, criterion, f"{criterion.id}-{count}-{bad}", counted, finished=False)


def run_of(plan: Plan, criterion: Criterion, run_id: str, counted: Tally, *, finished: bool = True) -> Run:
    """The same tally as evidence and as series, which grow from 0 to it and beyond which nothing comes.

    `finished`: shown as such in the end. Shares do not ask for it, and hundreds of alerts for the criteria that a run
    is not about would only take time.
    """
    seen = evidence(plan, (counted,))
    line = kind_of(criterion).judge(criterion, plan, record(plan, (counted,)), seen)
    labels = {"run_id": run_id, **SCOPE}
    end = {selector("loadtest_phase", {**labels, "phase": "finished"}): (0, 0, 1)}
    return Run(run_id, criterion, exposed(plan, criterion, labels, counted) | (end if finished else {}), line)


def exposed(plan: Plan, criterion: Criterion, labels: dict[str, str], counted: Tally) -> dict:
    """What telemetry would show of it."""
    who = {**labels, "test_type": counted.test_type, "name": counted.name, "phase": counted.phase}
    edges = zip((*plan.edges, math.inf), counted.buckets, strict=True)
    steady = next(phase for phase in plan.phases if phase.name == "steady")
    shown = {
        selector("loadtest_requests_total", who): counted.requests,
        selector("loadtest_response_time_seconds_count", who): counted.requests,
        **{
            selector("loadtest_response_time_seconds_bucket", who | {"le": le(edge)}): n
            for edge, n in edges
            if edge in (1.0, 2.0, math.inf)
        },
        **{
            selector("loadtest_request_failures_total", who | {"reason": reason}): n
            for reason, n in counted.failures.items()
        },
    }
    growing = {name: (0, value // 2, value) for name, value in shown.items()}
    fixed = {selector("loadtest_phase_duration_seconds", {**labels, "phase": "steady"}): steady.end - steady.start}
    if criterion.bound is not None:
        fixed[selector("loadtest_criterion_bound", {**labels, "criterion": criterion.id})] = criterion.bound
    return growing | {name: (value,) * 3 for name, value in fixed.items()}


def short(run: Run) -> bool:
    """Whether too little was measured: of counts fewer than the minimum, of what is computed nothing."""
    if kind_of(run.criterion).compute is not None:
        return run.line.status == UNKNOWN
    return run.line.samples < run.criterion.minimum


def expected(runs: Sequence[Run], role: str) -> list[dict]:
    """The ALERTS that must be there at the end, and no others."""
    found = []
    for run in runs:
        alert = kind_of(run.criterion).breach if role == ACCEPTANCE else SAMPLES_ALERT
        due = run.line.status == FAILED if role == ACCEPTANCE else short(run)
        labels = {
            "alertname": alert,
            "alertstate": "firing",
            "criterion": run.criterion.id,
            "role": role,
            "severity": "critical" if role == ACCEPTANCE else "warning",
            "run_id": run.run_id,
            **SCOPE,
        }
        found += [{"labels": selector("ALERTS", labels), "value": 1}] if due else []
    return found


def confirm(plan: Plan, runs: Sequence[Run], tmp_path, roles=(ACCEPTANCE,)) -> None:
    """Have promtool evaluate the plan's rules over all runs, and compare."""
    series = {name: values for run in runs for name, values in run.series.items()}
    test = {
        "interval": "1s",
        "input_series": input_series(series),
        "promql_expr_test": [
            {"expr": selector("ALERTS", {"role": role}), "eval_time": "2s", "exp_samples": expected(runs, role)}
            for role in roles
        ],
    }
    files = {"rules.yml": render(rule_groups(plan, SCOPE)), "test.yml": rule_test_file([test], ["rules.yml"], "")}
    put(files, tmp_path)
    promtool("test", "rules", "test.yml", folder=tmp_path)


def statuses(runs: Sequence[Run]) -> set[str]:
    return {run.line.status for run in runs}


@pytest.mark.parametrize("make", [latency, errors])
def test_for_shares_at_and_around_every_bound_and_minimum_alert_and_line_agree(make, tmp_path):
    kinds = [(bound, minimum) for bound in BOUNDS for minimum in MINIMUMS]
    names = [f"op{place}" for place in range(len(kinds))]
    criteria = tuple(
        make("rest", name, id=f"{make.__name__}:rest:{name}", bound=bound, minimum=minimum)
        for name, (bound, minimum) in zip(names, kinds, strict=True)
    )
    plan = example_plan(criteria=criteria, operations=tuple(operation("rest", name) for name in names))
    runs = list(share_runs(plan))
    assert len(runs) > 500
    assert statuses(runs) == {PASSED, FAILED, UNKNOWN}
    confirm(plan, runs, tmp_path)


@pytest.mark.parametrize("make", [latency, errors, throughput])
def test_the_alert_for_too_few_samples_fires_for_just_the_lines_that_have_fewer_than_their_minimum(make, tmp_path):
    criterion = make(minimum=50)
    plan = example_plan(criteria=(criterion,))
    counts = (0, 1, 49, 50, 51, 1000)
    runs = [run_of(plan, criterion, f"run-{count}", tally(plan, count)) for count in counts]
    assert all(run.line.status != PASSED for run in runs if run.line.samples < 50)
    confirm(plan, runs, tmp_path, (ACCEPTANCE, SAMPLES))


def test_for_throughput_at_and_around_the_bound_alert_and_line_agree(tmp_path):
    seconds = 55
    runs, criteria = [], []
    for place, bound in enumerate((8.0, 7.9, 9.5, 1 / 3, 123.456, 0.95 * 10 * 0.7654321)):
        criterion = throughput("rest", f"op{place}", id=f"throughput:rest:op{place}", bound=bound)
        criteria.append(criterion)
    plan = example_plan(criteria=tuple(criteria))
    for criterion in criteria:
        exact = math.floor(Fraction(criterion.bound) * seconds)
        for good in {0, exact - 1, exact, exact + 1, exact + 2, 10 * exact}:
            for failed in (0, 1, 7):
                counted = tally(plan, good + failed, 0, failed, name=criterion.operations[0])
                runs.append(run_of(plan, criterion, f"{criterion.id}-{good}-{failed}", counted))
    assert statuses(runs) == {PASSED, FAILED}
    confirm(plan, runs, tmp_path)


def test_without_a_baseline_neither_alert_nor_line_fails(tmp_path):
    criterion = throughput(bound=None)
    plan = example_plan(criteria=(criterion,))
    runs = [run_of(plan, criterion, f"run-{count}", tally(plan, count)) for count in (0, 1, 10_000)]
    assert statuses(runs) == {UNKNOWN}
    confirm(plan, runs, tmp_path)


def test_for_recovery_at_and_around_the_bound_and_for_never_and_unknown_alert_and_line_agree(tmp_path):
    runs, criteria = [], []
    for place, bound in enumerate((60.0, 59.0, 12.5)):
        options = RECOVERY_OPTIONS | {"phase_end": 300.0 - 100 * (bound < 20)}
        made = recovery("rest", "chat", id=f"recovery:rest:{place}", bound=bound, options=options)
        criteria.append(made)
    plan = example_plan(criteria=tuple(criteria))
    for criterion in criteria:
        for back in (0, 1, 2, 3, 48, 49, 50, 51, 75, 500):
            series = course(plan, criterion, back_after(back))
            runs.append(computed_run(plan, criterion, f"{criterion.id}-{back}", series))
        runs.append(computed_run(plan, criterion, f"{criterion.id}-unseen", ()))
    assert statuses(runs) == {PASSED, FAILED, UNKNOWN}
    confirm(plan, runs, tmp_path)


def test_for_growth_at_and_around_the_bound_and_inside_the_interval_alert_and_line_agree(tmp_path):
    bounds = (2.0**26, 0.0, 1 / 3)
    criteria = tuple(growth(id=f"growth:{place}", bound=bound) for place, bound in enumerate(bounds))
    plan = example_plan(criteria=criteria)
    runs = [
        computed_run(plan, criterion, f"{criterion.id}-{place}", grown(criterion, growths, noise))
        for criterion in criteria
        for place, (growths, noise) in enumerate(product((-1.0, 0.0, 0.99, 1.0, 1.01, 3.0), (0.0, 1e-3, 0.5)))
    ]
    runs += [computed_run(plan, criterion, f"{criterion.id}-unseen", ()) for criterion in criteria]
    assert statuses(runs) == {PASSED, FAILED, UNKNOWN}
    confirm(plan, runs, tmp_path)
    confirm_samples(runs, tmp_path)


def confirm_samples(runs: Sequence[Run], tmp_path) -> None:
    """The alert for what is not known, for one criterion: a run of one has no value of the others."""
    first = runs[0].criterion
    own = [run for run in runs if run.criterion is first]
    assert UNKNOWN in statuses(own)
    confirm(example_plan(criteria=(first,)), own, tmp_path, (SAMPLES,))


def grown(criterion: Criterion, times: float, noise: float) -> tuple[Series, ...]:
    """Growth of so many times the bound, with noise relative to what the bound allows in the time."""
    random, scale = Random(times), max(criterion.bound or 0.0, 1.0) * 50 / 3600
    seconds = tuple(range(10, 60))
    values = [scale * (times * (at - 10) / 50 + random.gauss(0, noise)) for at in seconds]

    def series(name: str, values: Sequence[float]) -> Series:
        labels = {"criterion": criterion.id, "groupname": "sim", "instance": "127.0.0.1:9611"}
        times = tuple(STARTED + at for at in seconds)
        return Series(name=name, labels=labels, unit="bytes", times=times, values=tuple(values))

    return series("growth_processes", values), series("growth_life", [1.0] * len(seconds))


def test_for_queries_at_and_around_the_bound_and_without_an_answer_alert_and_line_agree(tmp_path):
    sides = [(bound, least) for bound in (8.0, 0.0, -1.5, 1 / 3) for least in (False, True)]
    criteria = tuple(
        query(id=f"query:{place}", bound=bound, options=QUERY_OPTIONS | {"at_least": least})
        for place, (bound, least) in enumerate(sides)
    )
    plan = example_plan(criteria=criteria)
    runs = [
        computed_run(plan, criterion, f"{criterion.id}-{place}", answered(criterion, off))
        for criterion in criteria
        for place, off in enumerate((None, math.nan, math.inf, -math.inf, -1e6, -1e-12, 0.0, 1e-12, 1.0))
    ]
    assert statuses(runs) == {PASSED, FAILED, UNKNOWN}
    confirm(plan, runs, tmp_path)
    confirm_samples(runs, tmp_path)


def answered(criterion: Criterion, off: float | None) -> tuple[Series, ...]:
    """An answer so far from the bound; None: none."""
    if off is None:
        return ()
    value = None if math.isnan(off) else (criterion.bound or 0.0) + off
    return (Series(name=criterion.id, labels={}, unit="", times=(STARTED + 300,), values=(value,)),)


def computed_run(plan: Plan, criterion: Criterion, run_id: str, series: tuple[Series, ...]) -> Run:
    """What the run would show is what `compute` finds; nothing when that is not known."""
    kind = kind_of(criterion)
    series = (*series, *scraped(plan))
    value = kind.compute(criterion, plan, STARTED, series)
    seen: Evidence = evidence(plan, series=series)
    labels = {"run_id": run_id, **SCOPE}
    shown = {selector("loadtest_criterion_value", {**labels, "criterion": criterion.id}): (None, None, value)}
    end = {selector("loadtest_phase", {**labels, "phase": "finished"}): (0, 0, 1)}
    return Run(
        run_id, criterion, end | (shown if value is not None else {}), kind.judge(criterion, plan, record(plan), seen)
    )
