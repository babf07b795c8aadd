"""A run of `loadgen` with the CPU time and memory of each of its processes, read once a second from outside."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from loadgen.model.record import RunRecord
from loadgen.model.verdict import Verdict
from loadgen.storage import load

ROOT = Path(__file__).resolve().parents[1]

MARKS = {
    "--worker": "worker",
    "--master": "master",
    "loadgen.telemetry": "telemetry",
    "--storage.tsdb.path": "prometheus",
    "-m exporters": "exporters",
    "loadgen run": "orchestrator",
}
"""A piece of a command line → the role of the process."""


@dataclass
class Usage:
    """CPU seconds and the largest resident memory (bytes) of one process, by pid, and its role."""

    role: str
    first: float
    last: float
    memory: int = 0


@dataclass
class Measured:
    """What a run used while it was under load, and how it ended."""

    code: int
    commanded: float
    ended: float
    seconds: float
    folder: Path
    usage: dict[int, Usage]
    record: RunRecord
    verdict: Verdict

    def cpu(self, *roles: str) -> float:
        """Cores used by all processes of these roles together, over the observed time."""
        return sum(u.last - u.first for u in self.usage.values() if u.role in roles) / self.seconds

    def memory(self, *roles: str) -> int:
        """Sum of the largest resident memories, in bytes."""
        return sum(u.memory for u in self.usage.values() if u.role in roles)


def measured_run(folder: Path, *arguments: str) -> Measured:
    """Run `loadgen run …` with its state and reports in `folder`; its processes are watched while the load is on."""
    before = set((folder / "reports").glob("*/*"))
    commanded = time.time()
    process = subprocess.Popen(
        [sys.executable, "-m", "loadgen", "run", "--output-dir", str(folder / "reports"), *arguments],
        cwd=ROOT,
        env={**os.environ, "LOADGEN_HOME": str(folder / "home")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    usage, seconds = _watch(process, folder / "home" / "work")
    ended = time.time()
    (run_folder,) = set((folder / "reports").glob("*/*")) - before
    record, verdict = load(run_folder / "run.json", RunRecord), load(run_folder / "verdict.json", Verdict)
    return Measured(process.returncode, commanded, ended, seconds, run_folder, usage, record, verdict)


def _watch(process: subprocess.Popen[bytes], work: Path) -> tuple[dict[int, Usage], float]:
    usage: dict[int, Usage] = {}
    began = ended = 0.0
    while process.poll() is None:
        time.sleep(1.0)
        if any(work.glob("*/go.json")) and not any(work.glob("*/final.json")):
            began, ended = began or time.monotonic(), time.monotonic()
            _read(psutil.Process(process.pid), usage)
    return usage, max(1e-9, ended - began)


def _read(orchestrator: psutil.Process, usage: dict[int, Usage]) -> None:
    try:
        everybody = [orchestrator, *orchestrator.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for process in everybody:
        try:
            line = " ".join(process.cmdline())
            cpu, memory = sum(process.cpu_times()[:2]), process.memory_info().rss
        except psutil.Error:
            continue
        role = next((role for mark, role in MARKS.items() if mark in line), "other")
        found = usage.setdefault(process.pid, Usage(role, cpu, cpu))
        found.last, found.memory = cpu, max(found.memory, memory)
