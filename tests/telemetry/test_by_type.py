"""The sums by test type, against the counters that they are sums of."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from loadgen.catalogue import le
from loadgen.criteria.quantiles import quantile
from loadgen.model.outcome import Outcome
from loadgen.model.plan import COOLDOWN, Plan
from loadgen.telemetry.counters import WorkerCounters
from tests.outcomes import outcome, some_outcomes
from tests.small_plan import operation, small_plan
from tests.telemetry.seen import Samples, Seen

COUNTS = {
    "loadtest_requests_total": "loadtest_test_type_requests_total",
    "loadtest_request_failures_total": "loadtest_test_type_request_failures_total",
}
TIMES = {
    f"loadtest_response_time_seconds_{part}": f"loadtest_test_type_response_time_seconds_{part}"
    for part in ("bucket", "sum", "count")
}

CUT_OFF: tuple[Outcome, ...] = (outcome(phase=COOLDOWN, reason="unfinished", seconds=1.5),)


@pytest.mark.parametrize("more", [(), CUT_OFF], ids=["to the end", "with what an early end cut off"])
def test_a_sum_by_test_type_is_that_of_all_phases_and_workers_response_times_of_judged_operations_only(
    seen: Callable[[Plan], Seen], tmp_path: Path, more: tuple[Outcome, ...]
) -> None:
    operations = (
        operation("rest", "chat"),
        operation("rest", "health", judged=False),
        operation("grpc", "say", "llm_generate"),
        operation("rest", "talk", "chat"),
    )
    plan = small_plan(operations=operations, workers=2)
    look = seen(plan)
    for place, one in enumerate((*some_outcomes(plan, 300, seed=7), *more)):
        WorkerCounters.open(tmp_path, plan, place % 2).record(one)
    samples = look.samples()
    for each, together in COUNTS.items():
        assert by_type(samples, together) == pytest.approx(by_type(samples, each)), each
    for each, together in TIMES.items():
        assert by_type(samples, together) == pytest.approx(by_type(samples, each, without="health")), each


def test_many_fast_operations_that_are_not_judged_leave_the_p95_as_it_is(
    seen: Callable[[Plan], Seen], tmp_path: Path
) -> None:
    plan = small_plan(operations=(operation("rest", "chat"), operation("rest", "health", judged=False)))
    look = seen(plan)
    counters = WorkerCounters.open(tmp_path, plan, 0)
    for name, seconds, number in (("chat", 3.0, 20), ("health", 0.005, 2000)):
        for _ in range(number):
            counters.record(outcome("rest", name, seconds=seconds))
    buckets = by_type(look.samples(), "loadtest_test_type_response_time_seconds_bucket")
    cumulative = [int(buckets["rest", le(edge)]) for edge in (*plan.edges, math.inf)]
    found = quantile(plan.edges, cumulative, 0.95)
    assert found is not None
    assert found.low == 2.0
    assert look.value("loadtest_test_type_requests_total", test_type="rest") == 2020


def test_a_test_type_without_a_judged_operation_has_no_response_times(seen: Callable[[Plan], Seen], tmp_path: Path):
    plan = small_plan(operations=(operation("rest", "chat"), operation("grpc", "check", "health", judged=False)))
    look = seen(plan)
    WorkerCounters.open(tmp_path, plan, 0).record(outcome("grpc", "check"))
    samples = look.samples()
    assert {key[0] for name in TIMES.values() for key in by_type(samples, name)} == {"rest"}
    assert by_type(samples, "loadtest_test_type_requests_total")["grpc", ""] == 1


def by_type(samples: Samples, name: str, without: str = "") -> dict[tuple[str, str], float]:
    """By test type and bucket edge. Where a series has only its last bucket, nothing stands in the others."""
    found: Counter[tuple[str, str]] = Counter()
    for (metric, labels), value in samples.items():
        known = dict(labels)
        if metric == name and not (without and known.get("name") == without):
            found[known["test_type"], known.get("le", "")] += value
    return dict(found)
