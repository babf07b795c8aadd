"""The generated rules, as the real promtool reads and runs them."""

from __future__ import annotations

import re

import pytest
import yaml

from loadgen.catalogue import METRICS
from loadgen.criteria import KINDS, kind_of
from loadgen.model.plan import Plan
from loadgen.rules import (
    ACCEPTANCE_ALERTS,
    Group,
    prometheus_config,
    promtool_tests,
    render,
    rule_groups,
    run_rules,
    stack_rules,
    vocabulary,
    vocabulary_tests,
)
from loadgen.rules.templates import expanded
from loadgen.rules.vocabulary import load_rules
from tests.plans import errors, example_plan, growth, latency, query, recovery, throughput
from tests.promtool import promtool, put

HOSTILE = (
    'chat"} or vector(1) or x{a="',
    "back\\slash {{ $value }} {{ fail",
    "a|b.*[c](d)+?^$ %d%s",
    "naïve 語 😀 'single' #comment: yes",
)


MAKERS = {make.__name__: make for make in (latency, errors, throughput, recovery, growth, query)}


def files(plan: Plan, **scope: str) -> dict[str, str]:
    return {"rules.yml": render(rule_groups(plan, scope)), "test.yml": promtool_tests(plan, scope, ["rules.yml"])}


@pytest.mark.parametrize("scope", [{"run_id": "spike-20251130_120000"}, {"scenario": "spike"}])
def test_every_generated_rule_passes_its_own_cases(scope, tmp_path):
    put(files(example_plan(), **scope), tmp_path)
    promtool("check", "rules", "rules.yml", folder=tmp_path)
    promtool("test", "rules", "test.yml", folder=tmp_path)


@pytest.mark.parametrize("bound, minimum", [(0.05, 1), (0.01, 300), (1 / 3, 7), (0.999, 10), (0.0004, 20), (1.0, 5)])
def test_the_cases_hold_for_every_bound_and_minimum(bound, minimum, tmp_path):
    changes = {"bound": bound, "minimum": minimum}
    plan = example_plan(criteria=(latency(**changes), errors(**changes), throughput(minimum=minimum)))
    put(files(plan, run_id=plan.run_id), tmp_path)
    promtool("test", "rules", "test.yml", folder=tmp_path)


def test_hostile_operation_names_stand_for_themselves_in_rules_alerts_and_tests(tmp_path):
    kinds = (latency, errors, throughput, recovery)
    criteria = tuple(
        make("rest", name, "chat", id=f"{make.__name__}:rest:{name}") for name in HOSTILE for make in kinds
    )
    plan = example_plan(criteria=criteria, window=4.0)
    put(files(plan, run_id=plan.run_id), tmp_path)
    promtool("check", "rules", "rules.yml", folder=tmp_path)
    promtool("test", "rules", "test.yml", folder=tmp_path)


def test_a_hostile_run_id_or_scenario_cannot_change_a_rule(tmp_path):
    plan = example_plan(run_id=HOSTILE[0], scenario=HOSTILE[1])
    put(files(plan, run_id=plan.run_id), tmp_path)
    promtool("test", "rules", "test.yml", folder=tmp_path)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_alert_has_cases_in_which_it_fires_is_quiet_and_has_no_data(kind):
    criterion = MAKERS[kind]()
    found = kind_of(criterion)
    cases = found.cases(criterion, {"run_id": "a", "scenario": "b"}, 10.0)
    for alert in found.alerts(criterion, {"run_id": "a"}, 10.0):
        moments = [(case, moment) for case in cases if alert.name in case.checks for moment in case.moments]
        assert any(alert.name in moment.firing for _, moment in moments), f"{alert.name} never fires"
        assert any(alert.name not in moment.firing for _, moment in moments), f"{alert.name} is never quiet"
        unseen = [moment for case, moment in moments if not case.series]
        assert unseen, f"{alert.name} is never without any series"
        assert not any(moment.firing for moment in unseen)


@pytest.mark.parametrize("make", MAKERS.values())
def test_what_is_recorded_as_measured_is_checked_where_it_is_known_and_where_nothing_is(make):
    tests = yaml.safe_load(promtool_tests(example_plan(criteria=(make(),)), {"scenario": "spike"}, ["x"]))["tests"]
    asked = [
        (bool(test["input_series"]), query.get("exp_samples"), any("exp_alerts" in a for a in test["alert_rule_test"]))
        for test in tests
        for query in test["promql_expr_test"]
        if query["expr"].startswith("criterion:loadtest_measured:value")
    ]
    assert any(expected and fires for _, expected, fires in asked)
    assert any(expected and not fires for _, expected, fires in asked)
    assert (False, None, False) in asked


def test_labels_hold_no_value_and_every_alert_has_severity_summary_description_and_runbook():
    for rule in alerts_of(rule_groups(example_plan(), {"scenario": "spike"})):
        assert "$value" not in str(rule["labels"])
        assert set(rule["labels"]) == {"severity", "role", "criterion"}
        assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
        assert rule["for"] == "0s"


def alerts_of(groups: tuple[Group, ...]) -> list[dict]:
    return [rule for group in groups for rule in group.rules if "alert" in rule]


def test_just_the_acceptance_alerts_have_that_role():
    rules = alerts_of(rule_groups(example_plan(), {"scenario": "spike"}))
    assert {r["alert"] for r in rules if r["labels"]["role"] == "acceptance"} == set(ACCEPTANCE_ALERTS)


def test_rules_ask_only_for_metrics_of_the_catalogue():
    known = {m.name for m in METRICS}
    for word in re.findall(r"(?<![\w:])loadtest_\w+", re.sub(r"record: \S+", "", run_rules(example_plan()))):
        assert word.removesuffix("_bucket").removesuffix("_count") in known, word


def test_nothing_is_written_that_prometheus_2_42_does_not_know():
    for group in yaml.safe_load(run_rules(example_plan()))["groups"]:
        assert set(group) <= {"name", "rules", "interval"}


def test_the_same_plan_always_gives_the_same_text():
    assert run_rules(example_plan()) == run_rules(example_plan())
    assert promtool_tests(example_plan(), {"scenario": "spike"}, ["x"]) == promtool_tests(
        example_plan(), {"scenario": "spike"}, ["x"]
    )


def test_a_run_has_its_own_rules_and_the_vocabulary_and_a_stack_gets_its_own_alone():
    run, stack = (yaml.safe_load(text(example_plan()))["groups"] for text in (run_rules, stack_rules))
    own = [f"{name}-spike-20251130_120000" for name in ("acceptance", "validity", "resources")]
    assert [group["name"] for group in run] == ["loadtest", *own]
    assert stack == run[1:]


def test_windows_never_hold_fewer_than_four_scrapes():
    plan = example_plan(window=2.0, scrape_interval=1.5)
    assert "[6s]" in run_rules(plan)
    assert "[2s]" not in run_rules(plan)


def vocabulary_files(window: float) -> dict[str, str]:
    return {"rules.yml": render(vocabulary(window)), "test.yml": vocabulary_tests(window, ["rules.yml"])}


@pytest.mark.parametrize("window", [4.0, 7.5, 10.0, 60.0])
def test_the_vocabulary_passes_its_own_tests_for_every_window(window, tmp_path):
    put(vocabulary_files(window), tmp_path)
    promtool("check", "rules", "rules.yml", folder=tmp_path)
    promtool("test", "rules", "test.yml", folder=tmp_path)


@pytest.mark.parametrize("rule", [rule["record"] for group in vocabulary(4.0) for rule in group.rules])
def test_every_rule_of_the_vocabulary_is_tested_with_values_with_a_reset_and_without_data(rule, tmp_path):
    tests = yaml.safe_load(vocabulary_tests(4.0, ["rules.yml"]))["tests"]
    asked = {test["name"]: {q["expr"]: "exp_samples" in q for q in test["promql_expr_test"]} for test in tests}
    assert {found[rule] for found in asked.values() if rule in found} == {True, False}
    assert not asked["without any series nothing is recorded"][rule]
    if rule in {each["record"] for each in load_rules(4.0)}:
        assert asked["a counter that starts again goes on at its rate"][rule]
    (group,) = vocabulary(4.0)
    wrong = tuple(r | {"expr": f"({r['expr']}) * 1.01"} if r["record"] == rule else r for r in group.rules)
    put(vocabulary_files(4.0) | {"rules.yml": render([Group(name=group.name, rules=wrong)])}, tmp_path)
    with pytest.raises(AssertionError, match=rule):
        promtool("test", "rules", "test.yml", folder=tmp_path)


def test_the_configuration_of_a_prometheus_is_accepted(tmp_path):
    text = prometheus_config(scrape_interval=1.0, rule_files=["rules.yml"], targets_files=["targets.json"])
    put({"prometheus.yml": text, "rules.yml": run_rules(example_plan()), "targets.json": "[]"}, tmp_path)
    promtool("check", "config", "prometheus.yml", folder=tmp_path)


@pytest.mark.parametrize(
    "template, value, text",
    [
        ("{{ $value }}", 61.0, "61"),
        ("{{ $value }}", 60.5, "60.5"),
        ("{{ $value }}", float("inf"), "+Inf"),
        ("{{ $value | humanizePercentage }}", 0.12345678, "12.35%"),
        ("{{ $value | humanize }}", 7.9876, "7.988"),
        ("{{ $value | humanize }}", 12345.0, "12.35k"),
        ("{{ $value | humanize }}", 0.0, "0"),
        ("{{ $value | humanize1024 }}", 134217729.0, "128Mi"),
        ("{{ $value | humanize1024 }}", -1536.0, "-1.5ki"),
        ("{{ $value | humanize1024 }}", 0.5, "0.5"),
        ('{{ "{{" }} x {{ $labels.run_id }}', 0.0, "{{ x a-run"),
    ],
)
def test_templates_are_expanded_as_prometheus_does(template, value, text):
    assert expanded(template, value, {"run_id": "a-run"}) == text
