"""Seconds from a breach in the stand-in to the early warning at a webhook, at the shipped settings.

Method: a stack (`loadgen up` on free ports) whose only change is a webhook on loopback; on it a run of 100 users over
REST. Once it has counted enough that a short breach does not fail a criterion (a failed one inhibits its own early
warning), a fault is switched on at the stand-in's control endpoint, and off when the webhook heard the warning; the
next comes when the webhook heard its end. Errors: 5 % of all operations fail, five times the bound. Latency: one
operation takes 3 s longer, so no operation can be seen to be slow before 2 s have gone. Aim: 15 s, for the median.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from loadgen.model.plan import Plan
from loadgen.storage import load

ROOT = Path(__file__).resolve().parents[1]
AIM = 15.0
PATIENCE = 90.0
"""Seconds after which a warning that has not come is given up."""

FAULTS: dict[str, dict[str, Any]] = {
    "LoadtestErrorsBurning": {"operation": "rest", "error_rate": 0.05},
    "LoadtestLatencyBurning": {"operation": "rest:chat", "latency": 3.0},
}
LOAD = ("--scenario", "baseline", "--users", "100", "--spawn-rate", "20", "--test-type", "rest")

Heard = dict[tuple[str, str], list[float]]
"""By name and status of an alert, the moments (Unix seconds) at which the webhook was told."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--breaches", type=int, default=5, help="of each kind")
    parser.add_argument("--lead", type=float, default=120.0, help="seconds of good operations before the first")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, _webhook() as (url, heard):
        folder = Path(name)
        config = _config(folder, url)
        with _stack(folder, config):
            taken = _breaches(folder, config, heard, options)
    for alert, seconds in taken.items():
        median = statistics.median(seconds)
        each = ", ".join(f"{one:.1f}" for one in seconds)
        print(f"{alert}: median {median:.1f} s of {len(seconds)} ({each}); {median / AIM:.2f} of the aim")


def _config(folder: Path, url: str) -> Path:
    config = yaml.safe_load((ROOT / "loadgen/config/load_test_config.yaml").read_text())
    config["notifications"] = {"log": True, "webhook": {"url": url}}
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    return path


def _loadgen(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "LOADGEN_HOME": str(folder / "home")}
    return subprocess.Popen([sys.executable, "-m", "loadgen", *words], cwd=ROOT, env=environment, stdout=sys.stderr)


@contextmanager
def _stack(folder: Path, config: Path) -> Iterator[None]:
    begun = _loadgen(folder, "up", "--config", str(config), "--ports", "free").wait()
    try:
        assert begun == 0, f"loadgen up ended with {begun}"
        yield
    finally:
        _loadgen(folder, "down").wait()


def _breaches(folder: Path, config: Path, heard: Heard, options: argparse.Namespace) -> dict[str, list[float]]:
    """Seconds of each breach, by the alert."""
    length = f"{options.lead + len(FAULTS) * options.breaches * 60:.0f}s"
    words = ("--config", str(config), "--output-dir", str(folder / "reports"), *LOAD, "--duration", length)
    run = _loadgen(folder, "run", *words)
    taken: dict[str, list[float]] = {alert: [] for alert in FAULTS}
    try:
        control = _control(folder, run)
        time.sleep(options.lead)
        for _ in range(options.breaches):
            for alert, fault in FAULTS.items():
                taken[alert].append(_breach(control, heard, alert, fault))
    finally:
        run.send_signal(signal.SIGINT)
        run.wait()
    return taken


def _control(folder: Path, run: subprocess.Popen[bytes]) -> str:
    """The stand-in's control endpoint, when the load has begun."""
    work = folder / "home" / "work"
    _wait(lambda: run.poll() is not None or any(work.glob("*/go.json")), "the load")
    control = load(next(work.glob("*/plan.json")), Plan).target.control
    assert control is not None
    return control


def _breach(control: str, heard: Heard, alert: str, fault: dict[str, Any]) -> float:
    """Seconds from the fault to the warning; returns when the warning has ended."""
    known, ended = len(heard.get((alert, "firing"), ())), len(heard.get((alert, "resolved"), ()))
    began = time.time()
    _tell(control, "POST", fault)
    _wait(lambda: len(heard.get((alert, "firing"), ())) > known, alert)
    _tell(control, "DELETE")
    _wait(lambda: len(heard.get((alert, "resolved"), ())) > ended, f"the end of {alert}")
    return heard[alert, "firing"][known] - began


def _tell(control: str, method: str, body: dict[str, Any] | None = None) -> None:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{control}/faults", data, {"Content-Type": "application/json"}, method=method
    )
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5).read()


def _wait(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come within {PATIENCE:.0f} s"
        time.sleep(0.02)


@contextmanager
def _webhook() -> Iterator[tuple[str, Heard]]:
    """A receiver on loopback: its URL and what it heard."""
    heard: Heard = {}

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            now = time.time()
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            for alert in body["alerts"]:
                heard.setdefault((alert["labels"]["alertname"], alert["status"]), []).append(now)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/alerts", heard
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    main()
