"""The committed rule files: what the configuration compiles to, and good for the real promtool."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from loadgen.config import load_config
from loadgen.criteria import kind_of
from loadgen.rules import ACCEPTANCE_ALERTS, RESOURCE_ALERTS, committed, write_committed
from loadgen.run.announce import ALERT as VERDICT_ALERT
from tests.plans import errors, growth, latency, query, recovery, throughput
from tests.promtool import promtool

ROOT = Path(__file__).parents[2]
CONFIG = load_config(ROOT / "loadgen/config/load_test_config.yaml")
FILES = committed(CONFIG)
RENEW = "is not what the configuration compiles to; renew it with `loadgen rules`"


@pytest.mark.parametrize("name", FILES)
def test_what_is_committed_is_what_the_configuration_compiles_to(name):
    assert (ROOT / name).exists(), f"{name} {RENEW}"
    assert (ROOT / name).read_text() == FILES[name], f"{name} {RENEW}"


def test_no_file_is_left_of_a_scenario_that_is_gone():
    there = {str(path.relative_to(ROOT)) for path in ROOT.glob("alerts/**/*") if path.is_file()}
    assert there == {name for name in FILES if name.startswith("alerts/")}


def test_every_scenario_has_its_rules_and_their_tests():
    for scenario in CONFIG.scenarios:
        assert f"alerts/acceptance/{scenario}.yml" in FILES
        assert f"alerts/tests/{scenario}_test.yml" in FILES
        assert f"alerts/validity/{scenario}.yml" in FILES
        assert f"alerts/tests/{scenario}_validity_test.yml" in FILES


PARSED = {name: yaml.load(text, Loader=yaml.CSafeLoader) for name, text in FILES.items() if name.endswith(".yml")}
RULES = [name for name, content in PARSED.items() if "groups" in content]
"""The files of rules, whatever folder they are in."""


def test_the_rules_that_stand_are_among_them_and_speak_of_no_run():
    assert "alerts/resources.yml" in RULES
    assert len(RULES) == 2 * len(CONFIG.scenarios) + 2
    text = FILES["alerts/resources.yml"]
    assert text.count("run_id") == text.count('run_id=""') > 0
    assert "scenario" not in text


@pytest.mark.parametrize("name", RULES)
def test_promtool_accepts_the_committed_rules(name):
    promtool("check", "rules", name, folder=ROOT)


@pytest.mark.parametrize("name", [name for name in FILES if "/tests/" in name])
def test_the_committed_rules_pass_the_committed_tests(name):
    promtool("test", "rules", name, folder=ROOT)


def test_promtool_accepts_the_committed_configuration():
    promtool("check", "config", "prometheus/prometheus.yml", folder=ROOT)


def test_the_shared_vocabulary_has_its_tests():
    assert "../../prometheus/rules/loadtest.yml" in FILES["alerts/tests/vocabulary.yml"]


def test_writing_again_changes_nothing(tmp_path):
    assert len(write_committed(CONFIG, tmp_path)) == len(FILES)
    assert write_committed(CONFIG, tmp_path) == ()


HEADINGS = [
    line.removeprefix("## ").strip()
    for line in (ROOT / "docs/runbook.md").read_text().splitlines()
    if line.startswith("## ")
]
ALERTS = {
    rule["alert"]: rule["annotations"]["runbook_url"]
    for name in RULES
    for group in PARSED[name]["groups"]
    for rule in group["rules"]
    if "alert" in rule
}


def test_every_runbook_url_leads_to_the_entry_of_its_alert():
    assert ALERTS
    for alert, url in ALERTS.items():
        assert url == f"docs/runbook.md#{alert.lower()}"
        assert alert in HEADINGS, alert


def test_the_runbook_has_an_entry_for_every_alert_there_can_be_and_none_for_another():
    every = {*ACCEPTANCE_ALERTS, *RESOURCE_ALERTS, *ALERTS, VERDICT_ALERT, *(kind_alerts())}
    assert sorted(heading for heading in HEADINGS if heading.startswith("Loadtest")) == sorted(every)


def kind_alerts() -> set[str]:
    """Those of kinds of criteria that no scenario of the configuration has."""
    makers = (latency, errors, throughput, recovery, growth, query)
    return {
        alert.name
        for criterion in (make() for make in makers)
        for alert in kind_of(criterion).alerts(criterion, {"run_id": "a"}, 10.0)
    }


def test_every_entry_of_the_runbook_says_what_it_means_where_to_look_and_what_helps():
    entries = (ROOT / "docs/runbook.md").read_text().split("\n## Loadtest")[1:]
    for entry in entries:
        marks = [entry.find(f"\n**{mark}.** ") for mark in ("Means", "Look at", "Usually helps")]
        assert min(marks) > 0, entry.splitlines()[0]
        assert marks == sorted(marks), entry.splitlines()[0]
