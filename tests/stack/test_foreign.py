"""Somebody else's Prometheus serves a run only when it has the run's rules and finds the run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec import structs

from loadgen.arguments import read_arguments
from loadgen.config import load_config
from loadgen.model.plan import Plan
from loadgen.model.verdict import EXIT_USAGE
from loadgen.plan import RunRequest, compile_plan
from loadgen.rules import committed
from loadgen.run import foreign_prometheus
from loadgen.run.errors import EnvironmentFault
from loadgen.run.foreign_prometheus import TELEMETRY_PORT, ForeignPrometheus
from scripts import launch
from tests.e2e.harness import DEFAULT, ROOT
from tests.prometheus_process import RunningPrometheus, free_port, start_prometheus
from tests.telemetry_process import prepare, start_telemetry
from tests.waiting import wait_until

SCENARIO = "spike"
FILES = (f"alerts/acceptance/{SCENARIO}.yml", f"alerts/validity/{SCENARIO}.yml", "prometheus/rules/loadtest.yml")
CONFIG = load_config(DEFAULT)


def plan(**changes: Any) -> Plan:
    request = RunRequest(scenario=SCENARIO, test_type="rest", **changes)
    return compile_plan(CONFIG, request, now_id="20260102120000")


WHOLE = compile_plan(CONFIG, RunRequest(scenario=SCENARIO, test_type="all"), now_id="20260102120000")


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    found = committed(CONFIG)
    return {name: found[name] for name in FILES}


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPrometheus]:
    with start_prometheus(tmp_path_factory.mktemp("foreign")) as running:
        yield running


@pytest.fixture
def having(prometheus: RunningPrometheus, texts: dict[str, str]) -> Callable[..., RunningPrometheus]:
    """The Prometheus with the rules of these files, after `change` of their groups."""

    def have(*names: str, change: Callable[[list[dict[str, Any]]], None] = lambda _: None) -> RunningPrometheus:
        groups = [group for name in names for group in yaml.safe_load(texts[name])["groups"]]
        change(groups)
        prometheus.set_rules(yaml.safe_dump({"groups": groups}, sort_keys=False))
        return prometheus

    return have


def test_one_with_all_the_rules_of_a_scenario_serves_a_run_of_one_test_type(having):
    running = having(*FILES)
    server = ForeignPrometheus(f"{running.url}/", plan(), WHOLE, TELEMETRY_PORT)
    assert server.url == running.url
    assert not server.started_by_us
    assert running.url in server.place


@pytest.mark.parametrize("left_out", FILES)
def test_one_that_lacks_a_file_is_refused_and_told_what_to_load(having, left_out: str):
    running = having(*(name for name in FILES if name != left_out))
    with pytest.raises(EnvironmentFault) as fault:
        ForeignPrometheus(running.url, plan(), WHOLE, TELEMETRY_PORT)
    assert left_out in str(fault.value)
    assert "(missing)" in str(fault.value) or "test_type:loadtest_requests:rate" in str(fault.value)


def _other_bound(groups: list[dict[str, Any]]) -> None:
    rule = next(rule for group in groups for rule in group["rules"] if rule.get("alert") == "LoadtestErrorsBreached")
    rule["expr"] = re.sub(r">= [\d.e-]+$", ">= 0.5", rule["expr"].strip())
    assert rule["expr"].endswith(">= 0.5")


def _too_seldom(groups: list[dict[str, Any]]) -> None:
    for group in groups:
        group["interval"] = "15s"


@pytest.mark.parametrize(
    "change, said",
    [(_other_bound, "LoadtestErrorsBreached{errors:"), (_too_seldom, "(evaluated every 15 s)")],
    ids=["another bound", "evaluated too seldom"],
)
def test_rules_that_are_not_quite_the_plans_are_named(having, change, said: str):
    running = having(*FILES, change=change)
    with pytest.raises(EnvironmentFault) as fault:
        ForeignPrometheus(running.url, plan(), WHOLE, TELEMETRY_PORT)
    assert said in str(fault.value)


def test_a_taken_telemetry_port_is_said_for_there_it_would_look_in_vain():
    with pytest.raises(EnvironmentFault, match=f"port {TELEMETRY_PORT} on 127.0.0.1 is taken"):
        ForeignPrometheus("http://127.0.0.1:9", plan(), WHOLE, TELEMETRY_PORT + 1)


def test_one_that_does_not_answer_is_said():
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(EnvironmentFault, match=f"no Prometheus listens at {url}"):
        ForeignPrometheus(url, plan(), WHOLE, TELEMETRY_PORT)


def test_one_on_another_machine_must_be_allowed(monkeypatch: pytest.MonkeyPatch):
    url = "http://203.0.113.9:9090"
    with pytest.raises(EnvironmentFault, match=r"--allow-host 203\.0\.113\.9"):
        ForeignPrometheus(url, plan(), WHOLE, TELEMETRY_PORT)
    asked: list[str] = []

    class Silent(Exception):
        pass

    def ask(it: str):
        asked.append(it)
        raise Silent

    monkeypatch.setattr(foreign_prometheus, "Prometheus", ask)
    with pytest.raises(Silent):
        ForeignPrometheus(url, plan(allow=("203.0.113.9",)), WHOLE, TELEMETRY_PORT)
    assert asked == [url]


@pytest.mark.parametrize(
    "url",
    ["http://me:hush@127.0.0.1:9090", "ftp://hush", "127.0.0.1:9090/hush", "http://h?token=hush", "http://h:hush"],
)
def test_a_url_that_is_none_or_holds_a_secret_is_wrong_usage_and_not_repeated(url: str, capsys):
    with pytest.raises(SystemExit) as ended:
        read_arguments(["run", "--prometheus", url], dict.fromkeys(launch.TAKEN, lambda _: 0))
    assert ended.value.code == EXIT_USAGE
    assert "hush" not in capsys.readouterr().err


def snippet() -> dict[str, Any]:
    """What docs/stack.md tells a user to write."""
    block = re.search(r"^```yaml\n(.*?)^```", (ROOT / "docs/stack.md").read_text(), re.MULTILINE | re.DOTALL)
    assert block
    found: dict[str, Any] = yaml.safe_load(block[1])
    return found


def test_the_documents_name_rule_files_that_there_are():
    assert all(list(ROOT.glob(pattern)) for pattern in snippet()["rule_files"])


def test_what_the_documents_say_makes_it_find_a_run_by_its_name(tmp_path: Path):
    (job,) = snippet()["scrape_configs"]
    assert job["http_sd_configs"][0]["url"] == f"http://127.0.0.1:{TELEMETRY_PORT}/sd"
    run = structs.replace(plan(), measured=structs.replace(plan().measured, scrapes=()))
    prepare(tmp_path, run)
    with start_telemetry(tmp_path) as (_, port):
        job["http_sd_configs"][0]["url"] = f"http://127.0.0.1:{port}/sd"
        folder = tmp_path / "prometheus"
        folder.mkdir()
        with start_prometheus(folder, config=yaml.safe_dump({"scrape_configs": [job]})) as running:
            targets = wait_until(
                lambda: [one for one in running.client.targets() if one["health"] == "up"], 30, "a scrape of the run"
            )
    (target,) = targets
    assert target["labels"]["run_id"] == run.run_id
    assert target["labels"]["job"] == "loadtest"
    assert target["scrapeInterval"] == "1s"
