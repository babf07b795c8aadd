"""A breach injected in the stand-in reaches a webhook: a real stack, a real run, a real Alertmanager.

How long that took is printed and judged nowhere; `python -m bench.breach_to_webhook` is the measurement.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from loadgen.run.standing import find
from tests.alertmanager_process import Webhook, need_alertmanager, start_webhook
from tests.e2e.harness import ROOT, Running, control, only, write_config
from tests.waiting import wait_until

FEW_MAY_FAIL: dict[str, Any] = {
    # So many that the early warning comes alone: at first only a tenth of the operations fails.
    "criteria": {"errors": {"minimum": 8000}},
    "scenarios": {"quick": {"duration": "15s"}},
    "operations": only("rest", "chat"),
}


@contextmanager
def stack(home: Path, config: Path) -> Iterator[None]:
    """A stack on free ports, from `loadgen up` to `loadgen down`."""

    def loadgen(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "loadgen", *words],
            cwd=ROOT,
            env={**os.environ, "LOADGEN_HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
        )

    begun = loadgen("up", "--config", str(config), "--ports", "free")
    try:
        assert begun.returncode == 0, begun.stdout + begun.stderr
        yield
    finally:
        loadgen("down")


def heard(webhook: Webhook, run: Running, name: str, path: str = "/hook") -> list[tuple[float, dict[str, Any]]]:
    """When the webhook heard of such an alert of the run, and what."""
    folder = run.folder
    assert folder, run.output
    run_id = f"quick-{folder.name.replace('_', '')}"
    return [
        (at, one)
        for at, one in webhook.alerts(path)
        if (one["labels"]["alertname"], one["labels"].get("run_id"), one["status"]) == (name, run_id, "firing")
    ]


def still_there(home: Path, run_id: str) -> set[str]:
    """The run's alerts that Alertmanager holds."""
    standing = find(home)
    assert standing is not None
    found = requests.get(f"{standing.alertmanager}/api/v2/alerts", timeout=5).json()
    return {one["labels"]["alertname"] for one in found if one["labels"].get("run_id") == run_id}


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    need_alertmanager()
    with start_webhook() as running:
        yield running


def test_a_breach_injected_in_the_stand_in_reaches_a_webhook_and_so_does_the_verdict(
    tmp_path: Path, webhook: Webhook, record_property: Callable[[str, object], None]
) -> None:
    told = {"notifications": {"webhook": {"url": f"{webhook.url}/hook"}}}
    config = write_config(tmp_path, FEW_MAY_FAIL, told)
    (tmp_path / "reports").mkdir()
    with stack(tmp_path / "home", config):
        run = Running(tmp_path / "home", tmp_path / "reports", config, "--test-type", "rest")
        try:
            start = run.wait_for_load()
            wait_until(lambda: time.time() > start + 2, 10, "some good answers")
            breach = time.time()
            control(run, "/faults", {"operation": "rest:chat", "error_rate": 0.1})
            warned = wait_until(lambda: heard(webhook, run, "LoadtestErrorsBurning"), 20, "the early warning")
            control(run, "/faults", {"operation": "rest:chat", "error_rate": 1.0})
            breached = wait_until(lambda: heard(webhook, run, "LoadtestErrorsBreached"), 20, "the breach")
            finished = run.finish()
        finally:
            run.process.kill()
            run.process.wait()
        assert finished.code == 1, finished.output
        (verdict,) = wait_until(lambda: heard(webhook, run, "LoadtestVerdict"), 15, "the verdict")
        assert still_there(tmp_path / "home", finished.plan.run_id) == {"LoadtestVerdict"}
    record_property("from a breach in the stand-in to the early warning at a webhook", f"{warned[0][0] - breach:.1f} s")
    assert warned[0][1]["labels"]["role"] == "burning"
    assert breached[0][1]["labels"]["severity"] == "critical"
    assert verdict[1]["labels"]["verdict"] == "FAIL"
    assert verdict[1]["annotations"]["summary"] == f"FAIL: {finished.verdict.sentence}"
    log = (tmp_path / "home/stack/alerts.log").read_text()
    assert [name for name in ("LoadtestErrorsBurning", "LoadtestErrorsBreached", "FAIL") if name not in log] == []
