"""A Locust master with its workers, spoken to through the work folder as the orchestrator does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from loadgen.config import load_config
from loadgen.model.plan import Plan, ThinkTime
from loadgen.plan import Endpoints, RunRequest, compile_plan
from loadgen.run.allowed import check_allowed
from loadgen.run.home import free_ports
from loadgen.storage import save
from loadgen.telemetry import counters
from tests.sim_process import ROOT, Sim
from tests.waiting import wait_until

CONFIG = ROOT / "loadgen" / "config" / "load_test_config.yaml"
ENTRY = ROOT / "loadgen" / "locustfile.py"


SIM_PORTS = ("rest", "llm", "stt", "tts", "control")


def plan_for(sim: Sim, users: int, seconds: float, workers: int, think: float = 0.2, **asked: Any) -> Plan:
    """The default operations on the stand-in: all users at once, for so long."""
    ports = {name: sim.ports[name] for name in SIM_PORTS}
    return plan_at(ports, users=users, duration=seconds, workers=workers, think=think, **asked)


def plan_at(ports: dict[str, int], *, think: float = 0.2, **asked: Any) -> Plan:
    """The default operations on these ports; `asked`: of a RunRequest."""
    request = RunRequest(spawn_rate=100, endpoints=Endpoints(**ports), log_requests=True, **asked)
    plan = compile_plan(load_config(CONFIG), request, now_id="20251130120000")
    pauses = {test_type: ThinkTime(low=think, high=think) for test_type in plan.think_times}
    return msgspec.structs.replace(plan, target=check_allowed(plan.target), think_times=pauses)


def drawing(plan: Plan, call: str, **changes: Any) -> Plan:
    """The plan whose users do nothing but this call, and what must come before it; `changes`: of its operation."""
    operations = tuple(
        msgspec.structs.replace(o, weight=1.0, **changes) if o.call == call else msgspec.structs.replace(o, weight=0.0)
        for o in plan.operations
    )
    return msgspec.structs.replace(plan, operations=operations)


def aimed(plan: Plan, **changes: Any) -> Plan:
    """The plan with another target."""
    return msgspec.structs.replace(plan, target=msgspec.structs.replace(plan.target, **changes))


class Run(Struct):
    """The processes and their folder."""

    plan: Plan
    work: Path
    processes: list[subprocess.Popen[bytes]]
    """The master, then the workers."""

    def go(self) -> None:
        """Begin when everybody is ready."""
        wait_until(lambda: self._is_there("ready.json"), 60, "ready.json")
        save(self.work / "go.json", {"start": time.time() + 0.2})

    def stop(self, drain: float) -> None:
        """End early."""
        save(self.work / "stop.json", {"drain": drain})

    def final(self, timeout: float = 60) -> dict[str, Any]:
        """The last counts."""
        wait_until(lambda: self._is_there("final.json"), timeout, "final.json")
        return json.loads((self.work / "final.json").read_text())

    def requests(self) -> list[dict[str, Any]]:
        """Every operation in the request logs, as far as they are written."""
        return [
            json.loads(line)
            for path in sorted(self.work.glob("requests-*.jsonl"))
            for line in path.read_text().splitlines()
        ]

    def _is_there(self, name: str) -> bool:
        return (self.work / name).exists() or self._nobody_died()

    def _nobody_died(self) -> bool:
        dead = [process.args for process in self.processes if process.poll() not in (None, 0, -9)]
        logs = "\n".join(path.read_text() for path in self.work.glob("*.log"))
        assert not dead, f"{dead} ended:\n{logs}"
        return False


@contextmanager
def start_run(work: Path, plan: Plan) -> Iterator[Run]:
    """Start master and workers; they are killed at the end, by their own handles, if they still run."""
    work.mkdir()
    save(work / "plan.json", plan)
    counters.create(work, plan)
    (port,) = free_ports(1)
    run = Run(plan=plan, work=work, processes=[])
    users = ["-u", str(plan.users), "-r", str(plan.users), "--expect-workers", str(plan.workers), "--only-summary"]
    master = ["--master", "--headless", "--master-bind-host", "127.0.0.1", "--master-bind-port", str(port), *users]
    try:
        run.processes.append(_locust(work, "master", master))
        for number in range(plan.workers):
            arguments = ["--worker", "--master-host", "127.0.0.1", "--master-port", str(port)]
            run.processes.append(_locust(work, f"worker-{number}", arguments, LOADGEN_WORKER=str(number)))
        yield run
    finally:
        for process in run.processes:
            process.kill()
            process.wait()


def _locust(work: Path, role: str, arguments: list[str], **environment: str) -> subprocess.Popen[bytes]:
    with (work / f"{role}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "locust", "-f", str(ENTRY), "--loglevel", "WARNING", *arguments],
            cwd=work,  # not the repository: the entry file must find its own way
            env={**os.environ, "LOADGEN_PLAN": str(work / "plan.json"), "LOADGEN_WORK": str(work), **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
