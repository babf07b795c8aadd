"""Why a run is INVALID, as metrics show it."""

from __future__ import annotations

from loadgen.model.plan import Plan
from loadgen.model.record import Event
from loadgen.model.verdict import INVALID
from loadgen.verdict import judge
from loadgen.verdict.reasons import NO_CRITERIA, reasons
from tests.plans import errors, example_plan, latency, throughput
from tests.runs import STARTED, evidence, record, tally, users_series

PLAN = example_plan(criteria=(latency(), errors()))
GOOD = (tally(PLAN, 1000),)


def why(tallies=GOOD, plan: Plan = PLAN, seen=None, **recorded) -> tuple[str, ...]:
    """The reasons; none only for a run that is not INVALID."""
    found = record(plan, tallies, **recorded)
    verdict = judge(plan, found, evidence(plan, tallies, **(seen or {})))
    assert (verdict.verdict == INVALID) == bool(reasons(found, verdict))
    return reasons(found, verdict)


def test_a_run_that_passed_or_failed_has_none():
    assert why() == ()
    assert why((tally(PLAN, 1000, 100),), seen={"firing": ("latency:rest",)}) == ()


def test_every_check_that_failed_is_named_by_its_id_and_what_failed_beside_is_not():
    lost = Event(at=STARTED + 9, kind="telemetry_lost", text="it went away")
    found = why((tally(PLAN, 10),), events=(lost,), seen={"series": users_series(PLAN, 0.5)})
    assert {"telemetry-lost", "users"} <= set(found)
    assert not any(":" in reason for reason in found)


def test_an_end_by_a_signal_or_before_any_load_comes_first():
    assert why(outcome="interrupted", exit_signal=2)[0] == "interrupted"
    assert why((), outcome="environment", started=None, locust=None)[0] == "environment"


def test_a_run_that_only_lacks_samples_or_a_baseline_names_the_criteria_that_do():
    plan = example_plan(criteria=(latency(), throughput(bound=None)))
    assert why((tally(plan, 1000),), plan) == ("samples:throughput:rest",)
    assert why((tally(PLAN, 100),)) == ("samples:latency:rest", "samples:errors:rest")


def test_a_plan_without_criteria_says_so():
    assert why(plan=example_plan(criteria=())) == (NO_CRITERIA,)
