"""Throughput is measured against an earlier run."""

from __future__ import annotations

from loadgen.config import Baseline, Config
from loadgen.model.plan import Criterion, Plan
from loadgen.plan import RunRequest, compile_plan

BASELINE = Baseline(run_id="baseline-1", rates={"rest": 2.1, "websocket": 1.3})


def target(config: Config, baseline: Baseline | None) -> Plan:
    return compile_plan(config, RunRequest(scenario="target"), now_id="1", baseline=baseline)


def throughput(plan: Plan, test_type: str) -> Criterion:
    return next(c for c in plan.criteria if c.id == f"throughput:{test_type}")


def test_the_bound_is_ten_times_the_baselines_rate_less_the_tolerance_exactly(shipped: Config) -> None:
    found = throughput(target(shipped, BASELINE), "rest")
    assert (found.bound, found.phases) == (19.95, ("steady",))
    assert found.options == {"times": 10.0, "tolerance": 0.05, "baseline_rate": 2.1, "baseline_run": "baseline-1"}


def test_without_a_baseline_there_is_no_bound_and_a_note_says_how_to_get_one(shipped: Config) -> None:
    plan = target(shipped, None)
    assert {throughput(plan, test_type).bound for test_type in plan.test_types} == {None}
    (note,) = plan.notes
    assert "run the scenario baseline to a PASS" in note


def test_a_baseline_that_is_kept_is_named_before_the_load(shipped: Config) -> None:
    kept = Baseline(run_id="baseline-1", rates=dict.fromkeys(("rest", "websocket", "grpc"), 2.0), kept="nightly")
    assert target(shipped, kept).notes == ("Throughput is measured against the kept baseline nightly (baseline-1).",)


def test_a_baseline_that_lacks_a_test_type_is_said_to(shipped: Config) -> None:
    plan = target(shipped, BASELINE)
    assert throughput(plan, "grpc").bound is None
    assert plan.notes == ("The baseline run baseline-1 has no rate for grpc: throughput cannot pass.",)
