"""Who is told of what: the routes and inhibitions, as the real amtool and a real Alertmanager understand them."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from email import message_from_string
from pathlib import Path
from typing import Any

import pytest
import yaml

from loadgen.config import load_config
from loadgen.config.notifications import NotificationSettings
from loadgen.rules.alertmanager import ALERT_LOG, alertmanager_config
from tests.alertmanager_process import (
    RunningAlertmanager,
    Webhook,
    amtool,
    receivers_of,
    start_alertmanager,
    start_smarthost,
    start_webhook,
)
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "alerts/alertmanager.yml"

WEBHOOK = {"url": "http://127.0.0.1:8080/alerts"}
SLACK = {"api_url_file": "/run/secrets/june_slack", "channel": "#load-tests"}
EMAIL = {"to": "oncall@example.org", "from": "june@example.org", "smarthost": "mail.example.org:587"}
EVERYBODY: dict[str, Any] = {
    "webhook": WEBHOOK | {"credentials_file": "/run/secrets/june_webhook"},
    "slack": SLACK,
    "email": EMAIL | {"username": "june", "password_file": "/run/secrets/june_mail"},
}


def config_of(**told: Any) -> str:
    return alertmanager_config(NotificationSettings.model_validate(told))


def written(folder: Path, **told: Any) -> Path:
    file = folder / "alertmanager.yml"
    file.write_text(config_of(**told))
    return file


def test_by_default_the_log_alone_is_told_and_no_secret_is_needed():
    assert load_config(ROOT / "loadgen/config/load_test_config.yaml").notifications == NotificationSettings()
    assert re.findall(r"https?://\S+", COMMITTED.read_text()) == [ALERT_LOG] * 2
    assert "_file" not in COMMITTED.read_text()


@pytest.mark.parametrize(
    "told",
    [
        {},
        EVERYBODY,
        {"log": False},
        {"webhook": WEBHOOK},
        {"slack": SLACK},
        {"log": False, "email": {**EMAIL, "to": ["a@example.org", "b@example.org"], "require_tls": False}},
    ],
    ids=["log", "everybody", "nobody", "webhook", "slack", "email"],
)
def test_amtool_accepts_the_configuration_whoever_is_told(tmp_path: Path, told: dict[str, Any]):
    amtool("check-config", str(written(tmp_path, **told)), folder=tmp_path)


def test_amtool_accepts_what_is_committed():
    amtool("check-config", str(COMMITTED), folder=ROOT)


RECEIVERS = [
    ({"role": "burning", "severity": "warning"}, ("log", "webhook")),
    ({"role": "samples", "severity": "warning"}, ("log", "webhook")),
    ({"role": "resource", "severity": "warning"}, ("log", "webhook")),
    ({"role": "resource", "severity": "critical"}, ("log", "webhook", "people")),
    ({"role": "acceptance", "severity": "critical"}, ("log", "webhook", "people")),
    ({"role": "validity", "severity": "critical"}, ("log", "webhook", "people")),
    ({"role": "verdict", "severity": "info"}, ("everybody",)),
    ({"role": "verdict", "severity": "warning"}, ("everybody",)),
    ({"role": "verdict", "severity": "critical"}, ("everybody",)),
    ({"severity": "warning"}, ("log", "webhook")),
    ({"severity": "critical"}, ("log", "webhook", "people")),
]


@pytest.mark.parametrize("labels, told", RECEIVERS, ids="-".join)
def test_each_role_and_severity_has_its_receivers(tmp_path: Path, labels: Mapping[str, str], told: tuple[str, ...]):
    assert receivers_of(written(tmp_path, **EVERYBODY), {"run_id": "a-run", **labels}) == told


@pytest.mark.parametrize("labels", [labels for labels, _ in RECEIVERS], ids=lambda value: "-".join(value.values()))
def test_as_committed_every_alert_is_told_to_the_log_alone(labels: Mapping[str, str]):
    assert receivers_of(COMMITTED, labels) == (("everybody",) if labels.get("role") == "verdict" else ("log",))


def test_the_table_has_every_role_and_severity_of_the_committed_rules():
    rules = [
        rule
        for file in (
            *ROOT.glob("alerts/acceptance/*.yml"),
            *ROOT.glob("alerts/validity/*.yml"),
            ROOT / "alerts/resources.yml",
        )
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
        if "alert" in rule
    ]
    found = {(rule["labels"]["role"], rule["labels"]["severity"]) for rule in rules}
    assert {"acceptance", "samples", "burning", "validity", "resource"} == {role for role, _ in found}
    assert found <= {(labels.get("role"), labels["severity"]) for labels, _ in RECEIVERS}


def test_nobody_is_told_where_everybody_is_left_out(tmp_path: Path):
    assert receivers_of(written(tmp_path, log=False), {"role": "verdict", "severity": "info"}) == ("nobody",)


# ------------------------------------------------------------------------------------- a real Alertmanager and webhook


def local(webhook: Webhook, **more: Any) -> str:
    """The configuration with a webhook that is really there, and an alert log that is the same webhook."""
    told = config_of(webhook={"url": f"{webhook.url}/hook", **more})
    return told.replace(ALERT_LOG, f"{webhook.url}/log")


@pytest.fixture(scope="module")
def hook() -> Iterator[Webhook]:
    with start_webhook() as webhook:
        yield webhook


@pytest.fixture(scope="module")
def manager(hook: Webhook, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAlertmanager]:
    folder = tmp_path_factory.mktemp("alertmanager")
    (folder / "token").write_text("hunter2-webhook")
    with start_alertmanager(folder, local(hook, credentials_file=str(folder / "token"))) as running:
        yield running


def labels(name: str, role: str, run_id: str = "", **more: str) -> dict[str, str]:
    severity = "critical" if role in {"acceptance", "validity"} else "warning"
    run = {"run_id": run_id} if run_id else {}
    return {"alertname": name, "role": role, "severity": severity, **run, **more}


def told_of(hook: Webhook, run_id: str, path: str = "/hook") -> set[tuple[str, str]]:
    """Name and criterion of the alerts of a run that the webhook heard firing."""
    return {
        (one["labels"]["alertname"], one["labels"].get("criterion", ""))
        for _, one in hook.alerts(path)
        if one["labels"].get("run_id", "") == run_id and one["status"] == "firing"
    }


BURNING = labels("LoadtestErrorsBurning", "burning", "R", criterion="errors:rest")
BURNING_GRPC = labels("LoadtestErrorsBurning", "burning", "R", criterion="errors:grpc")
BREACHED = labels("LoadtestErrorsBreached", "acceptance", "R", criterion="errors:rest")
SAMPLES = labels("LoadtestSamplesMissing", "samples", "R", criterion="errors:rest")
LATE = labels("LoadtestGeneratorLate", "validity", "R", check="generator-late")
ABSENT = labels("LoadtestMetricsAbsent", "validity", "")
POOL = labels("LoadtestPoolExhausted", "resource", "R", kind="pgbouncer_pool", subject="june")
STANDING = labels("LoadtestPoolExhausted", "resource", "", kind="pgbouncer_pool", subject="june")
ELSEWHERE = labels("LoadtestPoolExhausted", "resource", "", kind="pgbouncer_pool", subject="other")
CPU = labels("LoadtestHostCpuAtLimit", "resource", "", kind="host_cpu", subject="june")
HOST = labels("LoadtestHostMemoryAtLimit", "resource", "R", subject="localhost")
HOST_STANDING = labels("LoadtestHostMemoryAtLimit", "resource", "", subject="127.0.0.1:9611")
HOST_ELSEWHERE = labels("LoadtestHostMemoryAtLimit", "resource", "", subject="10.0.0.5:9611")

INHIBITED = {
    "a breached criterion hides its own early warning": ([BREACHED, BURNING], [BURNING]),
    "… and not that of another criterion": ([BREACHED, BURNING_GRPC], []),
    "an instrument that is not believed hides what it measured": (
        [LATE, BREACHED, BURNING, SAMPLES, POOL],
        [BREACHED, BURNING, SAMPLES, POOL],
    ),
    "… and not what no run measured": ([LATE, CPU], []),
    "validity without a run hides nothing": ([ABSENT, CPU, BURNING], []),
    "a run's resource hides the standing one of the same name and subject": ([POOL, STANDING], [STANDING]),
    "… and not that of another subject": ([POOL, ELSEWHERE], []),
    "a run's exporter and a standing one see one machine": ([HOST, HOST_STANDING], [HOST_STANDING]),
    "… but not where they are on two": ([HOST, HOST_ELSEWHERE], []),
    "a resource does not hide the early warning": ([POOL, BURNING], []),
    "an early warning hides nothing": ([BURNING, SAMPLES, POOL], []),
}


@pytest.fixture(scope="module")
def inhibited(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    """By case, the labels of what Alertmanager inhibits."""
    found = {}
    nobody = config_of(log=False)
    with start_alertmanager(tmp_path_factory.mktemp("inhibited"), nobody) as running:
        for place, (case, (posted, hidden)) in enumerate(INHIBITED.items()):
            own = [_of_case(one, place) for one in posted]
            running.post(*own)
            wait_until(
                lambda own=own: all(one in [a["labels"] for a in running.alerts()] for one in own),
                10,
                f"alerts: {case}",
            )
            # What is known is heard of by the inhibitor a moment later.
            wait_until(lambda own=own, hidden=hidden: len(_inhibited(running, own)) >= len(hidden), 10, case)
            found[case] = _inhibited(running, own)
            running.post(*own, resolved=True)
    return found


def _of_case(labels: Mapping[str, str], place: int) -> dict[str, str]:
    """The alert as one of this case alone: its run, and the subject of those without one, are the case's own.

    But the machine of a run is called the same in each.
    """
    own = dict(labels)
    if own.get("run_id"):
        own["run_id"] = f"run-{place}"
    if own.get("subject") not in {None, "localhost"}:
        own["subject"] += f"-{place}"
    return own


def _inhibited(running: RunningAlertmanager, own: list[dict[str, str]]) -> list[dict[str, str]]:
    return [a["labels"] for a in running.alerts() if a["status"]["inhibitedBy"] and a["labels"] in own]


@pytest.mark.parametrize("case", INHIBITED)
def test_symptoms_are_inhibited_by_their_causes(inhibited: dict[str, list[dict[str, str]]], case: str):
    hidden = [_of_case(one, list(INHIBITED).index(case)) for one in INHIBITED[case][1]]
    assert sorted(map(str, map(_sorted, inhibited[case]))) == sorted(map(str, map(_sorted, hidden)))


def _sorted(labels: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(labels.items())


def test_a_webhook_hears_the_cause_and_the_other_criterions_warning_and_not_the_symptom(
    manager: RunningAlertmanager, hook: Webhook
):
    run = {"run_id": "heard"}
    manager.post({**BREACHED, **run}, {**BURNING, **run}, {**BURNING_GRPC, **run})
    expected = {("LoadtestErrorsBreached", "errors:rest"), ("LoadtestErrorsBurning", "errors:grpc")}
    for path in ("/hook", "/log"):
        wait_until(lambda path=path: expected <= told_of(hook, "heard", path), 15, f"both at {path}")
        assert told_of(hook, "heard", path) == expected


def test_the_early_warning_is_told_before_its_criterion_is_breached_and_resolves(
    manager: RunningAlertmanager, hook: Webhook
):
    alert = {**BURNING, "run_id": "early"}
    manager.post(alert)
    wait_until(lambda: told_of(hook, "early"), 15, "the early warning")
    manager.post(alert, resolved=True)
    resolved = [("early", "resolved")]
    wait_until(
        lambda: resolved[0] in [(o["labels"].get("run_id"), o["status"]) for _, o in hook.alerts("/hook")],
        20,
        "its end",
    )


def test_the_webhooks_token_goes_to_the_webhook_alone_and_stands_in_no_log(manager: RunningAlertmanager, hook: Webhook):
    manager.post({**BURNING, "run_id": "secret"})
    for path in ("/hook", "/log"):
        wait_until(lambda path=path: told_of(hook, "secret", path), 15, path)
    sent = {
        path: {headers.get("Authorization") for _, at, headers, _ in hook.posts if at == path}
        for path in ("/hook", "/log")
    }
    assert sent == {"/hook": {"Bearer hunter2-webhook"}, "/log": {None}}
    assert "hunter2" not in manager.log.read_text()
    assert "hunter2" not in str(manager.alerts())


TOLD = {
    "summary": "errors:rest is breached in R",
    "description": "3% of the operations failed; it must be less than 1%.",
    "runbook_url": "docs/runbook.md#loadtesterrorsbreached",
}
LINES = [
    "errors:rest is breached in R",
    "Criterion: errors:rest",
    "3% of the operations failed; it must be less than 1%.",
    "Runbook: docs/runbook.md#loadtesterrorsbreached",
]


def test_people_are_told_the_run_the_criterion_the_value_its_bound_and_where_to_read_on(tmp_path: Path):
    with start_webhook() as slack, start_smarthost() as smarthost:
        (tmp_path / "slack").write_text(f"{slack.url}/hunter2-slack")
        (tmp_path / "mail").write_text("hunter2-mail")
        own = {"smarthost": smarthost.address, "require_tls": False}
        secret = {"username": "june", "password_file": f"{tmp_path}/mail"}
        told = {"slack": SLACK | {"api_url_file": f"{tmp_path}/slack"}, "email": EMAIL | own | secret}
        with start_alertmanager(tmp_path, config_of(log=False, **told)) as manager:
            manager.post(BREACHED, **TOLD)
            wait_until(lambda: slack.posts and smarthost.mails, 15, "a message in Slack's form, and a mail")
            assert "hunter2" not in manager.log.read_text()
    _, path, _, body = slack.posts[0]
    assert path == "/hunter2-slack"
    (attachment,) = body["attachments"]
    assert body["channel"] == "#load-tests"
    assert attachment["title"] == "LoadtestErrorsBreached in R"
    assert attachment["color"] == "danger"
    assert attachment["text"].splitlines() == LINES
    commands, text = smarthost.mails[0]
    assert {"MAIL FROM:<june@example.org>", "RCPT TO:<oncall@example.org>"} <= {
        one.split(" BODY")[0] for one in commands
    }
    assert (
        b64decode(next(one for one in commands if one.startswith("AUTH PLAIN ")).split()[2]) == b"\0june\0hunter2-mail"
    )
    mail = message_from_string(text)
    assert mail["Subject"] == "LoadtestErrorsBreached in R"
    (plain,) = [part for part in mail.walk() if not part.is_multipart()]
    assert plain.get_content_type() == "text/plain"
    assert plain.get_payload(decode=True).decode().splitlines() == LINES
