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
from loadgen.query.alarms import own_rules
from loadgen.query.client import Prometheus
from loadgen.query.loaded import Expressions, named
from loadgen.rules import committed, rule_groups
from loadgen.rules.states import STATE
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


def _errors_rule(groups: list[dict[str, Any]]) -> dict[str, Any]:
    return next(
        rule
        for group in groups
        for rule in group["rules"]
        if rule.get("alert") == "LoadtestErrorsBreached" and rule["labels"]["criterion"] == "errors:rest"
    )


def _waits(groups: list[dict[str, Any]]) -> None:
    _errors_rule(groups)["for"] = "5m"


def _keeps(groups: list[dict[str, Any]]) -> None:
    _errors_rule(groups)["keep_firing_for"] = "1m"


def _state(groups: list[dict[str, Any]]) -> None:
    rule = next(rule for group in groups for rule in group["rules"] if rule.get("record") == STATE)
    rule["expr"] = "max by (run_id, scenario) (loadtest_run_info)"


@pytest.mark.parametrize(
    "change, said",
    [
        (_other_bound, "LoadtestErrorsBreached{errors:"),
        (_too_seldom, "(evaluated every 15 s)"),
        (_waits, "LoadtestErrorsBreached{errors:rest} (with `for: 300s` instead of `0s`)"),
        (_keeps, "LoadtestErrorsBreached{errors:rest} (with `keep_firing_for: 60s` instead of `0s`)"),
        (_state, f"{STATE} (with another expression)"),
    ],
    ids=["another bound", "evaluated too seldom", "patient", "firing on", "another vocabulary"],
)
def test_rules_that_are_not_quite_the_plans_are_named(having, change, said: str):
    running = having(*FILES, change=change)
    with pytest.raises(EnvironmentFault) as fault:
        ForeignPrometheus(running.url, plan(), WHOLE, TELEMETRY_PORT)
    assert said in str(fault.value)


def test_the_window_of_the_shared_rates_may_be_another(having):
    def wider(groups: list[dict[str, Any]]) -> None:
        shared = [rule for group in groups if group["name"] == "loadtest" for rule in group["rules"]]
        assert sum("[10s]" in rule["expr"] for rule in shared) == 3
        for rule in shared:
            rule["expr"] = rule["expr"].replace("[10s]", "[30s]")

    ForeignPrometheus(having(*FILES, change=wider).url, plan(), WHOLE, TELEMETRY_PORT)


LEFTOVER = f'sum by (run_id, scenario) (loadtest_requests_total{{scenario="{SCENARIO}"}}) > 0'


def extra(expression: str, **labels: str) -> Callable[[list[dict[str, Any]]], None]:
    """Puts one more rule beside the others, that looks like a criterion's."""
    told = {"role": "acceptance", "severity": "critical", "criterion": "errors:rest"} | labels

    def change(groups: list[dict[str, Any]]) -> None:
        rule = {"alert": "LoadtestErrorsBreached", "expr": expression, "labels": told}
        groups.append({"name": "leftover", "rules": [rule]})

    return change


def recorded_twice(groups: list[dict[str, Any]]) -> None:
    rule = {"record": "criterion:loadtest_measured:value", "expr": LEFTOVER, "labels": {"criterion": "errors:rest"}}
    groups.append({"name": "leftover", "rules": [rule]})


@pytest.mark.parametrize(
    "change",
    [
        extra(LEFTOVER),
        extra("max by (run_id, scenario) (loadtest_run_info) > 0"),
        extra(LEFTOVER, role="validity", check="users"),
        extra(LEFTOVER, severity="page"),
        recorded_twice,
    ],
    ids=["of the scenario", "of every run", "validity", "other labels", "what is measured"],
)
def test_a_rule_beside_its_own_that_would_judge_the_run_is_named_and_to_be_removed(having, change):
    running = having(*FILES, change=change)
    with pytest.raises(EnvironmentFault) as fault:
        ForeignPrometheus(running.url, plan(), WHOLE, TELEMETRY_PORT)
    (said,) = fault.value.problems
    assert "of the group 'leftover'" in said
    assert "remove them" in said


@pytest.mark.parametrize(
    "change",
    [
        extra('max by (run_id) (loadtest_run_info{scenario="other"}) > 0'),
        extra('sum(loadtest_requests_total{run_id=~"spike-2020.*"}) / sum(loadtest_users{run_id="spike-2020"}) > 0'),
        extra(LEFTOVER, role="burning"),
    ],
    ids=["another scenario", "another run", "decides nothing"],
)
def test_a_rule_that_speaks_of_other_runs_or_decides_nothing_does_not_matter(having, change):
    ForeignPrometheus(having(*FILES, change=change).url, plan(), WHOLE, TELEMETRY_PORT)


def test_the_committed_files_of_all_scenarios_may_be_loaded_together(prometheus: RunningPrometheus):
    found = committed(CONFIG)
    names = [name for name in found if name.startswith(("alerts/acceptance/", "alerts/validity/", "prometheus/rules/"))]
    groups = [group for name in names for group in yaml.safe_load(found[name])["groups"]]
    assert len(groups) > 10
    prometheus.set_rules(yaml.safe_dump({"groups": groups}, sort_keys=False))
    server = ForeignPrometheus(prometheus.url, plan(), WHOLE, TELEMETRY_PORT)
    wait_until(lambda: server.loaded(plan()), 20, "every rule to be evaluated")


def test_own_rules_are_found_in_whatever_groups_they_stand_and_only_they(having):
    def elsewhere(groups: list[dict[str, Any]]) -> None:
        rules = [rule for group in groups for rule in group["rules"]]
        groups[:] = [{"name": f"of-the-house-{n}", "interval": "1s", "rules": rules[n::2]} for n in (0, 1)]
        extra(LEFTOVER)(groups)

    client = having(*FILES, change=elsewhere).client
    found = own_rules(plan(), client.rules(), Expressions(client))
    wanted = [rule for group in rule_groups(plan(), {"scenario": SCENARIO}) for rule in group.rules]
    assert sorted(named(one.rule) for one in found.criteria) == sorted(named(rule) for rule in wanted)
    assert {one.group["name"] for one in found.criteria} == {"of-the-house-0", "of-the-house-1"}
    assert {named(one.rule) for one in found.validity} > {"LoadtestUsersMissing{users}"}


def test_a_rule_that_cannot_be_evaluated_is_said_with_why(having):
    class Broken:
        def __init__(self, client: Prometheus) -> None:
            self.rules, self.formatted = client.rules, client.formatted

        def rules_with_a_fault(self) -> list[dict[str, Any]]:
            groups = rules()
            _loaded_errors_rule(groups).update(health="err", lastError="many-to-many matching not allowed")
            return groups

    running = having(*FILES)
    server = ForeignPrometheus(running.url, plan(), WHOLE, TELEMETRY_PORT)
    broken = Broken(running.client)
    rules, broken.rules = broken.rules, broken.rules_with_a_fault
    server._client = broken  # type: ignore[assignment]
    for ask in (server.check, server.loaded):
        with pytest.raises(EnvironmentFault, match=r"LoadtestErrorsBreached\{errors:rest\}: many-to-many"):
            ask(plan())


def _loaded_errors_rule(groups: list[dict[str, Any]]) -> dict[str, Any]:
    return next(
        rule
        for group in groups
        for rule in group["rules"]
        if rule["name"] == "LoadtestErrorsBreached" and rule["labels"]["criterion"] == "errors:rest"
    )


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
