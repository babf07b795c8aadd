"""What a job says of its runs: one text and a line for each, whatever the runs left behind."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.job_summary import LARGEST, MOST, SUMMARY, annotation, main, run_part
from tests.hostile import HOSTILE
from tests.workflows.runner import REPOSITORY


def leave_run(output: Path, scenario: str, time: str, verdict: str = "PASS", **more: str) -> Path:
    folder = output / scenario / time
    folder.mkdir(parents=True)
    record = {"run_id": f"{scenario}-1", "verdict": verdict, "sentence": "So it was.", **more}
    (folder / "verdict.json").write_text(json.dumps(record))
    (folder / SUMMARY).write_text(f"## {verdict}: {scenario}\n")
    return folder


def summary(output: Path, **variables: str) -> str:
    assert main({"OUTPUT_DIR": str(output), **variables}) == 0
    return (output / SUMMARY).read_text()


def test_the_latest_run_stands_first_and_kept_baselines_are_no_runs(tmp_path: Path):
    leave_run(tmp_path, "baseline", "20251130_020000")
    leave_run(tmp_path, "target", "20251130_020600", "FAIL")
    leave_run(tmp_path, "baselines", "target-sim-all", "INVALID")
    assert re.findall("## (.*)", summary(tmp_path)) == ["FAIL: target", "PASS: baseline"]


def test_it_is_added_to_the_jobs_page_where_there_is_one_and_says_where_the_reports_are(tmp_path: Path):
    leave_run(tmp_path, "smoke", "20251130_020000")
    page = tmp_path / "page.md"
    page.write_text("before\n")
    github = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "5"}
    text = summary(tmp_path, GITHUB_STEP_SUMMARY=str(page), GITHUB_SHA="abc", **github)
    assert "https://github.com/o/r/actions/runs/5" in text
    assert page.read_text() == f"before\n{text}"


def test_anywhere_else_a_plain_line_says_what_became_of_each(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    leave_run(tmp_path, "smoke", "20251130_020000", "INVALID")
    summary(tmp_path)
    assert capfd.readouterr().out == f"INVALID (smoke-1): So it was.\nsummary in {tmp_path / SUMMARY}\n"


def test_nothing_is_made_of_no_run_and_of_one_that_did_not_come_to_its_end(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    assert "No run was begun" in summary(tmp_path)
    folder = leave_run(tmp_path, "smoke", "20251130_020000")
    for file in folder.iterdir():
        file.unlink()
    (folder / "plan.json").write_text("{}")
    summary(tmp_path, GITHUB_ACTIONS="true")
    assert "::error title=No verdict (smoke/20251130_020000)::It did not come to its end" in capfd.readouterr().out


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"verdict": 5}', "\x00"])
def test_a_broken_record_is_a_run_without_a_verdict(tmp_path: Path, text: str):
    folder = leave_run(tmp_path, "smoke", "20251130_020000")
    (folder / "verdict.json").write_text(text)
    assert run_part(folder).outcome == "No verdict"


def test_what_finds_no_room_is_said_in_a_sentence_and_the_whole_keeps_its_size(tmp_path: Path):
    for number in range(MOST + 3):
        folder = leave_run(tmp_path, "smoke", f"20251130_0200{number:02d}", run_id=f"smoke-{number}")
        (folder / SUMMARY).write_text(f"## run {number}\n" + "é" * 8_000)
    text = summary(tmp_path)
    assert len(text.encode()) <= LARGEST
    assert re.findall(r"## run (\d+)", text) == ["12", "11", "10"]
    assert re.findall(r"smoke-(\d+)", text) == ["9", "8", "7", "6", "5", "4", "3"]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_of_others_stays_a_text(tmp_path: Path, text: str):
    folder = leave_run(tmp_path, "smoke", "20251130_020000", "FAIL", sentence=text, run_id=text)
    (folder / SUMMARY).unlink()
    line = annotation(run_part(folder))
    assert line.isprintable()
    assert re.fullmatch(r"::error title=[^:,]*::[^\r\n]*", line)
    shown = summary(tmp_path)
    assert re.search(r"<(?!/?pre>)", shown) is None
    assert shown.count("<pre>") == 1


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    (tmp_path / SUMMARY).mkdir()
    assert main({"OUTPUT_DIR": str(tmp_path)}) == 5
    assert str(tmp_path / SUMMARY) in capfd.readouterr().err


def test_texts_of_all_scripts_are_told_where_the_locale_knows_none_of_them(tmp_path: Path):
    sentence = "P95 \u2264 2 s \u2705 \u6771\u4eac"
    folder = leave_run(tmp_path, "smoke", "20251130_020000", sentence=sentence)
    (folder / SUMMARY).write_text(f"## {sentence}\n", encoding="utf-8")
    page = tmp_path / "page.md"
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    words = {"OUTPUT_DIR": str(tmp_path), "GITHUB_STEP_SUMMARY": str(page)}
    command = [sys.executable, "-m", "scripts.job_summary"]
    answer = subprocess.run(
        command, cwd=REPOSITORY, env={**environment, **words}, capture_output=True, text=True, check=False
    )
    assert (answer.returncode, answer.stderr) == (0, "")
    assert sentence in page.read_text(encoding="utf-8") == (tmp_path / SUMMARY).read_text(encoding="utf-8")
    assert "PASS (smoke-1): P95 \\u2264 2 s" in answer.stdout
    command = [sys.executable, "-m", "scripts.pull_request_comment"]
    answer = subprocess.run(
        command, cwd=REPOSITORY, env={**environment, **words, "GITHUB_REF_NAME": "b", "PATH": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "gh cannot be asked" in answer.stderr
