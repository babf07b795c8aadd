"""A leak planted in the stand-in is found in a time-scaled sustained run, and a run without one is not accused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loadgen.model.verdict import FAILED, INVALID, PASSED
from tests.e2e.harness import Finished, only, write_config

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


BROKEN: dict[str, Any] = {
    "scenarios": {"quick": {"criteria": [{"query": {"queue": {"expr": "max(up", "at_most": 1}}}]}}
}


def test_a_query_that_is_no_promql_is_refused_before_anything_is_made(run: Run) -> None:
    finished = run(BROKEN, args=("--test-type", "rest"))
    assert finished.code == 3, finished.output
    assert "query:queue: 1:7: parse error: unclosed left parenthesis" in finished.output
    assert finished.folder is None


def test_the_doctor_finds_it_too(home: Path, tmp_path: Path) -> None:
    words = ["doctor", "--config", str(write_config(tmp_path, BROKEN)), "--scenario", "quick"]
    done = subprocess.run(
        [sys.executable, "-m", "loadgen", *words],
        env={**os.environ, "LOADGEN_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stdout
    assert "query:queue: 1:7: parse error: unclosed left parenthesis" in done.stderr


def test_one_that_only_prometheus_itself_finds_leaves_a_whole_folder(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "prometheus").symlink_to(need_prometheus())
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    finished = run(BROKEN, args=("--test-type", "rest"))
    assert finished.code == 3, finished.output
    assert "query:queue: " in finished.output
    assert (finished.record.outcome, finished.verdict.verdict, finished.verdict.exit_code) == (
        "configuration",
        INVALID,
        3,
    )
    assert "unclosed left parenthesis" in finished.record.events[0].text
    command = [sys.executable, "-m", "loadgen", "judge", str(finished.folder)]
    judged = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (judged.returncode, judged.stderr) == (3, ""), judged.stdout


def need_prometheus() -> str:
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("Prometheus is not installed")
    return program
