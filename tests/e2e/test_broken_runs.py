"""What breaks a run is told apart: the target's failure, a run that cannot tell, and one that never began."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from tests.e2e.harness import Finished, Running, control, only
from tests.waiting import wait_until

Run = Callable[..., Finished]
Begin = Callable[..., Running]

LONG: dict[str, Any] = {"scenarios": {"quick": {"duration": "20s"}}}
CHAT: dict[str, Any] = {"operations": only("rest", "chat")}


def test_a_target_that_freezes_fails(begin: Begin) -> None:
    running = begin(CHAT, {"operations": {"rest": {"chat": {"timeout": "2s"}}}}, args=("--test-type", "rest"))
    start = running.wait_for_load()
    wait_until(lambda: time.time() > start + 2, 10, "tokens and some answers")
    control(running, "/freeze", {"seconds": 30})
    finished = running.finish()
    assert finished.code == 1, finished.output
    assert finished.line("errors:rest").status == "failed"


def test_a_target_that_is_down_ends_in_4_and_gets_no_load(run: Run) -> None:
    finished = run(args=("--target", "june"))
    assert finished.code == 4, finished.output
    assert "127.0.0.1:8000" in finished.output
    assert finished.record.outcome == "environment"
    assert finished.record.started is None
    assert finished.verdict.exit_code == 4


@pytest.mark.parametrize("role", ["worker", "prometheus", "telemetry", "master"])
def test_a_killed_part_of_the_instrument_makes_the_run_invalid(begin: Begin, role: str) -> None:
    running = begin(LONG)
    start = running.wait_for_load()
    wait_until(lambda: time.time() > start + 3, 10, "some load")
    os.kill(running.descendants()[role][0].pid, signal.SIGKILL)
    finished = running.finish()
    assert finished.code == 2, finished.output
    assert role in finished.verdict.sentence + finished.output
    assert any(role in check for check in finished.breached), finished.breached
    assert finished.unsound_at_the_end <= finished.breached


def test_a_run_without_a_judged_sample_is_invalid(run: Run) -> None:
    weights = {"operations": {"rest": {"chat": {"weight": 0.000001}, "health": {"weight": 1000}}}}
    finished = run(CHAT, weights, args=("--test-type", "rest"))
    assert finished.code == 2, finished.output
    assert finished.line("latency:rest").status == "unknown"
    assert finished.line("latency:rest").samples == 0


def test_a_generator_starved_of_cpu_makes_the_run_invalid_and_says_why(begin: Begin) -> None:
    """The worker is stopped and continued by turns: what it sends late is its own fault, not the target's."""
    shipped = {"validity": {"late_share": "1%", "cpu_time_share": "5%"}}
    running = begin({"scenarios": {"quick": {"duration": "8s"}}}, shipped)
    running.wait_for_load()
    worker = running.descendants()["worker"][0]
    over = threading.Event()

    def starve() -> None:
        while not over.wait(0.05):
            try:
                worker.suspend()
                over.wait(0.4)
                worker.resume()
            except psutil.Error:
                return

    thread = threading.Thread(target=starve)
    thread.start()
    try:
        finished = running.finish()
    finally:
        over.set()
        thread.join()
    assert finished.code == 2, finished.output
    assert "generator-late" in finished.breached, finished.verdict.sentence
    assert "through the generator's fault" in finished.verdict.sentence
    assert finished.fired("LoadtestGeneratorLate", check="generator-late", severity="critical")
    assert "generator-late" in finished.unsound_at_the_end
    assert finished.unsound_at_the_end <= finished.breached, finished.evidence.alerts


def test_a_second_run_is_refused_with_the_name_of_the_first(begin: Begin, run: Run) -> None:
    first = begin(LONG)
    first.wait_for_load()
    second = run()
    assert second.code == 4
    assert f"process {first.process.pid}" in second.output
    first.signal()
    first.finish()
