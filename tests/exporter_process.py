"""A real exporter for tests: a process of its own, on a free loopback port."""

from __future__ import annotations

import http.client
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

COMMAND = [sys.executable, "-m", "exporters"]


class Answered(NamedTuple):
    """What came back."""

    status: int
    kind: str | None
    text: str


def ask(port: int, path: str = "/metrics", method: str = "GET", headers: Mapping[str, str] | None = None) -> Answered:
    """One request over a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers=dict(headers or {}))
        answer = connection.getresponse()
        return Answered(answer.status, answer.getheader("Content-Type"), answer.read().decode())
    finally:
        connection.close()


@contextmanager
def start_exporter(
    name: str, *flags: str, env: Mapping[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The process and its port, listening; gone afterwards. `env`: its whole environment."""
    command = [*COMMAND, name, "--listen", "127.0.0.1:0", *flags]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        told = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", said)
        assert told, f"{said!r}, then {process.stderr and process.stderr.read()}"
        yield process, int(told[1])
    finally:
        process.kill()
        process.communicate()


def run_exporter(*words: str) -> subprocess.CompletedProcess[str]:
    """An exporter that does not come to listening: how it ended and what it said."""
    return subprocess.run([*COMMAND, *words], capture_output=True, text=True, timeout=30, check=False)
