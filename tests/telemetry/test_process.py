"""The telemetry process: real, over real HTTP, beside real writers."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loadgen.model.plan import Plan
from loadgen.storage import save
from tests.small_plan import operation, small_plan
from tests.telemetry.seen import samples_in
from tests.telemetry_process import command, prepare, start_telemetry
from tests.waiting import wait_until

WRITER = """
import sys
from pathlib import Path
from loadgen.model.plan import Plan
from loadgen.storage import load
from loadgen.telemetry.counters import WorkerCounters
from tests.outcomes import outcome
work = Path(sys.argv[1])
counters = WorkerCounters.open(work, load(work / "plan.json", Plan), int(sys.argv[2]))
each = [outcome(seconds=0.5), outcome(seconds=0.5, reason="timeout")]
done = 0
while done < int(sys.argv[3]):
    counters.record(each[done % 2])
    done += 1
    if done % 1000 == 0:
        print(done, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return _prepared(tmp_path, small_plan(workers=2))


def _prepared(work: Path, plan: Plan) -> Path:
    prepare(work, plan)
    return work


def _ask(port: int, method: str, path: str) -> tuple[int, str | None, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type"), answer.read().decode()
    finally:
        connection.close()


def test_only_metrics_targets_and_health_are_answered(work: Path):
    with start_telemetry(work) as (_, port):
        assert _ask(port, "GET", "/metrics")[:2] == (200, "text/plain; version=0.0.4; charset=utf-8")
        assert _ask(port, "GET", "/sd")[:2] == (200, "application/json")
        assert _ask(port, "GET", "/healthz")[0] == 200
        assert [_ask(port, "GET", path)[0] for path in ("/", "/metrics/", "/../plan.json")] == [404, 404, 404]
        assert [_ask(port, method, "/sd")[0] for method in ("POST", "DELETE", "HEAD")] == [405, 405, 405]


def test_a_connection_serves_many_scrapes(work: Path):
    with start_telemetry(work) as (_, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.connect()
        own = connection.sock.getsockname()
        for _ in range(3):
            connection.request("GET", "/metrics")
            assert connection.getresponse().read()
            assert connection.sock.getsockname() == own
        connection.close()


def test_two_scrapers_at_once_see_whole_texts(work: Path):
    with start_telemetry(work) as (_, port):
        held = socket.create_connection(("127.0.0.1", port))
        held.sendall(b"GET /metrics HTTP/1.1\r\n")
        assert _ask(port, "GET", "/metrics")[0] == 200
        held.close()


def test_a_writer_that_is_killed_loses_nothing_it_had_counted(work: Path):
    with start_telemetry(work) as (_, port), _writer(work, 0, 3000) as writer:
        assert writer.stdout is not None
        while writer.stdout.readline() != "3000\n":
            pass
        writer.send_signal(signal.SIGKILL)
        writer.wait(timeout=10)
        assert _requests(_ask(port, "GET", "/metrics")[2]) == 3000


def test_scrapes_beside_writers_never_see_half_a_number_or_a_step_back(work: Path):
    with start_telemetry(work) as (_, port), _writer(work, 0, 60_000) as first, _writer(work, 1, 60_000) as second:
        seen = [0]
        while seen[-1] < 120_000:
            text = _ask(port, "GET", "/metrics")[2]
            requests, failures = _requests(text), _failures(text)
            assert seen[-1] <= requests <= 120_000
            assert failures <= requests
            assert first.poll() is None
            assert second.poll() is None
            seen.append(requests)
        assert len(set(seen)) > 5
        assert _failures(text) == 60_000


@contextmanager
def _writer(work: Path, worker: int, number: int) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(work), str(worker), str(number)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _requests(text: str) -> int:
    return int(sum(v for (name, _), v in samples_in(text).items() if name == "loadtest_requests_total"))


def _failures(text: str) -> int:
    return int(sum(v for (name, _), v in samples_in(text).items() if name == "loadtest_request_failures_total"))


def test_sigterm_ends_it_at_once_and_cleanly(work: Path):
    with start_telemetry(work) as (process, port):
        held = socket.create_connection(("127.0.0.1", port))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=5) == 0
        held.close()


def test_it_ends_when_its_parent_is_gone(work: Path):
    script = "import subprocess, sys; p = subprocess.Popen(sys.argv[1:], stdout=sys.stdout); print(p.pid, flush=True)"
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import os, sys; sys.argv.append(str(os.getpid()))\n" + script,
            *command(work, "--listen", "127.0.0.1:0", "--parent"),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    told, _ = parent.communicate(timeout=10)
    child = int(next(line for line in told.splitlines() if line.isdecimal()))
    wait_until(lambda: not Path(f"/proc/{child}").exists(), 5, "the orphan ended")


@pytest.mark.parametrize(
    "change, code, says",
    [
        (lambda work: (work / "plan.json").unlink(), 3, "plan.json"),
        (lambda work: (work / "plan.json").write_text('{"run_id": 7}'), 3, "plan.json"),
        (lambda work: save(work / "plan.json", small_plan(operations=(operation("rest", "strange"),))), 3, "'strange'"),
        (lambda work: (work / "worker-1.counters").unlink(), 3, "worker-1.counters"),
        (lambda work: save(work / "plan.json", small_plan(workers=2, run_id="another")), 3, "another plan"),
        (lambda work: (work / "run.counters").write_bytes(b"x"), 3, "run.counters"),
    ],
)
def test_what_it_cannot_use_is_said_in_one_line(work: Path, change: Callable[[Path], object], code: int, says: str):
    change(work)
    ended = subprocess.run(command(work), capture_output=True, text=True, check=False)
    assert ended.returncode == code
    assert says in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_taken_port_is_the_environments_fault(work: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = subprocess.run(command(work, "--listen", listen), capture_output=True, text=True, check=False)
    assert ended.returncode == 4
    assert listen in ended.stderr


@pytest.mark.parametrize("wrong", [["--listen", "9646"], ["--listen", "127.0.0.1:70000"], ["--what"]])
def test_a_usage_error_is_code_3(work: Path, wrong: list[str]):
    ended = subprocess.run(command(work, *wrong), capture_output=True, text=True, check=False)
    assert ended.returncode == 3
