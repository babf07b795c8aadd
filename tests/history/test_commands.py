"""`loadgen runs` and `loadgen baseline`, as a user starts them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from loadgen.history.commands import set_baseline
from tests.past_runs import past_run

ROOT = Path(__file__).resolve().parents[2]


def loadgen(output: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LOADGEN_HOME": str(output / "home")}
    command = [sys.executable, "-m", "loadgen", *words, "--output-dir", str(output)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_a_run_is_kept_listed_and_forgotten(tmp_path: Path):
    folder = past_run(tmp_path, verdict="FAIL")
    kept = loadgen(tmp_path, "baseline", "set", "smoke-20251130120000", "--name", "nightly")
    assert (kept.returncode, kept.stderr) == (0, "")
    assert kept.stdout == (
        "smoke-20251130120000, which ended in FAIL, is kept as nightly; "
        "throughput is not measured against it, for it did not pass\n"
    )
    listed = json.loads(loadgen(tmp_path, "baseline", "list", "--json").stdout)
    assert [one["folder"] for one in listed["runs"]] == [str(tmp_path / "baselines" / "nightly")]
    runs = json.loads(loadgen(tmp_path, "runs", "--json").stdout)
    assert [one["folder"] for one in runs["runs"]] == [str(folder)]
    assert loadgen(tmp_path, "baseline", "remove", "nightly").stdout == "nightly is kept no more\n"
    assert "no baseline is kept under" in loadgen(tmp_path, "baseline", "list").stdout


def test_what_is_kept_in_the_place_of_another_says_so(tmp_path: Path):
    past_run(tmp_path)
    past_run(tmp_path, stamp="20251130_130000")
    set_baseline(tmp_path, "smoke-20251130120000", None)
    said = "smoke-20251130130000, which ended in PASS, is kept as smoke-sim-rest-10-users-30s"
    assert set_baseline(tmp_path, "smoke-20251130130000", None) == f"{said}, in place of smoke-20251130120000\n"
    assert set_baseline(tmp_path, "smoke-20251130130000", None) == f"{said}\n"


def test_a_list_of_failed_and_broken_runs_is_no_failure_of_the_command(tmp_path: Path):
    past_run(tmp_path, verdict="FAIL")
    (past_run(tmp_path, stamp="20251130_130000") / "plan.json").write_text("{")
    answer = loadgen(tmp_path, "runs")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert len(answer.stdout.splitlines()) == 3


def test_a_baseline_that_cannot_be_written_ends_in_5_and_names_the_place(tmp_path: Path):
    past_run(tmp_path)
    (tmp_path / "baselines").write_text("a file where the folder should be")
    answer = loadgen(tmp_path, "baseline", "set", "smoke-20251130120000")
    assert answer.returncode == 5, answer.stderr
    assert str(tmp_path / "baselines") in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_reader_of_the_list_that_goes_away_changes_no_exit_code(tmp_path: Path):
    past_run(tmp_path)
    reading, writing = os.pipe()
    os.close(reading)
    answer = subprocess.run(
        [sys.executable, "-m", "loadgen", "runs", "--output-dir", str(tmp_path)],
        cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
    )  # fmt: skip
    os.close(writing)
    assert (answer.returncode, answer.stderr) == (0, "")
