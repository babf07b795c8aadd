"""The committed rule files: what the configuration compiles to, and good for the real promtool."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from loadgen.config import load_config
from loadgen.rules import committed, write_committed
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
    there = {
        str(path.relative_to(ROOT)) for folder in ("acceptance", "tests") for path in ROOT.glob(f"alerts/{folder}/*")
    }
    assert there == {name for name in FILES if name.startswith(("alerts/acceptance/", "alerts/tests/"))}


def test_every_scenario_has_its_rules_and_their_tests():
    for scenario in CONFIG.scenarios:
        assert f"alerts/acceptance/{scenario}.yml" in FILES
        assert f"alerts/tests/{scenario}_test.yml" in FILES


@pytest.mark.parametrize("name", [name for name in FILES if "/rules/" in name or "/acceptance/" in name])
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


def test_every_runbook_url_leads_to_an_entry_of_the_runbook():
    headings = {line.lstrip("# ").strip().lower() for line in (ROOT / "docs/runbook.md").read_text().splitlines()}
    urls = {
        rule["annotations"]["runbook_url"]
        for name, text in FILES.items()
        if "/acceptance/" in name
        for group in yaml.safe_load(text)["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }
    assert urls
    for url in urls:
        page, anchor = url.split("#")
        assert page == "docs/runbook.md"
        assert anchor in headings, url
