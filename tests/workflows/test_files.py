"""What holds for every workflow, whatever it does."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from loadgen.arguments import read_arguments
from scripts import check_workflows, get_actionlint
from tests.workflows.runner import REPOSITORY, WORKFLOWS, workflow

NAMES = sorted(path.name for path in WORKFLOWS.iterdir())
OWN = ("ci.yml", "load_tests.yml")
"""Those of which every step works on any machine; stack.yml is for one with containers."""
WRITERS = {("load_tests.yml", "comment"): {"contents": "read", "pull-requests": "write"}}
MAKEFILE = (REPOSITORY / "Makefile").read_text()

each_workflow = pytest.mark.parametrize("name", NAMES)


def jobs(name: str) -> dict[str, dict[str, Any]]:
    return workflow(name)["jobs"]


def steps(*names: str) -> Iterator[dict[str, Any]]:
    for name in names:
        for job in jobs(name).values():
            yield from job["steps"]


def commands() -> list[str]:
    """Each command line of the workflows that work everywhere, without what the shell makes of its exit code."""
    scripts = (step["run"].replace("\\\n", " ") for step in steps(*OWN) if "run" in step)
    return sorted({re.sub(r"\s+\|\| \{.*\}$", "", line.strip()) for script in scripts for line in script.splitlines()})


@each_workflow
def test_an_action_is_pinned_to_a_commit_and_its_version_stands_beside_it(name: str):
    used = re.findall(r"uses: (.*)", (WORKFLOWS / name).read_text())
    assert used
    assert [line for line in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


def test_an_action_has_the_same_commit_everywhere():
    pins = defaultdict(set)
    for name in NAMES:
        for action, pin in re.findall(r"uses: ([\w-]+/[\w-]+)\S*@(.*)", (WORKFLOWS / name).read_text()):
            pins[action].add(pin)
    assert {action: len(found) for action, found in pins.items()} == dict.fromkeys(pins, 1)


@each_workflow
def test_nothing_that_is_installed_and_no_machine_is_whatever_is_latest(name: str):
    text = (WORKFLOWS / name).read_text()
    assert "latest" not in text
    assert all(re.search(r"playwright==\d", line) for line in text.splitlines() if "PLAYWRIGHT:" in line)


@each_workflow
def test_a_job_may_only_read_the_code_but_for_the_one_that_comments(name: str):
    for job, content in jobs(name).items():
        granted = content.get("permissions", workflow(name)["permissions"])
        assert granted == WRITERS.get((name, job), {"contents": "read"})


@each_workflow
def test_no_token_stays_in_a_checkout(name: str):
    checkouts = [step for step in steps(name) if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert [step for step in checkouts if step["with"]["persist-credentials"] is not False] == []


@each_workflow
def test_of_what_may_not_happen_twice_at_once_there_is_a_group(name: str):
    assert "concurrency" in workflow(name) or all("concurrency" in job for job in jobs(name).values())


@each_workflow
def test_no_expression_is_pasted_into_a_script(name: str):
    assert [step["run"] for step in steps(name) if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize("command", commands())
def test_a_step_is_a_target_of_make_or_a_command_of_loadgen(command: str):
    program, *words = shlex.split(command)
    if program == "make":
        targets = [word for word in words if "=" not in word]
        assert targets
        assert [word for word in targets if not re.search(rf"^{word}:", MAKEFILE, re.MULTILINE)] == []
    else:
        assert program == ".venv/bin/loadgen"
        numbers = [word.replace("$TIME_SCALE", "1") for word in words]
        read_arguments(numbers, defaultdict(lambda: lambda _: 0))  # it ends the program where an option is not known


def test_the_projects_own_checks_are_those_that_can_be_run_anywhere():
    told = [step["run"].removeprefix("make ") for step in steps("ci.yml") if "run" in step]
    assert (REPOSITORY / ".ci/run").read_text().splitlines()[-1] == f"exec make {' '.join(told)} </dev/null"


def test_they_are_run_on_every_python_that_is_supported():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    named = re.findall(r"Python :: (3\.\d+)", " ".join(project["classifiers"]))
    assert jobs("ci.yml")["checks"]["strategy"]["matrix"]["python"] == named
    assert project["requires-python"] == f">={named[0]}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for workflows, which is the one that is checked; actionlint cannot be had."""
    monkeypatch.setattr(check_workflows, "REPOSITORY", tmp_path)
    (tmp_path / ".venv").symlink_to(REPOSITORY / ".venv")
    monkeypatch.setattr(get_actionlint, "main", lambda: get_actionlint.EXIT_ENVIRONMENT)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    found = tmp_path / ".github/workflows"
    found.mkdir(parents=True)
    (found / "sound.yml").write_text((WORKFLOWS / "ci.yml").read_text())
    return found


def test_a_workflow_that_is_none_is_found_by_the_schema_alone(folder: Path, capfd: pytest.CaptureFixture[str]):
    (folder / "wrong.yml").write_text("on: push\njobs: {one: {runs-on: a, steps: [{runn: b}]}}\n")
    assert check_workflows.main() == 1
    assert "wrong.yml" in capfd.readouterr().out


def test_a_job_without_an_end_is_found(folder: Path):
    content = yaml.safe_load((folder / "sound.yml").read_text())
    del content["jobs"]["checks"]["timeout-minutes"]
    (folder / "sound.yml").write_text(yaml.safe_dump(content).replace("true:", "on:"))
    assert check_workflows.main() == 1


@pytest.mark.parametrize("there, code", [("", 0), ("true", 1)])
def test_where_actionlint_cannot_be_had_the_check_goes_on_but_not_on_github(
    folder: Path, monkeypatch: pytest.MonkeyPatch, there: str, code: int
):
    monkeypatch.setenv("GITHUB_ACTIONS", there)
    assert check_workflows.main() == code


def test_what_actionlint_finds_fails_the_check(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    stand_in = tmp_path / "actionlint"
    stand_in.write_text("#!/bin/sh\necho found; exit 1\n")
    stand_in.chmod(0o755)
    monkeypatch.setattr(get_actionlint, "main", lambda: 0)
    monkeypatch.setattr(get_actionlint, "program", lambda: str(stand_in))
    assert check_workflows.main() == 1
