"""The commands of a run's processes: the stand-in, the telemetry, Locust's master and workers."""

from __future__ import annotations

import http.client
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from loadgen.model.measured import GENERATOR
from loadgen.model.plan import Plan
from loadgen.plan import Endpoints
from loadgen.run.errors import EnvironmentFault
from loadgen.run.interrupt import Interrupt
from loadgen.run.processes import Child, Processes
from loadgen.storage import REPOSITORY

SIM_TIMEOUT = 30.0


def python(module: str, *arguments: str) -> list[str]:
    """The command line of one of our own programs."""
    return [sys.executable, "-m", module, *arguments]


def environment(**more: str) -> dict[str, str]:
    """Our own environment, in which children find our code, and `more`."""
    path = os.pathsep.join(p for p in (str(REPOSITORY), os.environ.get("PYTHONPATH", "")) if p)
    return {**os.environ, "PYTHONPATH": path, **more}


def start_sim(processes: Processes, work: Path, ports: Endpoints, options: Mapping[str, Any]) -> Child:
    """Start the stand-in on the chosen ports with the target's options."""
    command = python("sim", "--ready-file", str(work / "sim.json"), "--parent", str(os.getpid()))
    for name in ("rest", "llm", "stt", "tts", "control"):
        command += [f"--{name}-port", str(getattr(ports, name))]
    for key, value in options.items():
        command += _option(key, value)
    return processes.start("sim", command, environment(), work)


def _option(key: str, value: Any) -> list[str]:
    flag = "--" + key.replace("_", "-")
    if isinstance(value, bool):
        return [flag] if value else []
    return [flag, json.dumps(value) if isinstance(value, dict | list) else str(value)]


def wait_for_sim(child: Child, work: Path, interrupt: Interrupt) -> None:
    """Return when the stand-in listens. Raises EnvironmentFault when it ended instead."""

    def listening() -> bool:
        if child.exit_code() is not None:
            raise EnvironmentFault(f"the stand-in did not start: {child.last_words()}")
        return (work / "sim.json").exists()

    if not interrupt.wait(listening, SIM_TIMEOUT, step=0.02):
        raise EnvironmentFault(f"the stand-in did not listen within {SIM_TIMEOUT:.0f} s: {child.last_words()}")


def start_telemetry(processes: Processes, work: Path, port: int, commit: str) -> Child:
    """Start the telemetry process; the counter files must be there."""
    command = python(
        "loadgen.telemetry", "--plan", str(work / "plan.json"), "--work", str(work),
        "--listen", f"127.0.0.1:{port}", "--parent", str(os.getpid()), *(["--commit", commit] if commit else []),
    )  # fmt: skip
    return processes.start("telemetry", command, environment(), work)


def start_locust(processes: Processes, plan: Plan, work: Path, port: int) -> tuple[Child, list[Child]]:
    """Start Locust's master and the plan's workers, which find plan and control files through the environment."""
    own = _locust_environment(work)
    entry = ["-f", str(REPOSITORY / "loadgen" / "locustfile.py"), "--headless", "--loglevel", "WARNING"]
    master = python(
        "locust", *entry, "--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", str(port),
        "--expect-workers", str(plan.workers), "--users", str(plan.users), "--spawn-rate", str(plan.users),
        "--only-summary", "--exit-code-on-error", "0",
        "--html", str(work / "locust.html"), "--csv", str(work / "locust"),
        "--json-file", str(work / "locust"),  # to which Locust adds .json
    )  # fmt: skip
    worker = python("locust", *entry, "--worker", "--master-host", "127.0.0.1", "--master-port", str(port))
    return (
        processes.start("locust-master", master, own, work),
        [
            processes.start(f"worker-{number}", worker, {**own, "LOADGEN_WORKER": str(number)}, work, group=GENERATOR)
            for number in range(plan.workers)
        ],
    )


def start_page(processes: Processes, plan: Plan, work: Path, port: int, config: Path) -> Child:
    """Start Locust's own web page on loopback; the plan says where the load may go, the page how much there is."""
    command = python(
        "locust", "-f", str(REPOSITORY / "loadgen" / "locustfile.py"), "--loglevel", "WARNING",
        "--web-host", "127.0.0.1", "--web-port", str(port),
        "--users", str(plan.users), "--spawn-rate", str(plan.users),
    )  # fmt: skip
    own = {"LOADGEN_UI": "1", "LOADGEN_WORKER": "0", "LOADGEN_CONFIG": str(config.resolve())}
    return processes.start("page", command, _locust_environment(work) | own, work, group=GENERATOR)


def _locust_environment(work: Path) -> dict[str, str]:
    # Locust reads LOCUST_* variables and ~/.locust.conf; a user's own settings must not change what a run measures.
    clean = {name: value for name, value in environment().items() if not name.startswith("LOCUST_")}
    return {**clean, "HOME": str(work), "LOADGEN_PLAN": str(work / "plan.json"), "LOADGEN_WORK": str(work)}


def answered_by_sim(control: str) -> list[dict[str, Any]]:
    """What the stand-in has answered so far, by operation. Raises OSError, HTTPException or msgspec.DecodeError."""
    # Not urllib: it would obey a proxy from the environment.
    connection = http.client.HTTPConnection(urlsplit(control).netloc, timeout=5)
    try:
        connection.request("GET", "/answered")
        found: dict[str, list[dict[str, Any]]] = msgspec.json.decode(connection.getresponse().read())
    finally:
        connection.close()
    return found["operations"]
