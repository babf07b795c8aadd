"""The validity alerts, as the real promtool reads and runs them, and what they have to do with the verdict's checks."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import yaml
from msgspec import structs

from loadgen.model.plan import Plan
from loadgen.rules import Group, render, run_rules, validity_groups, validity_tests
from loadgen.rules.validity import UNSEEN, least, warnings
from loadgen.verdict.judge import judge
from tests.plans import errors, example_plan, growth, latency, throughput
from tests.promtool import promtool, put
from tests.runs import evidence, record

RUN = {"run_id": "spike-20251130_120000"}


def files(plan: Plan, **scope: str) -> dict[str, str]:
    return {"rules.yml": render(validity_groups(plan, scope)), "test.yml": validity_tests(plan, scope, ["rules.yml"])}


@pytest.mark.parametrize(
    "scope, interval, limits",
    [
        (RUN, 1.0, {}),
        ({"scenario": "spike"}, 1.0, {}),
        (RUN, 0.5, {"late_share": 1 / 3, "users_share": 0.999, "cpu_time_share": 0.5}),
        (RUN, 1.5, {"late_share": 0.0, "users_share": 1.0, "cpu_time_share": 0.0, "scrape_gap_intervals": 4.5}),
    ],
)
def test_every_rule_passes_its_cases_for_every_bound_and_interval(scope, interval, limits, tmp_path):
    plan = example_plan()
    plan = structs.replace(plan, scrape_interval=interval, validity=structs.replace(plan.validity, **limits))
    put(files(plan, **scope), tmp_path)
    promtool("check", "rules", "rules.yml", folder=tmp_path)
    promtool("test", "rules", "test.yml", folder=tmp_path)


def test_a_hostile_run_id_or_scenario_cannot_change_a_rule(tmp_path):
    hostile = 'a"} or vector(1) or x{b="\\ {{ $value }} {{ fail'
    plan = example_plan(run_id=hostile, scenario=hostile)
    put(files(plan, run_id=plan.run_id), tmp_path)
    promtool("test", "rules", "test.yml", folder=tmp_path)


(GROUP,) = validity_groups(example_plan(), RUN)
NAMES = [rule.get("alert") or rule["record"] for rule in GROUP.rules]


def refused(rules: list[dict[str, Any]], tmp_path) -> None:
    """The cases do not hold for these rules."""
    broken = Group(name=GROUP.name, rules=tuple(rules), interval=GROUP.interval)
    put(files(example_plan(), **RUN) | {"rules.yml": render([broken])}, tmp_path)
    with pytest.raises(AssertionError, match="FAILED"):
        promtool("test", "rules", "test.yml", folder=tmp_path)


def test_every_alert_has_cases_in_which_it_fires_and_resolves_and_none_without_data():
    for test in yaml.safe_load(validity_tests(example_plan(), RUN, ["x"]))["tests"]:
        begin = [one for one in test["alert_rule_test"] if one["eval_time"] == "0s"]
        assert {one["alertname"] for one in begin} == {rule["alert"] for rule in GROUP.rules if "alert" in rule}
        assert not any("exp_alerts" in one for one in begin)
        assert all(series["values"].startswith("_ ") for series in test["input_series"])
    every = [
        one for t in yaml.safe_load(validity_tests(example_plan(), RUN, ["x"]))["tests"] for one in t["alert_rule_test"]
    ]
    for name in (rule["alert"] for rule in GROUP.rules if "alert" in rule):
        said = ["exp_alerts" in one for one in every if one["alertname"] == name]
        assert (False, True) in pairwise(said)
        assert (True, False) in pairwise(said)


@pytest.mark.parametrize(
    "name, bound, looser",
    [
        ("LoadtestGeneratorLate", "> 0.01 and", "> 0.00999 and"),
        ("LoadtestGeneratorLate", "/ 300 >", "/ 1 >"),
        ("LoadtestGeneratorOverloaded", "> 0.05", "> 0.03"),
        ("LoadtestUsersMissing", "< 0.95", "< 0.951"),
        ("LoadtestWorkerLost", "> 5.0", "> 4.5"),
        (UNSEEN, "[3s]", "[1s]"),
        (UNSEEN, ">= 4.0", ">= -4.0"),
        (UNSEEN, "unless on (run_id, scenario) (max by", "unless on (run_id, scenario) vector(0) * (max by"),
    ],
)
def test_the_cases_notice_a_rule_that_says_it_too_soon(name, bound, looser, tmp_path):
    (rule,) = (rule for rule in GROUP.rules if name in rule.values())
    assert bound in rule["expr"]
    refused(
        [one | {"expr": one["expr"].replace(bound, looser)} if one is rule else one for one in GROUP.rules], tmp_path
    )


def test_each_alert_names_a_check_of_the_verdict():
    plan = example_plan()
    checks = {check.id for check in judge(plan, record(plan), evidence(plan)).validity}
    named = {rule["labels"]["check"] for rule in GROUP.rules if "alert" in rule}
    assert named <= checks
    assert named == {
        "generator-late",
        "generator-cpu",
        "users",
        "worker-lost",
        "scrape-gap",
        "evidence",
        "counter-reset",
    }


def test_an_alert_says_what_was_measured_and_what_may_be():
    for one in warnings(example_plan(), RUN):
        assert "$value" in one.alert.description
        assert any(word in one.alert.description for word in (" may", "allowed", "needed"))


def test_a_rule_of_a_scenario_is_the_same_at_every_time_scale():
    plan, scope = example_plan(), {"scenario": "spike"}
    fast = structs.replace(
        plan,
        time_scale=0.1,
        duration=plan.duration / 10,
        phases=tuple(structs.replace(p, start=p.start / 10, end=p.end / 10) for p in plan.phases),
        stages=tuple(structs.replace(s, start=s.start / 10, end=s.end / 10) for s in plan.stages),
    )
    assert validity_groups(plan, scope) == validity_groups(fast, scope)


def test_late_operations_are_divided_by_no_fewer_than_the_criteria_need():
    criteria = (latency(), errors(), errors("grpc", minimum=50), throughput(), growth())
    assert least(example_plan(criteria=criteria)) == 350
    assert least(example_plan(criteria=())) == 1


def test_a_runs_own_rules_hold_them():
    assert all(name in run_rules(example_plan()) for name in NAMES)
