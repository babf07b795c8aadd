"""What a scrape says of the plan, and what gave way first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from loadgen.catalogue import metric
from loadgen.criteria import unit_of
from loadgen.model.measured import ResourceLimits, Saturation
from loadgen.model.plan import Phase, Plan
from loadgen.telemetry.run_values import RunValues
from tests.measured_plan import measured_plan
from tests.plans import errors, example_plan, growth, latency, query, recovery, throughput
from tests.small_plan import small_plan
from tests.telemetry.seen import Seen

START = 1_700_000_000.0
QUERY_AT_LEAST = {**query().options, "at_least": True}


@pytest.mark.parametrize(
    "criterion, sense",
    [
        (latency(), "at_most"),
        (errors(), "below"),
        (throughput(), "at_least"),
        (recovery(), "at_most"),
        (growth(), "at_most"),
        (query(), "at_most"),
        (query(options=QUERY_AT_LEAST), "at_least"),
    ],
)
def test_a_criterion_is_named_with_its_kind_unit_and_sense(seen, criterion, sense):
    look = seen(example_plan(criteria=(criterion,)))
    labels = {"kind": criterion.kind, "test_type": criterion.test_type, "unit": unit_of(criterion), "sense": sense}
    assert look.value("loadtest_criterion_info", criterion=criterion.id, **labels) == 1


def test_the_bound_of_a_latency_in_seconds_stands_beside_its_share(seen: Callable[[Plan], Seen]):
    look = seen(example_plan(criteria=(latency(options={"seconds": 0.1}), errors())))
    assert look.value("loadtest_latency_bound_seconds", criterion="latency:rest") == 0.1
    assert look.value("loadtest_criterion_bound", criterion="latency:rest") == 0.05
    assert look.value("loadtest_latency_bound_seconds", criterion="errors:rest") is None


def test_every_bound_of_validity_is_shown_and_the_gap_in_seconds(seen: Callable[[Plan], Seen]):
    plan = small_plan(scrape_interval=0.5)
    shown = {
        dict(labels)["check"]: value
        for (name, labels), value in seen(plan).samples().items()
        if name == "loadtest_validity_bound"
    }
    others = set(plan.validity.__struct_fields__) - {"scrape_gap_intervals"}
    assert shown == {"scrape_gap_seconds": 1.5} | {name: getattr(plan.validity, name) for name in others}


def test_every_limit_of_a_resource_is_shown(seen: Callable[[Plan], Seen]):
    plan = measured_plan()
    look = seen(plan)
    assert plan.resources.limits
    shown = {kind: look.value("loadtest_resource_limit", kind=kind) for kind in plan.resources.limits}
    assert shown == plan.resources.limits
    assert "loadtest_resource_limit" not in {name for name, _ in seen(small_plan()).samples()}


def test_a_kind_of_resource_without_a_limit_has_none_shown(seen: Callable[[Plan], Seen]):
    look = seen(small_plan(resources=ResourceLimits(limits={"host_cpu": 0.9})))
    assert look.value("loadtest_resource_limit", kind="host_memory") is None


def test_the_planned_length_and_what_is_judged_are_there_before_the_start(seen: Callable[[Plan], Seen]):
    look = seen(example_plan())
    assert look.value("loadtest_run_duration_seconds") == 300
    judged = {p: look.value("loadtest_judged_phase", phase=p) for p in ("warmup", "steady", "spike", "recovery")}
    assert judged == {"warmup": 0, "steady": 1, "spike": 0, "recovery": 1}


def test_what_gave_way_first_is_shown_with_its_moment(seen: Callable[[Plan], Seen], tmp_path: Path):
    look, values = seen(small_plan()), RunValues.open(tmp_path, small_plan())
    values.saturation(Saturation(sentence="", first="service_slots:größe", at=0.0), START)
    shown = look.value("loadtest_first_saturation_timestamp_seconds", resource="service_slots:größe")
    assert shown == START


@pytest.mark.parametrize("found", [None, Saturation(sentence="Nothing gave way.")])
def test_where_nothing_gave_way_no_moment_is_shown(seen, tmp_path, found):
    look, values = seen(small_plan()), RunValues.open(tmp_path, small_plan())
    values.saturation(found, START)
    values.saturation(Saturation(sentence="", first="host_cpu:x", at=1.0), None)
    assert "loadtest_first_saturation_timestamp_seconds" not in look.text()


def test_a_name_too_long_for_its_place_is_cut_between_characters(seen: Callable[[Plan], Seen], tmp_path: Path):
    look, values = seen(small_plan()), RunValues.open(tmp_path, small_plan())
    values.saturation(Saturation(sentence="", first="x" + "語" * 1000, at=1.0), START)
    values.criterion_value("latency:rest", 0.5)
    names = [dict(labels).get("resource") for name, labels in look.samples() if "first_saturation" in name]
    assert names == ["x" + "語" * 170]
    assert look.value("loadtest_criterion_value", criterion="latency:rest") == 0.5


def reasons_of(look: Seen) -> list[str | None]:
    return [dict(labels).get("check") for name, labels in look.samples() if name == "loadtest_run_invalid_info"]


def test_why_a_run_is_invalid_is_shown_with_the_verdict_and_not_before(seen: Callable[[Plan], Seen], tmp_path: Path):
    look, values = seen(small_plan()), RunValues.open(tmp_path, small_plan())
    values.invalid(("interrupted", "evidence", "samples:größe"))
    assert reasons_of(look) == []
    values.verdict("INVALID")
    assert reasons_of(look) == ["interrupted", "evidence", "samples:größe"]


def test_there_is_room_for_every_criterion_and_of_what_is_too_much_the_last_are_left_out(
    seen: Callable[[Plan], Seen], tmp_path: Path
):
    plan = small_plan(criteria=tuple(latency(id=f"latency:{number}:{'語' * 50}") for number in range(30)))
    look, values = seen(plan), RunValues.open(tmp_path, plan)
    named = [f"samples:{criterion.id}" for criterion in plan.criteria]
    values.invalid(("x" * 1000, *named, "y" * 2000))
    values.verdict("INVALID")
    assert reasons_of(look) == ["x" * 1000, *named]
    values.saturation(Saturation(sentence="", first="host_cpu:x", at=1.0), START)
    assert reasons_of(look) == ["x" * 1000, *named]


def test_what_the_plan_says_is_the_same_in_every_scrape(seen: Callable[[Plan], Seen], tmp_path: Path):
    look, values = seen(measured_plan()), RunValues.open(tmp_path, measured_plan())
    before = _of_the_plan(look.text(START))
    values.start(START)
    values.finish()
    values.verdict("FAIL")
    assert before
    assert _of_the_plan(look.text(START + 400)) == before


def _of_the_plan(text: str) -> list[str]:
    return text[text.index("# HELP loadtest_phase_duration_seconds") :].splitlines()


def test_a_phase_is_judged_or_not_whatever_it_is_called(seen: Callable[[Plan], Seen]):
    look = seen(small_plan(phases=(Phase(name="ramp-01", start=0, end=30, judged=True),)))
    assert look.value("loadtest_judged_phase", phase="ramp-01") == 1
    assert metric("loadtest_judged_phase").labels == ("phase",)
