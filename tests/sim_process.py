"""A stand-in June in a process of its own, on free ports, for any test that needs one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from msgspec import Struct

from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent

FREE_PORTS = [f"--{name}-port=0" for name in ("rest", "llm", "stt", "tts", "control")]


class Sim(Struct, frozen=True, kw_only=True):
    """A running stand-in."""

    process: subprocess.Popen[bytes]
    ports: dict[str, int]

    @property
    def rest(self) -> str:
        """Base URL of the gateway."""
        return f"http://127.0.0.1:{self.ports['rest']}"

    @property
    def websocket(self) -> str:
        """Base URL of its WebSocket."""
        return f"ws://127.0.0.1:{self.ports['rest']}"

    def grpc(self, service: str) -> str:
        """`host:port` of llm, stt or tts."""
        return f"127.0.0.1:{self.ports[service]}"

    @property
    def control(self) -> str:
        """Base URL of the control endpoint."""
        return f"http://127.0.0.1:{self.ports['control']}"

    def tell(self, command: str, **body: Any) -> dict[str, Any]:
        """POST a command to the control endpoint; returns the state."""
        answer = requests.post(f"{self.control}/{command}", json=body, timeout=5)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def state(self) -> dict[str, Any]:
        """GET /state."""
        return requests.get(f"{self.control}/state", timeout=5).json()

    def answered(self, key: str) -> dict[str, int]:
        """The books of an operation, `rest:chat`: answered, errors, given_up."""
        operations = requests.get(f"{self.control}/answered", timeout=5).json()["operations"]
        return next(o for o in operations if f"{o['test_type']}:{o['call']}" == key)


@contextmanager
def start_sim(folder: Path, *arguments: str, **environment: str) -> Iterator[Sim]:
    """Start a stand-in and wait until it listens; it is ended with SIGTERM, and has to go."""
    ready = Path(tempfile.mkdtemp(dir=folder)) / "ready.json"
    process = subprocess.Popen(
        [sys.executable, "-m", "sim", *FREE_PORTS, "--ready-file", str(ready), *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: ready.exists() or process.poll() is not None, 20, "a stand-in that listens")
        assert process.poll() is None, f"the stand-in ended with {process.returncode}"
        yield Sim(process=process, ports=json.loads(ready.read_text()))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
