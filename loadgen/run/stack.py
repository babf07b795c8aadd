"""The commands of a run's processes: the stand-in, the telemetry, Locust's master and workers."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from loadgen.model.plan import Plan
from loadgen.plan import Endpoints
from loadgen.run.errors import EnvironmentFault
from loadgen.run.home import REPOSITORY, free_ports, port_is_free
from loadgen.run.interrupt import Interrupt
from loadgen.run.processes import Child, Processes

TELEMETRY_PORT = 9646
SIM_TIMEOUT = 30.0


class Ports(Struct, frozen=True, kw_only=True):
    """Where this run's own processes listen, all on loopback."""

    prometheus: int
    telemetry: int
    locust: int
    sim: Endpoints


def choose_ports(prometheus: int, telemetry: int) -> Ports:
    """The usual ports for what a person may want to open, another where one is taken, and free ones for the rest."""
    spare = free_ports(8)
    return Ports(
        prometheus=prometheus if port_is_free(prometheus) else spare[0],
        telemetry=telemetry if port_is_free(telemetry) else spare[1],
        locust=spare[2],
        sim=Endpoints(rest=spare[3], llm=spare[4], stt=spare[5], tts=spare[6], control=spare[7]),
    )


def _python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def _environment(**more: str) -> dict[str, str]:
    path = os.pathsep.join(p for p in (str(REPOSITORY), os.environ.get("PYTHONPATH", "")) if p)
    return {**os.environ, "PYTHONPATH": path, **more}


def start_sim(processes: Processes, work: Path, ports: Endpoints, options: Mapping[str, Any]) -> Child:
    """Start the stand-in on the chosen ports with the target's options."""
    command = _python("sim", "--ready-file", str(work / "sim.json"), "--parent", str(os.getpid()))
    for name in ("rest", "llm", "stt", "tts", "control"):
        command += [f"--{name}-port", str(getattr(ports, name))]
    for key, value in options.items():
        command += _option(key, value)
    return processes.start("sim", command, _environment(), work)


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
    command = _python(
        "loadgen.telemetry", "--plan", str(work / "plan.json"), "--work", str(work),
        "--listen", f"127.0.0.1:{port}", "--parent", str(os.getpid()), *(["--commit", commit] if commit else []),
    )  # fmt: skip
    return processes.start("telemetry", command, _environment(), work)


def start_locust(processes: Processes, plan: Plan, work: Path, port: int) -> tuple[Child, list[Child]]:
    """Start Locust's master and the plan's workers, which find plan and control files through the environment."""
    own = _locust_environment(work)
    entry = ["-f", str(REPOSITORY / "loadgen" / "locustfile.py"), "--headless", "--loglevel", "WARNING"]
    master = _python(
        "locust", *entry, "--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", str(port),
        "--expect-workers", str(plan.workers), "--users", str(plan.users), "--spawn-rate", str(plan.users),
        "--only-summary", "--exit-code-on-error", "0",
        "--html", str(work / "locust.html"), "--json-file", str(work / "locust.json"), "--csv", str(work / "locust"),
    )  # fmt: skip
    worker = _python("locust", *entry, "--worker", "--master-host", "127.0.0.1", "--master-port", str(port))
    return (
        processes.start("locust-master", master, own, work),
        [
            processes.start(f"worker-{number}", worker, {**own, "LOADGEN_WORKER": str(number)}, work)
            for number in range(plan.workers)
        ],
    )


def start_page(processes: Processes, plan: Plan, work: Path, port: int, config: Path) -> Child:
    """Start Locust's own web page on loopback; the plan says where the load may go, the page how much there is."""
    command = _python(
        "locust", "-f", str(REPOSITORY / "loadgen" / "locustfile.py"), "--loglevel", "WARNING",
        "--web-host", "127.0.0.1", "--web-port", str(port),
        "--users", str(plan.users), "--spawn-rate", str(plan.users),
    )  # fmt: skip
    own = {"LOADGEN_UI": "1", "LOADGEN_WORKER": "0", "LOADGEN_CONFIG": str(config.resolve())}
    return processes.start("page", command, _locust_environment(work) | own, work)


def _locust_environment(work: Path) -> dict[str, str]:
    # Locust reads LOCUST_* variables and ~/.locust.conf; a user's own settings must not change what a run measures.
    clean = {name: value for name, value in _environment().items() if not name.startswith("LOCUST_")}
    return {**clean, "HOME": str(work), "LOADGEN_PLAN": str(work / "plan.json"), "LOADGEN_WORK": str(work)}


def answered_by_sim(control: str) -> list[dict[str, Any]]:
    """What the stand-in has answered so far, by operation. Raises OSError when it cannot be asked."""
    with urllib.request.urlopen(f"{control}/answered", timeout=5) as answer:  # noqa: S310 - our own loopback address
        found: dict[str, list[dict[str, Any]]] = msgspec.json.decode(answer.read())
    return found["operations"]
