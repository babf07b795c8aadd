"""The exporter as a process, and what it says."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

import psutil
import requests

from tests import exporter_process

PATIENCE = 30.0
"""Seconds to wait for an answer that is due in less than one."""

SAMPLE = re.compile(r"(?P<name>\w+)(\{(?P<labels>.*)\})? (?P<value>\S+)")
LABEL = re.compile(r'(\w+)="([^"]*)"')

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


class RunningExporter:
    """The process, its scrapes and its words."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self._url = f"http://127.0.0.1:{port}/metrics"
        self._said = ""
        self._session = requests.Session()  # one connection, as a scraper has, so that what is held stays the same

    def said(self) -> str:
        """Everything on stderr so far."""
        assert self.process.stderr is not None
        pipe = self.process.stderr.fileno()
        os.set_blocking(pipe, False)
        with suppress(BlockingIOError):
            self._said += os.read(pipe, 1 << 20).decode()
        return self._said

    def text(self, seconds: float | None = None, really: float = PATIENCE) -> str:
        """A scrape, by a scraper that says that it waits `seconds`, and gives up after `really` so many."""
        headers = {} if seconds is None else {"X-Prometheus-Scrape-Timeout-Seconds": str(seconds)}
        answer = self._session.get(self._url, headers=headers, timeout=really)
        assert answer.status_code == 200
        return answer.text

    def scrape(self, seconds: float | None = None, really: float = PATIENCE) -> Samples:
        """Likewise, read."""
        found = (SAMPLE.fullmatch(line) for line in self.text(seconds, really).splitlines() if line[0] != "#")
        return {(s["name"], frozenset(LABEL.findall(s["labels"] or ""))): float(s["value"]) for s in found if s}

    def leave(self) -> None:
        """Scrape no more."""
        self._session.close()

    def holds(self) -> tuple[int, int]:
        """Threads and descriptors of the process."""
        seen = psutil.Process(self.process.pid)
        return seen.num_threads(), seen.num_fds()


def value(samples: Samples, name: str, /, **labels: str) -> float | None:
    """The sum of the samples with at least these labels; None when there are none."""
    found = [v for (n, held), v in samples.items() if n == name and labels.items() <= dict(held).items()]
    return sum(found) if found else None


@contextmanager
def start_exporter(words: Sequence[str], environment: Mapping[str, str]) -> Iterator[RunningExporter]:
    """The exporter with these words, and these variables beside our own."""
    with exporter_process.start_exporter("dbpool", *words, env={**os.environ, **environment}) as (process, port):
        running = RunningExporter(process, port)
        yield running
        running.leave()
