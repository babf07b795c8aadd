"""A leak planted in the stand-in is found in a time-scaled sustained run, and a run without one is not accused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from loadgen.model.verdict import FAILED, PASSED
from tests.e2e.harness import Finished, only

Run = Callable[..., Finished]

SUSTAINED: dict[str, Any] = {
    "operations": only("rest", "chat"),
    "prometheus": {"scrape_interval": "250ms"},
    # In ten seconds the stand-in adds a few MiB without any leak; the planted one adds ten times the bound.
    "criteria": {
        "growth": {"memory": "8GiB", "descriptors": 3600, "threads": 3600, "connections": 3600, "settle": "20%"}
    },
    "scenarios": {
        "quick": {
            "spawn_rate": 10,
            "duration": "130s",
            "criteria": [
                "errors",
                "growth",
                {
                    "query": {
                        "queue": {"expr": 'max_over_time(sim_service_queue{run_id="$run_id"}[$judged])', "at_most": 50},
                        "seen": {"expr": 'min_over_time(up{run_id="$run_id"}[$judged])', "at_least": 1},
                    }
                },
            ],
        }
    },
}
ARGUMENTS = ("--test-type", "rest", "--time-scale", "0.1")
LEAK = {"targets": {"sim": {"options": {"leak_memory": "1MiB", "leak_descriptors": 1}}}}


def agrees(finished: Finished) -> bool:
    failed = {line.criterion for line in finished.verdict.criteria if line.status == FAILED}
    return set(finished.evidence.firing) == failed


def test_a_run_without_a_leak_is_not_accused(run: Run) -> None:
    finished = run(SUSTAINED, args=ARGUMENTS)
    assert finished.code == 0, finished.output
    quantities = ("memory", "descriptors", "threads", "connections")
    lines = [finished.line(f"growth:{name}") for name in quantities]
    assert {line.status for line in lines} == {PASSED}
    assert lines[0].details["subject"] == "the processes sim"
    assert all(finished.evidence.values[line.criterion] == line.measured for line in lines)
    assert (finished.line("query:queue").status, finished.line("query:seen").measured) == (PASSED, 1)
    assert agrees(finished)


def test_a_planted_leak_is_found_and_its_processes_are_named(run: Run) -> None:
    finished = run(SUSTAINED, LEAK, args=ARGUMENTS)
    assert finished.code == 1, finished.output
    for name in ("memory", "descriptors"):
        line = finished.line(f"growth:{name}")
        assert (line.status, line.details["subject"]) == (FAILED, "the processes sim"), line.sentence
        assert line.measured > line.bound
    assert finished.line("growth:threads").status == PASSED
    assert agrees(finished)


def test_a_query_that_prometheus_does_not_take_is_refused_before_the_load(run: Run) -> None:
    broken = {"scenarios": {"quick": {"criteria": [{"query": {"queue": {"expr": "max(up", "at_most": 1}}}]}}}
    finished = run(broken, args=("--test-type", "rest"))
    assert finished.code == 3, finished.output
    assert "query:queue: " in finished.output
    assert "parse error" in finished.output
