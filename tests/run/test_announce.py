"""The verdict's own notification: what it says, that a real Alertmanager takes it, and that it never disturbs a run."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from loadgen.config.notifications import NotificationSettings
from loadgen.model.measured import Saturation
from loadgen.model.verdict import FAIL, INVALID, PASS, Check, Line, Verdict
from loadgen.rules.alertmanager import ALERT_LOG, alertmanager_config
from loadgen.run.announce import LASTS, MOST_LINES, alert_of, announce
from tests.alertmanager_process import start_alertmanager, start_webhook
from tests.small_plan import small_plan
from tests.waiting import wait_until

PLAN = small_plan()
FOLDER = Path("reports/smoke/1")
NOON = 1_764_504_000.0
LINE = Line(
    criterion="errors:rest",
    kind="errors",
    status="failed",
    measured=0.031,
    bound=0.01,
    unit="ratio",
    margin=-2.1,
    samples=900,
    minimum=300,
    sentence="28 of 900 operations (3.1%) failed; it must be less than 1%.",
    query="",
)
VERDICT = Verdict(
    run_id=PLAN.run_id,
    scenario=PLAN.scenario,
    verdict=FAIL,
    exit_code=1,
    sentence="errors:rest failed. 28 of 900 operations (3.1%) failed; it must be less than 1%.",
    criteria=(LINE, replace(LINE, criterion="latency:rest", status="passed")),
    validity=(Check(id="counts", ok=True, measured=900, bound=None, sentence="They agree."),),
    saturation=Saturation(sentence="PgBouncer pool june gave way first.", first="pgbouncer_pool:june"),
)
LATE = Check(id="generator-late", ok=False, measured=0.3, bound=0.01, sentence="30% began late; at most 1% may.")


def description(**changes: Any) -> list[str]:
    return alert_of(PLAN, replace(VERDICT, **changes), FOLDER, NOON)["annotations"]["description"].splitlines()


def test_it_names_run_scenario_and_verdict_and_ends_by_itself():
    alert = alert_of(PLAN, VERDICT, FOLDER, NOON)
    assert alert["labels"] == {
        "alertname": "LoadtestVerdict",
        "run_id": PLAN.run_id,
        "scenario": "smoke",
        "verdict": "FAIL",
        "role": "verdict",
        "severity": "critical",
    }
    assert alert["annotations"]["summary"] == f"FAIL: {VERDICT.sentence}"
    assert alert["annotations"]["runbook_url"] == "docs/runbook.md#loadtestverdict"
    assert (alert["startsAt"], alert["endsAt"]) == ("2025-11-30T12:00:00.000+00:00", "2025-11-30T12:05:00.000+00:00")
    assert LASTS == 300


@pytest.mark.parametrize("verdict, severity", [(PASS, "info"), (FAIL, "critical"), (INVALID, "warning")])
def test_its_severity_is_the_verdicts(verdict: str, severity: str):
    assert alert_of(PLAN, replace(VERDICT, verdict=verdict), FOLDER, NOON)["labels"]["severity"] == severity


def test_it_says_what_failed_with_value_and_bound_and_what_gave_way_first():
    assert description() == [
        "errors:rest failed: 3.1% against 1%",
        "PgBouncer pool june gave way first.",
        "Results: reports/smoke/1",
    ]


def test_of_a_run_that_cannot_tell_it_says_why_before_what_was_measured():
    assert description(verdict=INVALID, validity=(LATE,))[:2] == [
        "generator-late: 30% began late; at most 1% may.",
        "errors:rest failed: 3.1% against 1%",
    ]


def test_it_is_not_endless_and_a_run_without_resources_says_nothing_of_them():
    said = description(criteria=(LINE,) * (MOST_LINES + 5), saturation=None)
    assert len(said) == MOST_LINES + 2
    assert said[-2:] == ["… and 5 more", "Results: reports/smoke/1"]


def test_a_real_alertmanager_takes_it_and_tells_everybody_once(tmp_path: Path):
    with start_webhook() as hook:
        told = alertmanager_config(NotificationSettings.model_validate({"webhook": {"url": f"{hook.url}/hook"}}))
        with start_alertmanager(tmp_path, told.replace(ALERT_LOG, f"{hook.url}/log")) as manager:
            prefixed = f"{manager.url}/api/v2/alerts"  # as Prometheus tells it
            assert announce([prefixed], PLAN, VERDICT, FOLDER) is None
            assert announce([manager.url, "http://127.0.0.1:1"], PLAN, VERDICT, FOLDER) is None
            for path in ("/hook", "/log"):
                wait_until(lambda path=path: hook.names(path), 15, f"the verdict at {path}")
                assert hook.names(path) == ["LoadtestVerdict"]
            (_, alert), *_ = hook.alerts("/hook")
    assert alert["annotations"]["summary"] == f"FAIL: {VERDICT.sentence}"


def test_without_an_alertmanager_there_is_nothing_to_say():
    assert announce([], PLAN, VERDICT, FOLDER) is None


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1", "http://127.0.0.1:99999", "nonsense", "", "http://june:hunter2@127.0.0.1:1/x?token=hunter2"],
)
def test_nobody_there_is_a_sentence_without_secrets_and_no_error(url: str):
    said = announce([url], PLAN, VERDICT, FOLDER)
    assert said is not None
    assert said.startswith("Nobody was notified of the verdict: Alertmanager at ")
    assert "hunter2" not in said


def test_an_answer_that_is_none_or_a_refusal_is_a_sentence_too(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as dead:
        url = f"http://127.0.0.1:{dead.getsockname()[1]}"
        dead.close()
        assert "cannot be asked" in str(announce([url], PLAN, VERDICT, FOLDER))
    with start_alertmanager(tmp_path, "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n") as manager:
        assert "answered 404" in str(announce([f"{manager.url}/elsewhere"], PLAN, VERDICT, FOLDER))


def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch):
    with start_webhook() as proxy, start_webhook() as manager:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert announce([manager.url], PLAN, VERDICT, FOLDER) is None
        assert [path for _, path, _, _ in manager.posts] == ["/api/v2/alerts"]
        assert proxy.posts == []
