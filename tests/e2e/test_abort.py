"""A run that its own criterion stops: soon, with every book in agreement, and without blame for any other criterion."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from typing import Any

import pytest

from loadgen.model.plan import COOLDOWN
from loadgen.model.verdict import FAILED, UNKNOWN
from loadgen.verdict.judge import judge
from tests.e2e.harness import Finished, Running, only
from tests.waiting import wait_until

Run = Callable[..., Finished]
Begin = Callable[..., Running]

PROMISED = 5.0
"""Seconds within which the load has ended, as the documentation says."""

FAILING: dict[str, Any] = {
    "targets": {
        "sim": {
            "options": {
                "faults": [
                    {"operation": "rest:chat", "error_rate": 0.3},
                    {"operation": "rest:llm_generate", "latency": 25.0},
                ]
            }
        }
    },
    "operations": {
        "rest": {
            **only("rest", "chat")["rest"],
            "llm_generate": {"weight": 0.1, "errors": {"below": 0.1, "minimum": 1}, "latency": {"within": 20}},
        }
    },
}
"""One operation often fails, at once; another has bounds of its own, and its answers hang for longer than the run."""

REST = ("--test-type", "rest")


ERRORS: dict[str, Any] = {"targets": {"sim": {"options": {"error_rate": 0.3}}}, "operations": only("rest", "chat")}


def scenario(duration: str, delay: str) -> dict[str, Any]:
    aborts = {"errors": {"delay": delay, "minimum": 40}}
    return {"scenarios": {"quick": {"users": 20, "duration": duration, "abort_on": aborts}}}


def test_a_breach_ends_the_load_within_the_promised_seconds_and_blames_nothing_else(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    finished = run(FAILING, scenario("60s", "2s"), args=REST)
    record, verdict = finished.record, finished.verdict
    assert finished.code == 1, finished.output
    assert (verdict.verdict, verdict.exit_code) == ("FAIL", 1)
    assert (record.outcome, record.aborted_by) == ("aborted", "errors:rest")
    assert verdict.sentence.startswith("Stopped at 0:"), verdict.sentence
    assert "in steady by errors:rest" in verdict.sentence
    (aborted,) = [event for event in record.events if event.kind == "aborted"]
    assert record.ended is not None
    seconds = record.ended - aborted.at
    with capsys.disabled():
        sys.stdout.write(f"\nfrom the decision to stop to the end of the load: {seconds:.2f} s\n")
    assert seconds < PROMISED
    assert all(check.ok for check in verdict.validity), [c.sentence for c in verdict.validity if not c.ok]
    assert finished.line("errors:rest").status == FAILED
    cut_off = [t for t in finished.evidence.tallies if t.phase == COOLDOWN and t.requests]
    assert {t.name for t in cut_off} == {"llm_generate"}
    assert all(t.failures == {"unfinished": t.requests} for t in cut_off)
    for criterion in ("errors:rest:llm_generate", "latency:rest:llm_generate"):
        line = finished.line(criterion)
        assert (line.status, line.samples) == (UNKNOWN, 0)
        assert "Not judged, for errors:rest stopped the run" in line.sentence
    assert set(finished.evidence.firing) <= {"errors:rest", "latency:rest"}
    assert judge(finished.plan, record, finished.evidence) == verdict


def test_a_breach_that_has_not_lasted_for_the_delay_stops_nothing(run: Run) -> None:
    finished = run(ERRORS, scenario("6s", "5.5s"), args=REST)
    assert finished.code == 1, finished.output
    assert (finished.record.outcome, finished.record.aborted_by) == ("completed", None)
    assert finished.line("errors:rest").status == FAILED
    assert "errors:rest stops the run in" in finished.output


def test_an_interrupt_while_a_breach_waits_for_its_delay_ends_the_run_as_interrupted(begin: Begin) -> None:
    running = begin(FAILING, scenario("60s", "50s"), args=REST)
    running.wait_for_load()
    wait_until(lambda: "errors:rest stops the run in" in running.output, 30, "the breach to be seen")
    running.signal(signal.SIGINT)
    finished = running.finish(30)
    assert finished.code == 130, finished.output
    assert (finished.record.outcome, finished.record.aborted_by) == ("interrupted", None)
    assert finished.line("errors:rest:llm_generate").samples == 0
