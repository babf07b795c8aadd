"""A real Prometheus for tests: on a free loopback port, with its data in a temporary folder."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from loadgen.query.client import Prometheus
from loadgen.rules.prometheus_config import prometheus_config
from loadgen.storage import write_whole
from tests.waiting import wait_until

NO_RULES = "groups: []\n"


class RunningPrometheus:
    """The process, its address, and its files of targets and rules."""

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.client = Prometheus(self.url)
        self._folder = folder
        self._targets: list[dict[str, object]] = []
        self.process: subprocess.Popen[bytes]

    def add_target(self, address: str, labels: Mapping[str, str]) -> None:
        """Scrape one more; file discovery finds it within a few seconds."""
        self._targets.append({"targets": [address], "labels": dict(labels)})
        write_whole(self._folder / "targets.json", msgspec.json.encode(self._targets))

    def set_rules(self, rules: str) -> None:
        """Have exactly the rules of this text, loaded when this returns."""
        write_whole(self._folder / "rules.yml", rules.encode())
        if hasattr(self, "process"):
            self.client.reload()

    def kill(self) -> None:
        """As an accident would."""
        self.process.kill()
        self.process.wait()


@contextmanager
def start_prometheus(
    folder: Path,
    scrape_targets: Iterable[tuple[str, Mapping[str, str]]] = (),
    rules: str = NO_RULES,
    config: str | None = None,
    flags: Sequence[str] = (),
) -> Iterator[RunningPrometheus]:
    """A Prometheus that answers, scraping and evaluating every second; gone afterwards.

    `scrape_targets`: `host:port` and labels of each. The first scrape comes about five seconds after the start.
    `config`: a prometheus.yml of its own, which may know nothing of targets and rules here. `flags`: more of them.
    """
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("Prometheus is not installed")
    port = free_port()
    running = RunningPrometheus(folder, port)
    for address, labels in scrape_targets:
        running.add_target(address, labels)
    running.set_rules(rules)
    usual = prometheus_config(scrape_interval=1.0, rule_files=["rules.yml"], targets_files=["targets.json"])
    write_whole(folder / "prometheus.yml", (config or usual).encode())
    with (folder / "prometheus.log").open("wb") as log:
        running.process = subprocess.Popen([*_command(program, folder, port), *flags], stdout=log, stderr=log)
    try:
        wait_until(running.client.ready, 30, f"{running.url} to be ready")
        yield running
    finally:
        running.kill()


def _command(program: str, folder: Path, port: int) -> list[str]:
    return [
        program,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-lifecycle",
        "--log.level=warn",
    ]


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
