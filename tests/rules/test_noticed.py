"""The committed rules, each with a fault that somebody might make: the committed tests notice it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.promtool import promtool, put

ALERTS = Path(__file__).parents[2] / "alerts"

FAULTS = {
    "resources.yml": (
        ("resource:loadtest_use:value", "idle|iowait", "user|system"),
        ("resource:loadtest_use:value", "pg_stat_activity_count", "pg_up"),
        ("resource:loadtest_use:value", "gpu_temperature_celsius", "gpu_clock_hertz"),
        ("LoadtestHostCpuAtLimit", "max_over_time(", "min_over_time("),
        ("LoadtestHostCpuAtLimit", "[10500ms]", "[3500ms]"),
    ),
    "acceptance/smoke.yml": (
        ("LoadtestErrorsBurning", ">= 0.01", ">= 0.0095"),
        ("LoadtestErrorsBurning", ">= 0.01", "> 0.01"),
        ("LoadtestLatencyBurning", "> 0.05", "> 0.045"),
    ),
    "acceptance/target.yml": (
        ("LoadtestThroughputBurning", "<", "<="),
        ("LoadtestThroughputBurning", "[10s]", "[4s]"),
    ),
    "validity/smoke.yml": (("LoadtestCounterReset", "> 0", "> 1"),),
}
"""File → the rule, what stands in it, and the fault. Only its first place is changed, of the first rule that has it."""

TESTS = {
    "resources.yml": "resources.yml",
    "acceptance/smoke.yml": "smoke_test.yml",
    "acceptance/target.yml": "target_test.yml",
    "validity/smoke.yml": "smoke_validity_test.yml",
}


def with_fault(file: str, name: str, right: str, wrong: str) -> str:
    """The text of the rules with one fault; of criteria, whose rules are many, the alert alone."""
    content = yaml.safe_load((ALERTS / file).read_text())
    rules = [rule for group in content["groups"] for rule in group["rules"]]
    chosen = next(r for r in rules if name in (r.get("alert"), r.get("record")) and right in r["expr"])
    chosen["expr"] = chosen["expr"].replace(right, wrong, 1)
    if file.startswith("acceptance/"):
        content["groups"] = [{"name": "alone", "rules": [rule for rule in rules if rule.get("alert") == name]}]
    return yaml.safe_dump(content, width=10_000)


def cases_of(file: str, name: str) -> str:
    """The text of the committed tests; of criteria only what they ask of the alert."""
    content = yaml.safe_load((ALERTS / "tests" / TESTS[file]).read_text())
    content["rule_files"] = ["rules.yml"]
    if file.startswith("acceptance/"):
        for test in content["tests"]:
            test["alert_rule_test"] = [one for one in test["alert_rule_test"] if one["alertname"] == name]
            del test["promql_expr_test"]
        content["tests"] = [test for test in content["tests"] if test["alert_rule_test"]]
    return yaml.safe_dump(content, width=10_000)


@pytest.mark.parametrize("file", FAULTS)
def test_the_committed_tests_notice_every_fault(file: str, tmp_path: Path) -> None:
    name, right, _ = FAULTS[file][0]
    put({"rules.yml": with_fault(file, name, right, right), "test.yml": cases_of(file, name)}, tmp_path)
    promtool("test", "rules", "test.yml", folder=tmp_path)
    for name, right, wrong in FAULTS[file]:
        put({"rules.yml": with_fault(file, name, right, wrong), "test.yml": cases_of(file, name)}, tmp_path)
        with pytest.raises(AssertionError, match="FAILED"):
            promtool("test", "rules", "test.yml", folder=tmp_path)
