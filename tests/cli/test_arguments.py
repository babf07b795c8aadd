"""The command line: one line for what is wrong, our own exit codes, nothing started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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


@pytest.mark.parametrize("words", WRONG.values(), ids=WRONG.keys())
def test_wrong_usage_ends_in_3_with_a_sentence_and_no_traceback(words: list[str], tmp_path: Path) -> None:
    answer = loadgen(tmp_path, *words)
    assert answer.returncode == 3, answer.stderr
    assert answer.stderr.strip()
    assert "Traceback" not in answer.stderr
    assert not list(tmp_path.rglob("*"))


def test_every_problem_of_a_request_is_named_at_once(tmp_path: Path) -> None:
    answer = loadgen(tmp_path, "run", "--scenario", "spke", "--target", "juno", "--workers", "0")
    assert answer.returncode == 3
    assert all(word in answer.stderr for word in ("spke", "juno", "--workers"))


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


def test_committed_rules_are_what_the_configuration_says(tmp_path: Path) -> None:
    answer = loadgen(tmp_path, "rules", "--check")
    assert answer.returncode == 0, answer.stderr


def test_a_baseline_for_a_scenario_that_needs_none_is_refused(tmp_path: Path) -> None:
    answer = loadgen(tmp_path, "run", "--scenario", "smoke", "--baseline", "nowhere")
    assert answer.returncode == 3
    assert "--baseline" in answer.stderr


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
