"""The sums by test type, against the counters that they are sums of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from loadgen.model.outcome import Outcome
from loadgen.model.plan import COOLDOWN, Plan
from loadgen.telemetry.counters import WorkerCounters
from tests.outcomes import outcome, some_outcomes
from tests.small_plan import operation, small_plan
from tests.telemetry.seen import Samples, Seen

PAIRS = {
    "loadtest_requests_total": "loadtest_test_type_requests_total",
    "loadtest_request_failures_total": "loadtest_test_type_request_failures_total",
    "loadtest_response_time_seconds_bucket": "loadtest_test_type_response_time_seconds_bucket",
    "loadtest_response_time_seconds_sum": "loadtest_test_type_response_time_seconds_sum",
    "loadtest_response_time_seconds_count": "loadtest_test_type_response_time_seconds_count",
}

CUT_OFF: tuple[Outcome, ...] = (outcome(phase=COOLDOWN, reason="unfinished", seconds=1.5),)


@pytest.mark.parametrize("more", [(), CUT_OFF], ids=["to the end", "with what an early end cut off"])
def test_a_sum_by_test_type_is_that_of_all_operations_phases_and_workers(
    seen: Callable[[Plan], Seen], tmp_path: Path, more: tuple[Outcome, ...]
) -> None:
    operations = (
        operation("rest", "chat"),
        operation("grpc", "say", "llm_generate"),
        operation("rest", "talk", "chat"),
    )
    plan = small_plan(operations=operations, workers=2)
    look = seen(plan)
    for place, one in enumerate((*some_outcomes(plan, 300, seed=7), *more)):
        WorkerCounters.open(tmp_path, plan, place % 2).record(one)
    samples = look.samples()
    for each, together in PAIRS.items():
        assert by_type(samples, together) == pytest.approx(by_type(samples, each)), each


def by_type(samples: Samples, name: str) -> dict[tuple[str, str], float]:
    """By test type and bucket edge. Where a series has only its last bucket, nothing stands in the others."""
    found: Counter[tuple[str, str]] = Counter()
    for (metric, labels), value in samples.items():
        if metric == name:
            known = dict(labels)
            found[known["test_type"], known.get("le", "")] += value
    return dict(found)
