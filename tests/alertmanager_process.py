"""A real Alertmanager for tests, on a free loopback port; and a real webhook that keeps what it is told."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

import msgspec
import pytest
import requests

from loadgen.run.alertmanager import alertmanager_command, find_alertmanager
from tests.prometheus_process import free_port
from tests.waiting import wait_until

WAIVER = "LOADGEN_TESTS_WITHOUT_ALERTMANAGER"
"""An environment variable: who sets it does without the tests that need an Alertmanager."""


def need_alertmanager() -> Path:
    """The program. Fails the test without one: skipped unasked, what it proves would be missing and all be green."""
    program = find_alertmanager(Path("nowhere"))
    if program is None:
        if os.environ.get(WAIVER):
            pytest.skip(f"Alertmanager is missing, and waived by {WAIVER}")
        pytest.fail(f"Alertmanager is missing: make alertmanager; without this test: {WAIVER}=1", pytrace=False)
    return program


class RunningAlertmanager:
    """The process, its address, and its log."""

    def __init__(self, url: str, log: Path, process: subprocess.Popen[bytes]) -> None:
        self.url, self.log, self.process = url, log, process

    def post(self, *alerts: Mapping[str, str], resolved: bool = False, **annotations: str) -> None:
        """Alerts with these labels, as Prometheus sends them; `resolved`: they end now."""
        now = datetime.now(UTC)
        times = {
            # Alertmanager waits a group's time for company only from an alert's own start on.
            "startsAt": (now - timedelta(minutes=resolved)).isoformat(),
            "endsAt": (now if resolved else now + timedelta(minutes=4)).isoformat(),
        }
        body = [{"labels": dict(labels), "annotations": annotations, **times} for labels in alerts]
        answer = requests.post(f"{self.url}/api/v2/alerts", json=body, timeout=5)
        assert answer.status_code == 200, answer.text

    def alerts(self) -> list[dict[str, Any]]:
        """What it knows, with whether it is inhibited."""
        found: list[dict[str, Any]] = requests.get(f"{self.url}/api/v2/alerts", timeout=5).json()
        return found

    def ready(self) -> bool:
        """Whether it answers."""
        try:
            return requests.get(f"{self.url}/-/ready", timeout=1).status_code == 200
        except requests.RequestException:
            return False


@contextmanager
def start_alertmanager(folder: Path, config: str) -> Iterator[RunningAlertmanager]:
    """An Alertmanager that answers, with the text of an alertmanager.yml; gone afterwards."""
    program, port = need_alertmanager(), free_port()
    (folder / "alertmanager.yml").write_text(config)
    log = folder / "alertmanager.log"
    command = alertmanager_command(program, folder / "alertmanager.yml", folder / "data", port)
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder)
    running = RunningAlertmanager(f"http://127.0.0.1:{port}", log, process)
    try:
        wait_until(lambda: running.ready() or process.poll() is not None, 20, f"{running.url} to be ready")
        assert process.poll() is None, log.read_text()
        yield running
    finally:
        process.kill()
        process.wait()


class Webhook(ThreadingHTTPServer):
    """A receiver on a free loopback port. It keeps every POST with the moment it came, in Unix seconds."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Keeper)
        self.posts: list[tuple[float, str, dict[str, str], Any]] = []
        """The moment, the path, the headers and the body."""

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def alerts(self, path: str = "/") -> list[tuple[float, dict[str, Any]]]:
        """Every alert that it was told at `path`, with the moment."""
        return [(at, one) for at, where, _, body in list(self.posts) if where == path for one in body["alerts"]]

    def names(self, path: str = "/", status: str = "firing") -> list[str]:
        """Names of the alerts, in the order of their first coming."""
        told = [one["labels"]["alertname"] for _, one in self.alerts(path) if one["status"] == status]
        return list(dict.fromkeys(told))


class _Keeper(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append((time.time(), self.path, dict(self.headers), msgspec.json.decode(body)))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@contextmanager
def start_webhook() -> Iterator[Webhook]:
    """A webhook that listens; gone afterwards."""
    webhook = Webhook()
    thread = threading.Thread(target=webhook.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield webhook
    finally:
        webhook.shutdown()
        thread.join()
        webhook.server_close()


def amtool(*arguments: str, folder: Path) -> str:
    """What amtool says in `folder`; an AssertionError with all of it when it does not agree."""
    need_alertmanager()
    done = subprocess.run(["amtool", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def receivers_of(config: Path, labels: Mapping[str, str]) -> Sequence[str]:
    """Who is told of an alert with these labels, by amtool."""
    words = [f"{name}={value}" for name, value in labels.items()]
    said = amtool("config", "routes", "test", f"--config.file={config}", *words, folder=config.parent)
    return tuple(said.strip().split(","))


class Smarthost(ThreadingTCPServer):
    """A mail server on a free loopback port that knows as much of SMTP as Alertmanager speaks, without TLS."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Mail)
        self.mails: list[tuple[list[str], str]] = []
        """Of each mail the commands before it, and its text."""

    @property
    def address(self) -> str:
        """`host:port`."""
        return f"127.0.0.1:{self.server_address[1]}"


class _Mail(StreamRequestHandler):
    server: Smarthost

    def handle(self) -> None:
        self._say("220 here")
        commands: list[str] = []
        while line := self.rfile.readline().decode().strip():
            commands.append(line)
            if line == "DATA":
                self._say("354 go on")
                text = "".join(iter(lambda: self.rfile.readline().decode(), ".\r\n"))
                self.server.mails.append((commands, text))
            self._say("250-here\r\n250 AUTH PLAIN" if line.startswith("EHLO") else _ANSWERS.get(line[:4], "250 ok"))

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


_ANSWERS = {"AUTH": "235 welcome", "QUIT": "221 bye"}


@contextmanager
def start_smarthost() -> Iterator[Smarthost]:
    """A mail server that listens; gone afterwards."""
    smarthost = Smarthost()
    thread = threading.Thread(target=smarthost.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield smarthost
    finally:
        smarthost.shutdown()
        thread.join()
        smarthost.server_close()
