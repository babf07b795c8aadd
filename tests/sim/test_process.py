"""The stand-in as a process: how it starts, what it refuses, and how it ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import requests
from websockets.sync.client import connect

from tests.june_calls import GENERATE, prompt, unary
from tests.sim_process import FREE_PORTS, ROOT, Sim
from tests.waiting import wait_until


def run(*arguments: str) -> tuple[int, str]:
    """A stand-in that cannot start: exit code and what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "sim", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    return done.returncode, done.stderr


def test_a_bad_argument_is_one_line_and_exit_3() -> None:
    code, said = run("--rest-port", "70000")
    assert code == 3
    assert said.count("\n") == 1
    assert "'70000' is no whole number in 0…65535" in said


@pytest.mark.parametrize("option", ["--rest-port", "--control-port", "--tts-port"])
def test_a_port_that_is_taken_is_one_line_and_exit_4(option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = run(*FREE_PORTS, option, str(port))
    assert code == 4
    assert said.count("\n") == 1
    assert f"{option}: cannot listen on 127.0.0.1:{port}" in said


def test_two_stand_ins_never_share_a_grpc_port(sim: Sim) -> None:
    code, said = run(*FREE_PORTS, "--llm-port", str(sim.ports["llm"]))
    assert (code, said.count("\n")) == (4, 1)


@pytest.mark.parametrize("option", ["--ready-file", "--record"])
def test_a_file_that_cannot_be_written_is_one_line_and_exit_4(option: str) -> None:
    code, said = run(*FREE_PORTS, option, "/proc/no/such/file")
    assert (code, said.count("\n")) == (4, 1)


def test_a_parent_that_is_not_there_is_one_line_and_exit_4() -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    code, said = run(*FREE_PORTS, "--parent", str(gone.pid))
    assert (code, said.count("\n")) == (4, 1)


def test_help_ends_with_0() -> None:
    assert run("--help")[0] == 0


def test_the_ready_file_names_ports_and_process(sim: Sim) -> None:
    assert set(sim.ports) == {"rest", "llm", "stt", "tts", "control", "pid"}
    assert sim.ports["pid"] == sim.process.pid


def test_it_listens_on_loopback_only(sim: Sim) -> None:
    listening = {c.laddr.ip for c in psutil.Process(sim.process.pid).net_connections() if c.status == "LISTEN"}
    assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}


@pytest.mark.parametrize("number, frozen", [(signal.SIGTERM, True), (signal.SIGINT, False)])
def test_a_signal_ends_it_whatever_is_under_way(
    start: Callable[..., Sim], number: signal.Signals, frozen: bool
) -> None:
    sim = start("--service-times", '{"llm": 600}')
    asking = threading.Thread(target=_ask, args=(sim,), daemon=True)
    with connect(f"{sim.websocket}/ws/ann", close_timeout=1):
        asking.start()
        wait_until(lambda: sim.state()["services"]["llm"]["in_use"] == 1, 5, "a call in its slot")
        if frozen:
            sim.tell("freeze", seconds=600)
        sim.process.send_signal(number)
        assert sim.process.wait(5) == 0
    asking.join(5)


def _ask(sim: Sim) -> None:
    try:
        unary(sim, GENERATE, prompt(), timeout=30)
    except Exception:  # noqa: BLE001 - the stand-in goes away under it
        return


def test_it_leaves_no_database_behind(
    start: Callable[..., Sim], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    sim = start()
    assert list(folder.glob("june-sim-*/june.db"))
    sim.process.terminate()
    assert sim.process.wait(5) == 0
    assert list(folder.iterdir()) == []


def test_it_ends_when_its_parent_is_killed(start: Callable[..., Sim]) -> None:
    with subprocess.Popen(["sleep", "600"]) as parent:
        sim = start("--parent", str(parent.pid))
        assert sim.process.poll() is None
        parent.kill()
        assert sim.process.wait(5) == 0


def test_the_record_is_written_at_reset_and_at_the_end_with_the_times_of_each_request(
    start: Callable[..., Sim], tmp_path: Path
) -> None:
    file = tmp_path / "record.jsonl"
    sim = start("--record", str(file))
    requests.get(f"{sim.rest}/health", headers={"X-Request-Id": "r1"}, timeout=5)
    unary(sim, GENERATE, prompt(), **{"x-request-id": "g1"})
    with connect(f"{sim.websocket}/ws/ann") as socket_:
        for _ in range(2):
            socket_.send("{}")
            socket_.recv(timeout=5)
    assert file.read_text() == ""
    sim.tell("reset")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(line["test_type"], line["call"], line["id"]) for line in lines] == [
        ("rest", "health", "r1"),
        ("grpc", "llm_generate", "g1"),
        ("websocket", "connect", "ann#0"),
        ("websocket", "text", "ann#1"),
        ("websocket", "text", "ann#2"),
    ]
    assert all(line["received"] <= line["answered"] for line in lines)
    requests.get(f"{sim.rest}/health", timeout=5)
    sim.process.terminate()
    sim.process.wait(5)
    assert len(file.read_text().splitlines()) == len(lines) + 1


def test_a_token_lives_as_long_as_it_was_told(start: Callable[..., Sim]) -> None:
    sim = start("--token-lifetime", "0")
    token = requests.post(f"{sim.rest}/auth/token", timeout=5).json()["access_token"]
    answer = requests.post(f"{sim.rest}/chat", json={}, headers={"Authorization": f"Bearer {token}"}, timeout=5)
    assert (answer.status_code, answer.json()) == (401, {"detail": "Invalid token: Signature has expired"})
