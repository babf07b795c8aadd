"""Two real runs in one Prometheus, for whoever asks what a dashboard asks.

The first is made to break: errors, small services, a small pool of connections, a generator that is said to be
overloaded; it has every test type, real databases and a GPU that is a recording. The second is calm.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exporters.gpu.recording import place_for, save
from loadgen.query.client import Prometheus
from loadgen.run.standing import find
from tests.e2e.harness import ROOT, Finished, Running, write_config
from tests.exporter_process import start_exporter
from tests.exporters.gpu.handmade import XIDS, machine, recording, server
from tests.grafana.asking import Window

SPIKE: dict[str, Any] = {
    "purpose": "A small crowd, for a few seconds.",
    "users": 20,
    "spawn_rate": 40,
    "duration": "18s",
    "shape": {"kind": "spike", "base_users": 10, "before": "5s", "after": "8500ms"},
    "criteria": ["latency", "errors", "recovery"],
    "judged_phases": ["steady", "spike", "recovery"],
}
CALM: dict[str, Any] = {
    "purpose": "A few users, for a few seconds.",
    "users": 10,
    "spawn_rate": 40,
    "duration": "6s",
    "shape": {"kind": "constant"},
    "criteria": ["latency", "errors"],
}
NARROW: dict[str, Any] = {
    "query_time": "300ms",
    "pool_size": 2,
    "capacity": {"llm": 1, "stt": 1, "tts": 1},
    "error_rate": "10%",
}

NEVER_IDLE: dict[str, Any] = {"cpu_ratio": "1%", "cpu_time_share": "1%"}
"""What no generator can keep, so that the run is invalid too, as its alerts say."""

FIGURES: dict[str, Any] = {
    "criteria": {"recovery": {"window": "4s", "hold": "4s", "minimum_answers": 5}},
    "scenarios": {"spike": SPIKE, "calm": CALM},
}


@dataclass(frozen=True)
class Measured:
    """The Prometheus, the two runs, and when the first of them was over: Unix seconds."""

    prometheus: Prometheus
    run: Finished
    other: Finished
    over: float

    @property
    def window(self) -> Window:
        """As the list of runs opens a run: from its start until after its verdict."""
        started = self.run.record.started
        assert started is not None, self.run.output
        return Window(started, self.over)


@contextmanager
def two_runs(folder: Path) -> Iterator[Measured]:
    """Both runs made on a stack that stands beside them, which lasts until this ends."""
    home = folder / "home"
    with _gpu(folder / "gpu.jsonl") as gpu, _stack(home):
        narrow = {"options": NARROW, "postgres": {"pool_size": 2}, "measure": {"gpu": [gpu]}}
        first = _run(folder, "spike", "sim-postgres", {"targets": {"sim-postgres": narrow}, "validity": NEVER_IDLE})
        over = time.time() + 2  # a range is asked in whole seconds from its start: the last must be after the verdict
        second = _run(folder, "calm", "sim", {})
        standing = find(home)
        assert standing is not None
        yield Measured(Prometheus(standing.prometheus), first, second, over)


@contextmanager
def _stack(home: Path) -> Iterator[None]:
    """`loadgen up` and, in the end, `loadgen down`."""
    try:
        _loadgen(home, "up", "--ports", "free")
        yield
    finally:
        _loadgen(home, "down")


def _loadgen(home: Path, *words: str) -> None:
    command = [sys.executable, "-m", "loadgen", *words]
    environment = {**os.environ, "LOADGEN_HOME": str(home)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _run(folder: Path, scenario: str, target: str, change: dict[str, Any]) -> Finished:
    place = folder / scenario
    (place / "reports").mkdir(parents=True)
    config = write_config(place, FIGURES, change)
    words = ("--scenario", scenario, "--target", target)
    running = Running(folder / "home", place / "reports", config, *words)
    try:
        return running.finish()
    finally:
        if not running.ended():
            running.process.kill()
            running.process.wait()


@contextmanager
def _gpu(file: Path) -> Iterator[str]:
    """A GPU that reports errors now and then; its address."""
    one = machine(aaaa=server())
    written = recording(one, one, one, (one, XIDS))
    with place_for(file) as place:
        save(file, place, written.header, written.moments)
    with start_exporter("gpu", "--replay", str(file)) as (_, port):
        yield f"127.0.0.1:{port}"
