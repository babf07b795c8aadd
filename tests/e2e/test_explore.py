"""Exploring: Locust's own page on loopback, with our users and metrics, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import requests

from loadgen.run.home import free_ports
from tests.e2e.harness import ROOT
from tests.e2e.test_interrupts import of
from tests.waiting import wait_until


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).status_code == 200
    except requests.ConnectionError:
        return False


def counted(telemetry: str) -> int:
    lines = requests.get(telemetry, timeout=2).text.splitlines()
    return sum(int(float(line.split()[-1])) for line in lines if line.startswith("loadtest_requests_total"))


def test_the_page_loads_the_target_and_the_metrics_count_it(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    page, log = f"http://127.0.0.1:{port}", tmp_path / "ui.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "loadgen", "ui", "--web-port", str(port)],
            cwd=ROOT, env={**os.environ, "LOADGEN_HOME": str(tmp_path)}, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        wait_until(lambda: "Locust's page" in log.read_text() or process.poll() is not None, 60, "the page to be said")
        wait_until(lambda: answers(page), 30, f"the page: {log.read_text()}")
        ports = next(line for line in log.read_text().splitlines() if "telemetry on" in line)
        telemetry = f"http://127.0.0.1:{ports.partition('telemetry on ')[2].split()[0]}/metrics"
        form = {"user_count": 10, "spawn_rate": 10, "scenario": "free"}
        assert requests.post(f"{page}/swarm", data=form, timeout=10).json()["success"]
        wait_until(lambda: counted(telemetry) > 10, 30, "operations in the metrics")
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(30)
    assert code == 0, log.read_text()
    assert "nothing was judged" in log.read_text()
    assert not of(tmp_path)
