"""A process that serves /metrics, started for a measurement: what it says, and what it uses, seen from outside."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

from loadgen.run.home import free_ports

SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

Series = tuple[str, frozenset[tuple[str, str]]]
"""Name and labels."""

START_TIMEOUT = 15.0


@dataclass
class Exporter:
    """A running exporter and a connection to it that stays open, as a scraper's does."""

    port: int
    process: psutil.Process
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)

    def text(self) -> str:
        """One scrape."""
        self.connection.request("GET", "/metrics")
        answer = self.connection.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, text
        return text

    def scrape(self) -> dict[Series, float]:
        """One scrape: its series and their values."""
        return {
            (name, frozenset(LABEL.findall(labels))): float(value)
            for name, labels, value in SAMPLE.findall(self.text())
        }

    def cpu(self) -> float:
        """CPU seconds so far."""
        used = self.process.cpu_times()
        return float(used.user + used.system)

    def resident(self) -> int:
        """Resident memory, in bytes."""
        return int(self.process.memory_info().rss)


@contextmanager
def ours(name: str, *flags: str) -> Iterator[Exporter]:
    """One of our exporters, answering."""
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "exporters", name, "--listen", f"127.0.0.1:{port}", *flags]
    with started(command, port) as exporter:
        yield exporter


@contextmanager
def started(command: Sequence[str], port: int, **variables: str) -> Iterator[Exporter]:
    """A program that serves /metrics on a loopback port, answering; gone afterwards.

    `variables`: of its environment, beside ours.
    """
    environment = {**os.environ, **variables}
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    exporter = Exporter(port, psutil.Process(child.pid))
    try:
        _wait(child, exporter)
        yield exporter
    finally:
        child.terminate()
        child.wait()


def _wait(child: subprocess.Popen[bytes], exporter: Exporter) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        try:
            exporter.text()
        except OSError:
            assert child.poll() is None, f"{child.args!r} ended with {child.returncode}"
            assert time.monotonic() < deadline, f"{child.args!r} does not answer"
            exporter.connection.close()
            time.sleep(0.05)
        else:
            return
