"""The resource rules: what they record of the exporters' series, and that an alert means what the judgement means."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from loadgen.catalogue.promql import selector
from loadgen.model.measured import ResourceLimits
from loadgen.model.plan import Plan
from loadgen.resources import RESOURCES
from loadgen.resources.course import Course, stay
from loadgen.resources.selection import subject
from loadgen.rules import Group, render, resource_groups, resource_tests
from loadgen.rules.promtool import input_series, query, rule_test_file
from loadgen.rules.resources import CLIENTS_WAITING, RESOURCE_ALERTS, USE, WAITING
from tests.measured_plan import measured_plan
from tests.promtool import promtool, put
from tests.resources.test_expressions import AT, CASES, Case, fed

PLAN = measured_plan()
LIMITS = PLAN.resources.limits
FEW = measured_plan(resources=ResourceLimits(limits={kind: LIMITS[kind] for kind in ("host_memory", "service_slots")}))
"""One kind that nobody waits for, and one that somebody may wait for."""
RUN = {"run_id": PLAN.run_id, "scenario": PLAN.scenario}


def files(plan: Plan) -> dict[str, str]:
    return {"rules.yml": render(resource_groups(plan)), "test.yml": resource_tests(plan, ["rules.yml"])}


@pytest.mark.parametrize("run_id, interval, hold", [(PLAN.run_id, 1.0, 10.0), ("", 0.5, 0.4), (PLAN.run_id, 1.5, 7.3)])
def test_every_rule_passes_its_cases_for_every_hold_and_interval(run_id: str, interval: float, hold: float, tmp_path):
    plan = measured_plan(run_id=run_id, scrape_interval=interval, resources=ResourceLimits(hold=hold, limits=LIMITS))
    put(files(plan), tmp_path)
    promtool("check", "rules", "rules.yml", folder=tmp_path)
    promtool("test", "rules", "test.yml", folder=tmp_path)


def test_every_kind_has_an_alert_of_its_own_name_and_every_kind_with_a_queue_that_of_waiting_clients():
    (group,) = resource_groups(PLAN)
    found = [rule["alert"] for rule in group.rules if "alert" in rule]
    assert sorted(found) == sorted(RESOURCE_ALERTS)
    assert len(set(found)) == len(RESOURCES) + 1


def test_an_alert_says_the_value_and_the_bound_in_the_kinds_own_unit():
    (group,) = resource_groups(PLAN)
    told = {rule["alert"]: rule["annotations"]["description"] for rule in group.rules if "alert" in rule}
    assert "{{ $value | humanize }} °C" in told["LoadtestGpuTooHot"]
    assert "limit of 85 °C" in told["LoadtestGpuTooHot"]
    assert "{{ $value | humanizePercentage }}" in told["LoadtestHostCpuAtLimit"]
    assert "limit of 90%" in told["LoadtestHostCpuAtLimit"]


def test_a_kind_without_a_limit_is_recorded_and_has_no_alert():
    (group,) = resource_groups(measured_plan(resources=ResourceLimits(limits={"host_memory": 0.9})))
    assert {rule["labels"]["kind"] for rule in group.rules if rule.get("record") == USE} == set(RESOURCES)
    assert {rule["alert"] for rule in group.rules if "alert" in rule} == {"LoadtestHostMemoryAtLimit", CLIENTS_WAITING}


def test_a_plan_that_measures_nothing_has_no_group():
    assert resource_groups(measured_plan(scrapes=(), groups=(), databases=())) == ()


@pytest.mark.parametrize("name", RESOURCE_ALERTS)
def test_every_alert_has_cases_in_which_it_fires_and_resolves_and_none_without_data(name: str) -> None:
    recorded, test = yaml.safe_load(resource_tests(PLAN, ["rules.yml"]))["tests"]
    said = ["exp_alerts" in one for one in test["alert_rule_test"] if one["alertname"] == name]
    assert (False, True) in pairwise(said)
    assert (True, False) in pairwise(said)
    assert not said[0]
    assert all(one["values"].startswith("_ ") for each in (recorded, test) for one in each["input_series"])


@pytest.mark.parametrize(
    "right, wrong",
    [(">= 0.799999999", ">= 0.7"), (">= 0.799999999", ">= 0.9"), (" unless ", " and "), ("> bool 0", ">= bool 0")],
)
def test_the_cases_notice_a_rule_that_says_it_too_soon_too_late_or_of_the_wrong(right: str, wrong: str, tmp_path: Path):
    (group,) = resource_groups(FEW)
    rules = tuple(
        rule | {"expr": rule["expr"].replace(right, wrong)} if "resource:" in rule["expr"] else rule
        for rule in group.rules
    )
    assert rules != group.rules
    put(files(FEW) | {"rules.yml": render([Group(name=group.name, rules=rules)])}, tmp_path)
    with pytest.raises(AssertionError, match="FAILED"):
        promtool("test", "rules", "test.yml", folder=tmp_path)


def first_cases() -> dict[str, Case]:
    """Of every kind one that is in use, and waited for where it can be."""
    found: dict[str, Case] = {}
    for case in CASES:
        if case.use and (RESOURCES[case.kind].waiting is None or case.waiting):
            found.setdefault(case.kind, case)
    return found


def test_what_the_exporters_show_is_recorded_with_its_kind_and_the_subject_of_the_verdict(tmp_path: Path):
    """The series of another run stand beside them, and leave no trace."""
    series: dict[str, Any] = {}
    asked = []
    for kind, case in first_cases().items():
        series |= fed(case)
        for name, answers in ((USE, case.use), (WAITING, case.waiting)):
            if answers is None:
                continue
            own = dict(answers[0][0])
            labels = {**own, "instance": case.where["instance"]}
            asked_of = RESOURCES[kind]
            labels |= {"kind": kind, "subject": subject(PLAN, asked_of.jobs(PLAN), labels, asked_of.by)}
            right = f"{selector(name, {'kind': kind})} * 0 + 1"
            asked.append(query(right, AT, [{"labels": selector("", labels | RUN), "value": 1}]))
    test = {"name": "recorded", "interval": "1s", "input_series": input_series(series), "promql_expr_test": asked}
    put({"rules.yml": render(resource_groups(PLAN)), "t.yml": rule_test_file([test], ["rules.yml"], "")}, tmp_path)
    promtool("test", "rules", "t.yml", folder=tmp_path)


def course(chance: random.Random, seconds: int, hold: int) -> list[bool]:
    """At the limit or not, second by second, in stretches; in the end for longer than the hold it is not."""
    found: list[bool] = []
    while len(found) < seconds:
        state, length = chance.random() < 0.55, chance.choice((1, 1, 2, 3, 5))
        found += [state] * length
    return found[:seconds] + [False] * (hold + 2)


def test_an_alert_fires_exactly_for_what_is_judged_to_have_stayed_at_its_limit(tmp_path: Path):
    """Courses by chance, of a use alone and of one with somebody waiting, judged by both."""
    chance, hold = random.Random(4), 10
    series: dict[str, Any] = {}
    stayed: dict[tuple[str, str], bool] = {}
    for number in range(60):
        states = course(chance, 40, hold)
        times = tuple(float(second) for second in range(len(states)))
        for kind in ("host_memory", "service_slots"):
            waits = kind == "service_slots"
            limit = LIMITS[kind]
            use = tuple(limit if state or (waits and chance.random() < 0.5) else limit / 2 for state in states)
            queue = tuple(2.0 if state else 0.0 for state in states) if waits else ()
            found = stay(Course(times=times, use=use, waiting=queue, limit=limit), PLAN, times[-1])
            stayed[kind, str(number)] = found.reached is not None or found.already is not None
            labels = {**RUN, "kind": kind, "subject": str(number), "instance": "i"}
            series[selector(USE, labels)] = use
            if waits:
                series[selector(WAITING, labels)] = queue
    assert 20 < sum(stayed.values()) < 100
    fired = selector("ALERTS", {"alertstate": "firing", "alertname": "LoadtestHostMemoryAtLimit"})
    slots = selector("ALERTS", {"alertstate": "firing", "alertname": "LoadtestServiceSlotsExhausted"})
    ever = f"0 * count by (kind, subject) (count_over_time({fired}[200s]) or count_over_time({slots}[200s]))"
    due = [{"labels": selector("", {"kind": k, "subject": s}), "value": 0} for (k, s), so in stayed.items() if so]
    test = {
        "name": "both",
        "interval": "1s",
        "input_series": input_series(series),
        "promql_expr_test": [query(ever, 80, due)],
    }
    put({"rules.yml": render(resource_groups(FEW)), "t.yml": rule_test_file([test], ["rules.yml"], "")}, tmp_path)
    promtool("test", "rules", "t.yml", folder=tmp_path)
