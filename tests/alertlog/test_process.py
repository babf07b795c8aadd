"""The alert log: real, over real HTTP, with a real Alertmanager, and not ended by anything that is sent to it."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loadgen.alertlog.file import BoundedFile
from loadgen.config.notifications import NotificationSettings
from loadgen.rules.alertmanager import ALERT_LOG, alertmanager_config
from tests.alertmanager_process import start_alertmanager
from tests.waiting import wait_until

COMMAND = [sys.executable, "-m", "loadgen.alertlog"]
FIRING = {
    "status": "firing",
    "labels": {"alertname": "LoadtestErrorsBreached", "criterion": "errors:rest", "run_id": "spike-1"},
    "annotations": {"description": "3% failed; it must be less than 1%."},
    "startsAt": "2025-11-30T12:00:00Z",
}
SAID = "firing LoadtestErrorsBreached errors:rest run spike-1: 3% failed; it must be less than 1%."


@contextmanager
def start_alertlog(file: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The process and its port, listening; gone afterwards."""
    command = [*COMMAND, "--listen", "127.0.0.1:0", "--file", str(file), *more]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        told = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", said)
        assert told, f"{said!r}, then {process.stderr and process.stderr.read()}"
        yield process, int(told[1])
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "alerts.log"


@pytest.fixture
def port(log: Path) -> Iterator[int]:
    with start_alertlog(log) as (process, port):
        yield port
        assert process.poll() is None, "it ended"


def ask(port: int, method: str, path: str, body: bytes | None = None, **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def post(port: int, *alerts: dict) -> int:
    return ask(port, "POST", "/alerts", json.dumps({"version": "4", "alerts": alerts}).encode())


def test_an_alert_becomes_a_line_in_the_file_and_on_standard_output(log: Path):
    with start_alertlog(log) as (process, port):
        assert post(port, FIRING) == 200
        assert process.stdout is not None
        line = process.stdout.readline()
    assert line.rstrip("\n").endswith(SAID)
    assert log.read_text() == line


def test_a_group_that_is_told_again_with_a_new_alert_adds_one_line(port: int, log: Path):
    other = FIRING | {"labels": {**FIRING["labels"], "criterion": "errors:grpc"}}
    assert [post(port, FIRING), post(port, FIRING, other), post(port, other)] == [200, 200, 200]
    assert [line.split()[3] for line in log.read_text().splitlines()] == ["errors:rest", "errors:grpc"]


@pytest.mark.parametrize(
    "method, path, body, status",
    [
        ("GET", "/healthz", None, 200),
        ("GET", "/alerts", None, 404),
        ("POST", "/", b"{}", 404),
        ("POST", "/alerts", b"{", 400),
        ("POST", "/alerts", b"[]", 400),
        ("POST", "/alerts", b"\xff", 400),
        ("POST", "/alerts", b"[" * 100_000, 400),
        ("DELETE", "/alerts", None, 405),
        ("HEAD", "/healthz", None, 405),
    ],
    ids=["health", "get", "path", "cut", "list", "binary", "deep", "delete", "head"],
)
def test_anything_else_is_answered_and_ends_nothing(
    port: int, log: Path, method: str, path: str, body: bytes | None, status: int
):
    assert ask(port, method, path, body) == status
    assert post(port, FIRING) == 200
    assert len(log.read_text().splitlines()) == 1


def test_a_body_without_a_length_or_with_an_impossible_one_is_not_read(port: int):
    for header, status in (("", 411), ("Content-Length: -1", 411), ("Content-Length: 99999999999", 413)):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(
                f"POST /alerts HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n".replace("\r\n\r\n\r\n", "\r\n\r\n").encode()
            )
            assert connection.recv(100).startswith(f"HTTP/1.1 {status} ".encode()), header


def test_a_client_that_hangs_up_in_the_middle_ends_nothing(port: int):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"POST /alerts HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
    assert post(port, FIRING) == 200


def test_a_reader_of_standard_output_that_is_gone_ends_nothing(log: Path):
    with start_alertlog(log) as (process, port):
        assert process.stdout is not None
        process.stdout.close()
        assert [post(port, FIRING | {"startsAt": str(number)}) for number in range(3)] == [200] * 3
        assert process.poll() is None
    assert len(log.read_text().splitlines()) == 3


def test_lines_that_cannot_be_written_are_asked_for_again(port: int, log: Path):
    log.unlink()
    log.mkdir()
    assert post(port, FIRING) == 500
    log.rmdir()
    assert post(port, FIRING) == 200
    assert len(log.read_text().splitlines()) == 1


def test_the_file_is_bounded_and_the_newest_lines_are_there(tmp_path: Path):
    file = BoundedFile(tmp_path / "alerts.log", most=100)
    for number in range(50):
        file.write([f"line {number}"])
    kept = [*(tmp_path / "alerts.log.1").read_text().splitlines(), *(tmp_path / "alerts.log").read_text().splitlines()]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 200
    assert kept == [f"line {number}" for number in range(50 - len(kept), 50)]
    assert len(kept) > 10


def test_it_ends_with_its_parent_and_when_it_is_told_to(log: Path):
    with start_alertlog(log) as (process, _):
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    with start_alertlog(log, "--parent", "1") as (process, _):
        assert process.wait(10) == 0
    with start_alertlog(log, "--parent", str(os.getpid())) as (process, port):
        assert ask(port, "GET", "/healthz") == 200
        assert process.poll() is None


def test_what_is_wrong_is_a_line_and_a_code(log: Path, port: int, tmp_path: Path):
    (tmp_path / "plain").touch()
    for words, code, said in (
        (["--listen", "nowhere", "--file", str(log)], 3, "is not host:port"),
        ([], 3, "--file"),
        (["--listen", f"127.0.0.1:{port}", "--file", str(log)], 4, "cannot listen on"),
        (["--listen", "127.0.0.1:0", "--file", str(tmp_path / "plain/x")], 4, "cannot be written"),
    ):
        done = subprocess.run([*COMMAND, *words], capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == code, done.stderr
        assert said in done.stderr
        assert done.stderr.count("\n") == 1


def test_what_a_real_alertmanager_tells_by_the_generated_configuration_stands_in_the_file(
    port: int, log: Path, tmp_path: Path
):
    config = alertmanager_config(NotificationSettings()).replace(ALERT_LOG, f"http://127.0.0.1:{port}/alerts")
    with start_alertmanager(tmp_path, config) as manager:
        manager.post(FIRING["labels"], **FIRING["annotations"])
        wait_until(lambda: SAID in log.read_text(), 15, "the alert in the log")
        manager.post(FIRING["labels"], resolved=True, **FIRING["annotations"])
        wait_until(lambda: SAID.replace("firing", "resolved") in log.read_text(), 15, "its end in the log")
    assert len(log.read_text().splitlines()) == 2
