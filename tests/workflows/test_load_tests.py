"""What the nightly job does, step by step: in which order, when it fails, and with whose exit code."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.pull_request_comment import MARK
from tests.workflows.runner import REPOSITORY, Job, workflow

FILE = "load_tests.yml"
HERE = Path(__file__).parent
STORED = {"stored": {"cache-matched-key": "load-sim-target-all-1-76", "cache-primary-key": "load-sim-target-all-1-77"}}
NOTHING_STORED = {"stored": {"cache-matched-key": "", "cache-primary-key": "load-sim-target-all-1-77"}}
SMOKE = {"scenario": "smoke", "test_type": "all", "time_scale": "1", "keep": False}


def put(folder: Path, name: str, program: str) -> None:
    """A program of that name, which is a file beside this one."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" "{HERE / program}" "$@"\n')
    (folder / name).chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with our Makefile and scripts, where loadgen and gh are stand-ins and nothing is installed."""
    root = tmp_path / "checkout"
    put(root / ".venv/bin", "loadgen", "fake_loadgen.py")
    put(tmp_path / "bin", "gh", "fake_gh.py")
    (root / "Makefile").write_text(
        (REPOSITORY / "Makefile").read_text() + "\nenvironment prometheus: ;\n"  # in place of what they would install
    )
    (root / "scripts").symlink_to(REPOSITORY / "scripts")
    (tmp_path / "gh.json").write_text(json.dumps({"pulls": [], "comments": [], "calls": []}))
    (tmp_path / "loadgen.json").write_text(json.dumps({"codes": {}, "calls": []}))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    return root


@pytest.fixture
def job(checkout: Path, tmp_path: Path) -> Callable[..., Job]:
    """The job that makes the load, done: `job(codes of the commands, …)`."""

    def done(codes: dict[str, int] | None = None, **more: Any) -> Job:
        (tmp_path / "loadgen.json").write_text(json.dumps({"codes": codes or {}, "calls": []}))
        stand_ins = {"FAKE_LOADGEN": str(tmp_path / "loadgen.json"), "FAKE_GH": str(tmp_path / "gh.json")}
        name, summary = more.pop("name", "load"), tmp_path / "step_summary.md"
        made = Job(FILE, name, checkout, summary, environment=stand_ins, **{"outputs": STORED, **more})
        made.run()
        return made

    return done


def called(tmp_path: Path) -> list[list[str]]:
    """The commands of loadgen that the job gave, each with its action or scenario."""
    calls = json.loads((tmp_path / "loadgen.json").read_text())["calls"]
    return [words[:1] if words[0] in ("doctor", "compare") else words[:3] for words in calls]


def test_it_runs_at_two_in_the_morning_and_by_hand_with_every_scenario_and_test_type_to_choose_from():
    triggers = workflow(FILE)["on"]
    assert triggers["schedule"] == [{"cron": "0 2 * * *"}]
    choices = triggers["workflow_dispatch"]["inputs"]
    shipped = yaml.safe_load((REPOSITORY / "loadgen/config/load_test_config.yaml").read_text())
    assert choices["scenario"]["type"] == choices["test_type"]["type"] == "choice"
    assert choices["scenario"]["options"] == list(shipped["scenarios"])
    assert sorted(choices["test_type"]["options"]) == ["all", "grpc", "rest", "websocket"]


def test_at_night_baseline_and_then_target_are_run_and_compared_with_what_is_stored(
    job: Callable[..., Job], tmp_path: Path
):
    done = job()
    baseline, target = ["run", "--scenario", "baseline"], ["run", "--scenario", "target"]
    assert called(tmp_path) == [["doctor"], baseline, target, ["compare"]]
    assert done.code == 0
    assert done.step("actions/cache/save").outcome == "skipped"


def test_the_first_night_has_nothing_to_compare_with_and_stores_what_passed(job: Callable[..., Job], tmp_path: Path):
    done = job(outputs=NOTHING_STORED)
    assert ["compare"] not in called(tmp_path)
    assert called(tmp_path)[-1][:2] == ["baseline", "set"]
    assert done.step("actions/cache/save").given == {
        "path": "reports/baselines",
        "key": "load-sim-target-all-1-77",
    }


@pytest.mark.parametrize("code", [1, 2])
def test_what_did_not_pass_is_not_stored(job: Callable[..., Job], tmp_path: Path, code: int):
    done = job({"run target": code}, outputs=NOTHING_STORED)
    assert called(tmp_path)[-1] == ["run", "--scenario", "target"]
    assert done.step("actions/cache/save").outcome == "skipped"


@pytest.mark.parametrize("code", [0, 1, 2, 4, 130])
def test_the_job_fails_exactly_when_the_run_does_and_with_its_exit_code(job: Callable[..., Job], code: int):
    done = job({"run target": code})
    assert done.step("Load").code == code
    assert done.code == code
    assert done.step("Summary").outcome == "success"
    uploaded = done.step("actions/upload-artifact")
    assert uploaded.outcome == "success"
    assert uploaded.given["retention-days"] == "30"
    assert uploaded.given["path"] == "reports"


@pytest.mark.parametrize("code, passed_on", [(1, 1), (2, 0), (3, 3)])
def test_a_regression_fails_the_job_and_a_comparison_that_cannot_tell_does_not(
    job: Callable[..., Job], code: int, passed_on: int
):
    assert job({"compare": code}).code == passed_on


@pytest.mark.parametrize("command, code", [("doctor", 4), ("run baseline", 1), ("run baseline", 2)])
def test_no_load_follows_where_something_is_not_ready_or_todays_load_is_too_much(
    job: Callable[..., Job], tmp_path: Path, command: str, code: int
):
    done = job({command: code})
    assert done.code == code
    assert ["run", "--scenario", "target"] not in called(tmp_path)
    assert ["compare"] not in called(tmp_path)
    assert done.step("Summary").outcome == "success"


def test_fail_and_invalid_are_told_apart_on_the_page_of_the_job(job: Callable[..., Job]):
    failed, invalid = job({"run target": 1}), job({"run target": 2})
    assert "::error title=FAIL (target-1)::What target came to." in failed.step("Summary").said
    assert "::error title=INVALID (target-1)::What target came to." in invalid.step("Summary").said


def test_the_jobs_summary_holds_that_of_every_run_and_of_the_comparison(job: Callable[..., Job]):
    text = job({"compare": 2}).summary.read_text()
    for part in ("## PASS: target", "## PASS: baseline", "## Before and after"):
        assert part in text


def test_by_hand_one_scenario_is_run_alone_and_kept_when_that_is_asked_for(job: Callable[..., Job], tmp_path: Path):
    job(event="workflow_dispatch", inputs=SMOKE)
    assert called(tmp_path) == [["doctor"], ["run", "--scenario", "smoke"], ["compare"]]
    job(event="workflow_dispatch", inputs={**SMOKE, "keep": True})
    assert called(tmp_path)[-1][:2] == ["baseline", "set"]
    assert ["compare"] not in called(tmp_path)


def test_by_hand_nothing_is_stored_unasked(job: Callable[..., Job], tmp_path: Path):
    job(event="workflow_dispatch", inputs=SMOKE, outputs=NOTHING_STORED)
    assert called(tmp_path) == [["doctor"], ["run", "--scenario", "smoke"]]


@pytest.mark.parametrize("result", ["success", "failure"])
def test_the_comment_on_the_pull_request_is_made_once_and_then_renewed(
    job: Callable[..., Job], tmp_path: Path, result: str
):
    github = tmp_path / "gh.json"
    pulls = [{"number": 7, "head": "faster", "isCrossRepository": False}]
    others = [
        {"url": "https://github.com/o/r/pull/7#issuecomment-1", "body": f"{MARK}\nnot ours", "viewerDidAuthor": False}
    ]
    github.write_text(json.dumps({"pulls": pulls, "comments": others, "calls": []}))
    for code in (1, 2):
        job({"run smoke": code}, event="workflow_dispatch", inputs=SMOKE)
        done = job(name="comment", event="workflow_dispatch", inputs=SMOKE, needs={"load": result})
        assert done.code == 0, done.done
    known = json.loads(github.read_text())
    assert [one["body"].partition("\n")[2].startswith("# Load tests") for one in known["comments"]] == [False, True]
    assert "## INVALID: smoke" in known["comments"][1]["body"]
    assert {call["token"] for call in known["calls"]} == {"a-token"}
    assert not any("a-token" in word for call in known["calls"] for word in call["words"])


def test_where_there_is_no_pull_request_nothing_is_said_to_anybody(job: Callable[..., Job], tmp_path: Path):
    github = tmp_path / "gh.json"
    of_a_fork = [{"number": 8, "head": "faster", "isCrossRepository": True}]
    github.write_text(json.dumps({"pulls": of_a_fork, "comments": [], "calls": []}))
    job(event="workflow_dispatch", inputs=SMOKE)
    done = job(name="comment", event="workflow_dispatch", inputs=SMOKE, needs={"load": "success"})
    assert "the branch faster has no open pull request" in done.step("Comment on the branch's pull request").said
    assert json.loads(github.read_text())["comments"] == []


def test_at_night_nobody_comments(job: Callable[..., Job]):
    assert job(name="comment", needs={"load": "success"}).done == []
