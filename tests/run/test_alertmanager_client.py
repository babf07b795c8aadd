"""What a run ends in a real Alertmanager: its own alerts, all of them, and nothing else."""

from __future__ import annotations

from pathlib import Path

from loadgen.config.notifications import NotificationSettings
from loadgen.rules.alertmanager import alertmanager_config
from loadgen.run.alertmanager_client import end_alerts
from tests.alertmanager_process import start_alertmanager, start_webhook
from tests.waiting import wait_until

ENDED, OTHER = "spike-20260102120000", "spike-20260102130000"
STANDING = {"alertname": "LoadtestHostCpuAtLimit", "role": "resource", "subject": "127.0.0.1:9611"}
ALERTS = (
    {"alertname": "LoadtestErrorsBreached", "role": "acceptance", "criterion": "errors:rest", "run_id": ENDED},
    {"alertname": "LoadtestErrorsBurning", "role": "burning", "criterion": "errors:rest", "run_id": ENDED},
    {**STANDING, "run_id": ENDED},
    {"alertname": "LoadtestVerdict", "role": "verdict", "run_id": ENDED},
    {"alertname": "LoadtestErrorsBreached", "role": "acceptance", "criterion": "errors:rest", "run_id": OTHER},
    STANDING,
)


def test_the_alerts_of_a_run_end_with_it_and_hide_nothing_any_more(tmp_path: Path):
    with start_webhook() as hook:
        config = alertmanager_config(NotificationSettings.model_validate({"webhook": {"url": f"{hook.url}/hook"}}))
        with start_alertmanager(tmp_path, config) as manager:
            manager.post(*ALERTS, summary="as it was")
            assert len(manager.alerts()) == len(ALERTS)
            wait_until(lambda: "LoadtestErrorsBreached" in hook.names("/hook"), 15, "the breach")
            hidden = [one for one in manager.alerts() if one["labels"] == STANDING]
            assert [one["status"]["state"] for one in hidden] == ["suppressed"]
            end_alerts([f"{manager.url}/api/v2/alerts"], ENDED)
            left = [one["labels"] for one in manager.alerts()]
            assert len(left) == len(ALERTS[3:])
            assert all(labels in left for labels in ALERTS[3:])
            wait_until(lambda: "LoadtestHostCpuAtLimit" in hook.names("/hook"), 15, "what was hidden")
            wait_until(lambda: "LoadtestErrorsBreached" in hook.names("/hook", "resolved"), 15, "the end of the breach")
            ends = [one for _, one in hook.alerts("/hook") if one["status"] == "resolved"]
    assert {one["labels"]["run_id"] for one in ends} == {ENDED}
    assert {one["annotations"]["summary"] for one in ends} == {"as it was"}


def test_an_alertmanager_that_is_gone_or_is_none_disturbs_nobody():
    with start_webhook() as none:
        end_alerts(["http://127.0.0.1:1", "nonsense", none.url], ENDED)
