"""The command line: one line for what is wrong, our own exit codes, nothing started."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from loadgen.cli import main

ROOT = Path(__file__).resolve().parents[2]


def loadgen(home: Path, *words: str, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "loadgen", *words],
        cwd=ROOT,
        env={**os.environ, "LOADGEN_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        **more,  # type: ignore[call-overload]
    )


class Said(NamedTuple):
    """What a command ended with, and what it wrote."""

    code: Any
    out: str
    err: str


WRONG = {
    "no command": [],
    "an unknown command": ["runn"],
    "an unknown option": ["run", "--user", "5"],
    "a shortened option": ["run", "--scen", "smoke"],
    "a bare --": ["run", "--", "--users", "5"],
    "a comparison of nothing": ["compare", "--base", "nowhere"],
    "a word for a number": ["run", "--users", "many"],
    "a time that is none": ["run", "--duration", "5 parsecs"],
    "an unknown scenario": ["run", "--scenario", "spke"],
    "an unknown target": ["run", "--target", "juno"],
    "users below one": ["run", "--users", "0"],
    "a time scale of nothing": ["run", "--time-scale", "0"],
    "a configuration that is not there": ["run", "--config", "nowhere.yaml"],
    "no run at all": ["run", "--repeat", "0"],
    "more runs than anybody waits for": ["run", "--repeat", "1000"],
    "another side without a number of runs": ["run", "--against-target", "sim-postgres"],
    "two other sides": ["run", "--repeat", "2", "--against-target", "sim", "--against-config", "other.yaml"],
    "nothing to do with a baseline": ["baseline"],
    "a baseline of nothing": ["baseline", "set"],
    "a run that is none": ["baseline", "set", "nowhere", "--output-dir", "nowhere"],
    "a kept name that is none": ["baseline", "remove", "nowhere", "--output-dir", "nowhere"],
    "a baseline that is none": ["run", "--scenario", "target", "--baseline", "nowhere"],
}


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """`said(*words)`: what `main` makes of a command line in this process, which has loaded everything once."""
    monkeypatch.setenv("LOADGEN_HOME", str(tmp_path))
    monkeypatch.chdir(ROOT)

    def call(*words: str) -> Said:
        with pytest.raises(SystemExit) as ended:
            main(list(words))
        out, err = capfd.readouterr()
        return Said(ended.value.code, out, err)

    return call


@pytest.mark.parametrize("words", WRONG.values(), ids=WRONG.keys())
def test_wrong_usage_ends_in_3_with_a_sentence_and_no_traceback(
    words: list[str], said: Callable[..., Said], tmp_path: Path
) -> None:
    answer = said(*words)
    assert answer.code == 3, answer.err
    assert answer.err.strip()
    assert "Traceback" not in answer.err
    assert not list(tmp_path.rglob("*"))


def test_every_problem_of_a_request_is_named_at_once(tmp_path: Path) -> None:
    """And the exit code is that of the process."""
    answer = loadgen(tmp_path, "run", "--scenario", "spke", "--target", "juno", "--workers", "0")
    assert answer.returncode == 3
    assert all(word in answer.stderr for word in ("spke", "juno", "--workers"))
    assert "Traceback" not in answer.stderr


def test_a_dry_run_prints_the_plan_and_starts_nothing(tmp_path: Path) -> None:
    answer = loadgen(tmp_path, "run", "--scenario", "spike", "--users", "120", "--dry-run")
    assert answer.returncode == 0, answer.stderr
    assert "120 users at the peak" in answer.stdout
    assert not list(tmp_path.rglob("*"))


def test_a_reader_that_goes_away_changes_no_exit_code(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    answer = subprocess.run(
        [sys.executable, "-m", "loadgen", "run", "--dry-run"],
        cwd=ROOT, env={**os.environ, "LOADGEN_HOME": str(tmp_path)},
        stdout=writing, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
    )  # fmt: skip
    os.close(writing)
    assert answer.returncode == 0, answer.stderr
    assert "Traceback" not in answer.stderr


def test_committed_rules_are_what_the_configuration_says(said: Callable[..., Said]) -> None:
    answer = said("rules", "--check")
    assert answer.code == 0, answer.err


def test_a_baseline_for_a_scenario_that_needs_none_is_refused(said: Callable[..., Said]) -> None:
    answer = said("run", "--scenario", "smoke", "--baseline", "nowhere")
    assert answer.code == 3
    assert "--baseline" in answer.err


def test_a_pipe_that_breaks_in_a_run_is_never_a_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(*_: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setenv("LOADGEN_HOME", str(tmp_path))
    monkeypatch.setattr("loadgen.run.orchestrate.run", breaks)
    with pytest.raises(SystemExit) as ended:
        main(["run"])
    assert ended.value.code == 5
    assert "Broken pipe" in capsys.readouterr().err
