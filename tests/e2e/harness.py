"""Runs of the real `loadgen`, as a user starts it: a process, a folder of results, an exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import yaml

from loadgen.model.evidence import Evidence
from loadgen.model.plan import Plan
from loadgen.model.record import RunRecord
from loadgen.model.verdict import Verdict
from loadgen.storage import load
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
DEFAULT = ROOT / "loadgen" / "config" / "load_test_config.yaml"

QUICK: dict[str, Any] = {
    "defaults": {"scenario": "quick", "drain": "35s"},
    "think_times": {t: {"low": "50ms", "high": "150ms"} for t in ("rest", "websocket", "grpc")},
    "criteria": {"latency": {"minimum": 20}, "errors": {"minimum": 20}},
    # A busy test machine may be late now and then; the test that starves the generator is late nearly always.
    "validity": {"late_share": "20%", "cpu_time_share": "50%"},
    "scenarios": {
        "quick": {
            "purpose": "A few seconds of real load.",
            "users": 10,
            "spawn_rate": 100,
            "duration": "6s",
            "shape": {"kind": "constant"},
            "criteria": ["latency", "errors"],
        }
    },
}
"""Laid over the shipped configuration: the same stack, small figures."""


def merged(base: Any, change: Any) -> Any:
    """`change` laid over `base`, mappings key by key."""
    if not isinstance(base, dict) or not isinstance(change, dict):
        return change
    return {**base, **{key: merged(base.get(key), value) for key, value in change.items()}}


def only(test_type: str, *calls: str) -> dict[str, Any]:
    """Operations of one test type: these calls alone have weight, whatever its other operations are."""
    shipped = yaml.safe_load(DEFAULT.read_text())["operations"][test_type]
    return {test_type: {name: {"weight": 1 if name in calls else 0} for name in shipped}}


def write_config(folder: Path, *changes: dict[str, Any]) -> Path:
    """The shipped configuration with QUICK and the changes laid over it; its scenarios are replaced."""
    config = yaml.safe_load(DEFAULT.read_text())
    config["scenarios"] = {}
    for change in (QUICK, *changes):
        config = merged(config, change)
    path = folder / "test_config.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    return path


@dataclass
class Finished:
    """A run that ended."""

    code: int
    output: str
    folder: Path | None

    def _read(self, name: str, kind: Any) -> Any:
        assert self.folder is not None, self.output
        return load(self.folder / name, kind)

    @property
    def plan(self) -> Plan:
        return self._read("plan.json", Plan)

    @property
    def record(self) -> RunRecord:
        return self._read("run.json", RunRecord)

    @property
    def evidence(self) -> Evidence:
        return self._read("evidence.json", Evidence)

    @property
    def verdict(self) -> Verdict:
        return self._read("verdict.json", Verdict)

    def line(self, criterion: str) -> Any:
        """The verdict's line for one criterion."""
        return next(line for line in self.verdict.criteria if line.criterion == criterion)

    @property
    def breached(self) -> set[str]:
        """The validity checks that failed."""
        return {check.id for check in self.verdict.validity if not check.ok}

    def fired(self, alert: str, **labels: str) -> bool:
        """Whether an alert with these labels ever fired."""
        seen = (one for one in self.evidence.alerts if one.alert == alert and one.state == "firing")
        return any(labels.items() <= one.labels.items() for one in seen)

    @property
    def unsound_at_the_end(self) -> set[str]:
        """The checks whose validity alert fired to the end."""
        last = {(one.alert, tuple(sorted(one.labels.items()))): one for one in self.evidence.alerts}
        firing = (one.labels for one in last.values() if one.state == "firing")
        return {labels["check"] for labels in firing if labels.get("role") == "validity"}


class Running:
    """A `loadgen run` under way; it makes a report only where one is asked for, since that takes seconds."""

    def __init__(self, home: Path, output: Path, config: Path, *arguments: str, report: bool = False) -> None:
        self.home = home
        self._started = time.time()
        self.output_dir = output
        self._before = set(output.glob("*/*"))
        self._log = (output.parent / f"{output.name}.log").open("a+")
        self._from = self._log.seek(0, os.SEEK_END)
        words = [
            "--config",
            str(config),
            "--output-dir",
            str(output),
            *(() if report else ("--no-report",)),
            *arguments,
        ]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "loadgen", "run", *words],
            cwd=ROOT,
            env={**os.environ, "LOADGEN_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def output(self) -> str:
        """What it printed so far."""
        self._log.flush()
        with Path(self._log.name).open() as file:
            file.seek(self._from)
            return file.read()

    @property
    def folder(self) -> Path | None:
        """Its run folder, once there is one."""
        new = set(self.output_dir.glob("*/*")) - self._before
        return max(new, default=None)

    def work(self) -> Path | None:
        """Its work folder, while it runs: not one that a killed run left behind."""
        folders = [path for path in (self.home / "work").glob("*") if path.stat().st_ctime >= self._started]
        return max(folders, default=None)

    def descendants(self) -> dict[str, list[psutil.Process]]:
        """Its children by role, as their command lines tell."""
        roles: dict[str, list[psutil.Process]] = {}
        for child in psutil.Process(self.process.pid).children(recursive=True):
            try:
                roles.setdefault(_role(child.cmdline()), []).append(child)
            except psutil.Error:
                continue
        return roles

    def wait_for_load(self, timeout: float = 60) -> float:
        """Wait until the load has begun; its start in Unix seconds."""
        wait_until(lambda: self.ended() or self._go() is not None, timeout, "the load to begin")
        start = self._go()
        assert start is not None, self.output
        wait_until(lambda: time.time() > start, timeout, "plan time 0")
        return start

    def _go(self) -> float | None:
        work = self.work()
        file = work / "go.json" if work else None
        return json.loads(file.read_text())["start"] if file and file.exists() else None

    def ended(self) -> bool:
        """Whether the process has ended."""
        return self.process.poll() is not None

    def signal(self, number: int = signal.SIGINT) -> None:
        """Signal the orchestrator alone, as a service manager does."""
        self.process.send_signal(number)

    def finish(self, timeout: float = 120) -> Finished:
        """Wait for the end."""
        code = self.process.wait(timeout)
        return Finished(code, self.output, self.folder)


def _role(command: list[str]) -> str:
    line = " ".join(command)
    for mark, role in (
        ("--worker", "worker"),
        ("--master", "master"),
        ("loadgen.telemetry", "telemetry"),
        ("-m sim", "sim"),
        ("-m exporters host", "host exporter"),
        ("-m exporters dbpool", "dbpool exporter"),
        ("--storage.tsdb.path", "prometheus"),
    ):
        if mark in line:
            return role
    return "other"


def control(running: Running, path: str, body: dict[str, Any]) -> None:
    """Tell the run's own stand-in something."""
    work = running.work()
    assert work, running.output
    plan = load(work / "plan.json", Plan)
    assert plan.target.control
    request = urllib.request.Request(
        plan.target.control + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=5).read()
