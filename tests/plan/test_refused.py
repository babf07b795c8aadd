"""Requests that do not fit are refused before the load, with everything that is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from loadgen.config import Config, ConfigError
from loadgen.config.terms import TERMS
from loadgen.config.terms.query import Query, Question
from loadgen.plan import NothingOffered, Offer, RunRequest, compile_plan


def refused(config: Config, offer: Offer | None = None, **request: Any) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        compile_plan(config, RunRequest(**request), now_id="1", offer=offer)
    return [str(problem).replace(f"{config.file}:", "yaml:") for problem in caught.value.problems]


def test_everything_that_is_wrong_with_a_request_is_said_at_once(shipped: Config) -> None:
    request = {
        "scenario": "spik", "target": "jun", "test_type": "all of them", "users": 0, "spawn_rate": 0.0,
        "duration": float("nan"), "time_scale": 0.0, "workers": 65, "seed": -1, "host": "june", "allow": ("june:1",),
    }  # fmt: skip
    found = refused(shipped, **request)
    keys = [problem.split(": ")[1] for problem in found]
    assert keys == [
        "--scenario", "--target", "--test-type", "--users", "--spawn-rate", "--duration", "--time-scale", "--workers",
        "--seed", "--host", "--allow-host",
    ]  # fmt: skip
    assert all(problem.startswith("command line: ") and "allowed: " in problem for problem in found)
    assert "did you mean 'spike'?" in found[0]


REFUSED = [
    ({"users": 1, "spawn_rate": 0.01, "test_type": "rest"}, "--users --spawn-rate: with this, scenarios.smoke.dur"),
    ({"users": 6000}, "--users: 6000; allowed: 5000 or less (safety.max_users)"),
    ({"scenario": "spike", "time_scale": 0.04}, "--time-scale: with this, scenarios.spike.spawn_rate: 1250/s"),
    ({"scenario": "baseline", "time_scale": 0.01}, "--time-scale: with this, scenarios.baseline.duration"),
    ({"duration": 20000.0}, "--duration: 20000s; allowed: 4h or less (safety.max_duration)"),
    ({"scenario": "ramp_up", "users": 5}, "--users: with this, scenarios.ramp_up.shape.steps: 10 steps for 5"),
    ({"users": 2}, "--users: 2, which leaves none for grpc"),
    ({"scenario": "target", "users": 105}, "--users: 105, of which the shares 4/3/3 are no whole users"),
    ({"host": "http://127.0.0.1:8000"}, "--host: given, but the target sim is a stand-in"),
]  # fmt: skip


@pytest.mark.parametrize("request_, start", REFUSED)
def test_an_override_that_cannot_be_is_refused_by_its_flag(
    shipped: Config, request_: dict[str, Any], start: str
) -> None:
    found = refused(shipped, **request_)
    assert len([problem for problem in found if problem.startswith(f"command line: {start}")]) == 1, found
    assert all("allowed: " in problem for problem in found)


def test_throughput_of_one_test_type_needs_no_even_number_of_users(shipped: Config) -> None:
    request = RunRequest(scenario="target", users=105, test_type="rest")
    assert compile_plan(shipped, request, now_id="1").users == 105


def test_a_target_without_an_address_for_the_test_type_is_refused(everything: Config, shipped: Config) -> None:
    config = _without_grpc(shipped)
    (found,) = refused(config, target="june", test_type="grpc")
    assert "targets.june: no grpc address" in found
    (found,) = refused(everything, test_type="grpc", users=100)
    assert "operations: no operations of grpc" in found


def _without_grpc(config: Config) -> Config:
    june = config.targets["june"].model_copy(update={"grpc": None})
    return replace(config, targets={**config.targets, "june": june})


def test_a_target_that_offers_nothing_is_refused(shipped: Config) -> None:
    calls = [f"rest:{o.call}" for o in shipped.scenarios["smoke"].operations if o.test_type == "rest"]
    found = refused(shipped, Offer(missing=dict.fromkeys(calls, "404")), test_type="rest")
    assert any("operations.rest: nothing is left to do" in problem for problem in found)


def test_a_run_in_which_a_criterion_would_judge_nothing_is_refused(shipped: Config) -> None:
    calls = [f"rest:{o.call}" for o in shipped.scenarios["smoke"].operations if o.test_type == "rest" and o.judged]
    found = refused(shipped, Offer(missing=dict.fromkeys(calls, "404")))
    assert [problem.split("; ")[0].partition(" ")[2] for problem in found] == [
        "scenarios.smoke.criteria[0]: latency judges no operation of rest",
        "scenarios.smoke.criteria[1]: errors judges no operation of rest",
    ]


def _lacking(config: Config, test_type: str, *, judged_only: bool = False) -> Offer:
    """A target that answers UNIMPLEMENTED to all of one test type, or to all that is judged of it."""
    operations = config.scenarios["smoke"].operations
    calls = [o.call for o in operations if o.test_type == test_type and (o.judged or not judged_only)]
    return Offer(missing={f"{test_type}:{call}": "UNIMPLEMENTED" for call in calls})


@pytest.mark.parametrize("judged_only", [False, True])
def test_what_only_the_target_lacks_is_told_apart_from_what_is_wrong_with_the_configuration(
    shipped: Config, judged_only: bool
) -> None:
    offer = _lacking(shipped, "grpc", judged_only=judged_only)
    with pytest.raises(NothingOffered):
        compile_plan(shipped, RunRequest(), now_id="1", offer=offer)


@pytest.mark.parametrize("wrong", [{"users": 2}, {"target": "jun"}])
def test_a_request_that_is_wrong_is_no_fault_of_the_target_whatever_it_lacks(
    shipped: Config, wrong: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError) as caught:
        compile_plan(shipped, RunRequest(**wrong), now_id="1", offer=_lacking(shipped, "grpc"))
    assert not isinstance(caught.value, NothingOffered)


def test_growth_without_a_process_group_of_the_target_is_refused_with_what_to_write(everything: Config) -> None:
    (found,) = refused(everything, scenario="quiet", target="stand_in")
    assert "scenarios.quiet.criteria[3]: growth judges nothing" in found
    assert "allowed: processes under measure: of the target" in found


def test_a_time_scale_that_leaves_growth_no_room_is_refused(shipped: Config) -> None:
    (found,) = refused(shipped, scenario="sustained", time_scale=0.03)
    assert "--time-scale: with this, scenarios.sustained.criteria: growth: settle: leaves" in found
    assert "growth needs 10 blocks of 4 scrapes (40s)" in found


def test_a_question_that_needs_what_is_not_scraped_is_refused_with_what_there_is(shipped: Config) -> None:
    needs = Question(expr="up", at_most=1.0, needs=("june", "june-gateway"))
    scenario = shipped.scenarios["smoke"]
    asking = replace(scenario, criteria={**scenario.criteria, "query": Query(entries={"seen": needs})})
    (found,) = refused(replace(shipped, scenarios={**shipped.scenarios, "smoke": asking}))
    assert "query: seen.needs: 'june-gateway' is not scraped for this target; allowed: host, june" in found


def test_a_query_kind_without_a_question_is_refused(shipped: Config) -> None:
    scenario = shipped.scenarios["smoke"]
    asking = replace(scenario, criteria={**scenario.criteria, "query": TERMS["query"].settings()})
    (found,) = refused(replace(shipped, scenarios={**shipped.scenarios, "smoke": asking}))
    assert "query asks nothing; allowed: at least one question" in found
