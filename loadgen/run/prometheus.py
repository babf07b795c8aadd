"""A native Prometheus for the run: found, configured with exactly the plan's rules, started on loopback."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import msgspec

from loadgen.catalogue.promql import duration
from loadgen.model.plan import Plan
from loadgen.run.errors import EnvironmentFault
from loadgen.run.processes import Child, Processes
from loadgen.storage import write_whole

OLDEST = (2, 42)
DEFAULT_PORT = 9090


def find_prometheus(state: Path) -> tuple[Path, str]:
    """The program and its version: one that setup unpacked in the state folder, else the one on PATH.

    Raises EnvironmentFault when there is none or it is too old.
    """
    unpacked = sorted(state.glob("tools/*/prometheus"))
    on_path = shutil.which("prometheus")
    program = unpacked[-1] if unpacked else Path(on_path) if on_path else None
    if program is None:
        raise EnvironmentFault("Prometheus is missing; run `make setup`, or install the package `prometheus`")
    answer = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"version (\d+)\.(\d+)\.\S+", answer.stdout + answer.stderr)
    if found is None:
        raise EnvironmentFault(f"{program} --version says nothing that a Prometheus would say; run `make setup`")
    if (int(found[1]), int(found[2])) < OLDEST:
        raise EnvironmentFault(f"{program} is {found[0]}; at least {OLDEST[0]}.{OLDEST[1]} is needed")
    return program, found[0].removeprefix("version ").rstrip(",")


def lookback_of(plan: Plan) -> float:
    """Seconds for which a Prometheus of ours believes a value: a gap that validity allows, and two scrapes more."""
    return (plan.validity.scrape_gap_intervals + 2) * plan.scrape_interval


def prometheus_command(
    program: Path, config: Path, data: Path, port: int, retention: str, lookback: float
) -> list[str]:
    """The command line of a Prometheus on loopback that reloads when it is told to. `lookback`: seconds."""
    return [
        str(program),
        f"--config.file={config}",
        f"--storage.tsdb.path={data}",
        f"--storage.tsdb.retention.time={retention}",
        f"--query.lookback-delta={duration(lookback)}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-lifecycle",
        "--log.level=warn",
    ]


class NativePrometheus:
    """The Prometheus of one run. Its data directory outlives it; its configuration is the run's own."""

    def __init__(self, program: Path, work: Path, data: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.data = data
        self._program = program
        self._work = work
        self._port = port

    @property
    def rules_file(self) -> Path:
        """Where the plan's rules stand."""
        return self._work / "rules.yml"

    @property
    def targets_file(self) -> Path:
        """The file service discovery of the telemetry."""
        return self._work / "targets.json"

    def write_targets(self, telemetry: str, run_id: str, scenario: str) -> None:
        """Name the telemetry endpoint (`host:port`) with the labels that every series of the run carries."""
        group = {"targets": [telemetry], "labels": {"run_id": run_id, "scenario": scenario}}
        write_whole(self.targets_file, msgspec.json.encode([group]))

    def write_configuration(self, configuration: str, rules: str) -> None:
        """Write both files, before the start."""
        write_whole(self._work / "prometheus.yml", configuration.encode())
        self.write_rules(rules)

    def write_rules(self, rules: str) -> None:
        """Write the rules; a running server reads them when it is told to reload."""
        write_whole(self.rules_file, rules.encode())

    def start(self, processes: Processes, retention: str, lookback: float) -> Child:
        """Start it. Whether it is ready is asked over HTTP.

        `lookback`: seconds for which a value is believed. The last run's stand in the same data, and a Prometheus that
        ends does not mark its series as ended: by its own five minutes this run would begin with that run's values.
        """
        self.data.mkdir(parents=True, exist_ok=True)
        config = self._work / "prometheus.yml"
        command = prometheus_command(self._program, config, self.data, self._port, retention, lookback)
        return processes.start("prometheus", command, dict(os.environ), self._work)
