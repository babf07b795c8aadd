"""The generated rules, as the real promtool reads and runs them."""

from __future__ import annotations

import re

import pytest
import yaml

from loadgen.catalogue import METRICS
from loadgen.catalogue.promql import selector
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
)
from loadgen.rules.promtool import input_series, rule_test_file
from loadgen.rules.templates import expanded
from tests.plans import errors, example_plan, latency, recovery, throughput
from tests.promtool import promtool, put

HOSTILE = (
    'chat"} or vector(1) or x{a="',
    "back\\slash {{ $value }} {{ fail",
    "a|b.*[c](d)+?^$ %d%s",
    "naïve 語 😀 'single' #comment: yes",
)


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
    criterion = {"latency": latency, "errors": errors, "throughput": throughput, "recovery": recovery}[kind]()
    found = kind_of(criterion)
    cases = found.cases(criterion, {"run_id": "a", "scenario": "b"}, 10.0)
    for alert in found.alerts(criterion, {"run_id": "a"}, 10.0):
        moments = [(case, moment) for case in cases if alert.name in case.checks for moment in case.moments]
        assert any(alert.name in moment.firing for _, moment in moments), f"{alert.name} never fires"
        assert any(alert.name not in moment.firing for _, moment in moments), f"{alert.name} is never quiet"
        assert any(len(case.series) <= 1 for case, _ in moments), f"{alert.name} is never without data"


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
        assert set(group) == {"name", "rules"}


def test_the_same_plan_always_gives_the_same_text():
    assert run_rules(example_plan()) == run_rules(example_plan())
    assert promtool_tests(example_plan(), {"scenario": "spike"}, ["x"]) == promtool_tests(
        example_plan(), {"scenario": "spike"}, ["x"]
    )


def test_a_run_has_its_own_rules_and_the_vocabulary_and_a_stack_gets_its_own_alone():
    run, stack = (yaml.safe_load(text(example_plan()))["groups"] for text in (run_rules, stack_rules))
    assert [group["name"] for group in run] == ["loadtest", "acceptance-spike-20251130_120000"]
    assert stack == run[1:]


def test_windows_never_hold_fewer_than_four_scrapes():
    plan = example_plan(window=2.0, scrape_interval=1.5)
    assert "[6s]" in run_rules(plan)
    assert "[2s]" not in run_rules(plan)


def test_the_vocabulary_gives_rates_shares_and_quantiles(tmp_path):
    rest, grpc = (
        {"run_id": "a", "scenario": "s", "test_type": t, "name": "x", "phase": "steady"} for t in ("rest", "grpc")
    )
    bucket = "loadtest_response_time_seconds_bucket"
    growing = {
        selector("loadtest_requests_total", rest): 10,
        selector("loadtest_requests_total", grpc): 30,
        selector("loadtest_request_failures_total", rest | {"reason": "timeout"}): 1,
        selector("loadtest_request_failures_total", grpc | {"reason": "timeout"}): 0,
        selector(bucket, rest | {"le": "1.0"}): 0,
        selector(bucket, rest | {"le": "2.0"}): 10,
        selector(bucket, rest | {"le": "+Inf"}): 10,
    }
    recorded = {
        "run:loadtest_requests:rate": {"": 40},
        "run:loadtest_request_failures:ratio_rate": {"": 0.025},
        "test_type:loadtest_requests:rate": {"rest": 10, "grpc": 30},
        "test_type:loadtest_response_time_seconds:p50": {"rest": 1.5},
    }
    test = {
        "interval": "1s",
        "input_series": input_series({name: tuple(each * s for s in range(31)) for name, each in growing.items()}),
        "promql_expr_test": [recorded_test(name, values) for name, values in recorded.items()],
    }
    put({"rules.yml": render(vocabulary(10.0)), "test.yml": rule_test_file([test], ["rules.yml"], "")}, tmp_path)
    promtool("check", "rules", "rules.yml", folder=tmp_path)
    promtool("test", "rules", "test.yml", folder=tmp_path)


def recorded_test(name: str, values: dict[str, float]) -> dict:
    """At 20 s just these values are recorded, by test type where there is one."""
    labels = {"run_id": "a", "scenario": "s"}
    found = [
        {"labels": selector(name, labels | ({"test_type": test_type} if test_type else {})), "value": value}
        for test_type, value in values.items()
    ]
    return {"expr": name, "eval_time": "20s", "exp_samples": found}


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
        ('{{ "{{" }} x {{ $labels.run_id }}', 0.0, "{{ x a-run"),
    ],
)
def test_templates_are_expanded_as_prometheus_does(template, value, text):
    assert expanded(template, value, {"run_id": "a-run"}) == text
