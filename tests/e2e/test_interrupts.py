"""Every interruption: the load stops within seconds, no process is left, what there is is written and said."""

from __future__ import annotations

import signal
from collections.abc import Callable

import psutil
import pytest

from tests.e2e.harness import Running
from tests.waiting import wait_until

Begin = Callable[..., Running]
LONG = {"scenarios": {"quick": {"duration": "60s"}}}


def everybody(running: Running) -> list[psutil.Process]:
    return [process for group in running.descendants().values() for process in group]


def none_left(processes: list[psutil.Process]) -> None:
    psutil.wait_procs(processes, timeout=5)
    assert not [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_during_the_load_stops_it_and_leaves_a_partial_report(begin: Begin, number: int, code: int) -> None:
    running = begin(LONG)
    running.wait_for_load()
    processes = everybody(running)
    running.signal(number)
    finished = running.finish(30)
    assert finished.code == code, finished.output
    none_left(processes)
    assert finished.verdict.verdict == "INVALID"
    assert finished.verdict.exit_code == code
    assert finished.record.outcome == "interrupted"
    assert finished.record.locust is not None, finished.output
    assert "interrupted" in finished.output


@pytest.mark.parametrize("role", ["prometheus", "sim", "master"])
def test_a_signal_while_the_run_starts_ends_it_without_load(begin: Begin, role: str) -> None:
    running = begin(LONG)
    wait_until(lambda: running.ended() or role in running.descendants(), 60, f"{role} to be started")
    processes = everybody(running)
    running.signal(signal.SIGINT)
    finished = running.finish(30)
    assert finished.code == 130, finished.output
    none_left(processes)
    assert finished.verdict.verdict == "INVALID"


def test_a_second_signal_ends_the_run_at_once(begin: Begin) -> None:
    running = begin(LONG)
    running.wait_for_load()
    processes = everybody(running)
    running.signal(signal.SIGINT)
    wait_until(lambda: "stopping" in running.output, 10, "the first signal to be heard")
    running.signal(signal.SIGINT)
    finished = running.finish(10)
    assert finished.code == 130, finished.output
    none_left(processes)


def test_when_the_orchestrator_is_killed_nothing_outlives_it(begin: Begin) -> None:
    running = begin(LONG)
    running.wait_for_load()
    processes = everybody(running)
    assert len(processes) >= 5
    running.process.kill()
    running.process.wait()
    _gone, left = psutil.wait_procs(processes, timeout=15)
    assert not left, left
