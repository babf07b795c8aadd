"""The compose file and the workflow are what their programs read."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted(str(path.relative_to(REPOSITORY)) for path in (REPOSITORY / ".github/workflows").glob("*.yml"))


def check(schema: str, *files: str) -> subprocess.CompletedProcess[str]:
    """check-jsonschema with a schema that it brings; it fetches nothing."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *files]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_the_compose_file_is_one_by_the_compose_specification():
    answer = check("vendor.compose-spec", "docker-compose.yml")
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize("schema", ["vendor.github-workflows", "custom.github-workflows-require-timeout"])
def test_every_workflow_is_one_and_ends_in_time(schema: str):
    answer = check(schema, *WORKFLOWS)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_every_action_is_pinned_to_a_version_and_what_is_installed_too(workflow: str):
    text = (REPOSITORY / workflow).read_text()
    assert re.findall(r"uses: (\S+)", text)
    assert [uses for uses in re.findall(r"uses: (\S+)", text) if not re.search(r"@v\d+(\.\d+)*$", uses)] == []
    assert "-latest" not in text
    assert re.search(r"playwright==\d", text)


def test_the_workflow_may_only_read():
    for workflow in WORKFLOWS:
        assert yaml.safe_load((REPOSITORY / workflow).read_text())["permissions"] == {"contents": "read"}


def test_the_check_would_see_a_key_that_compose_does_not_know(tmp_path: Path):
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text("services: {one: {image: 'a:1', read_onyl: true}}\n")
    assert check("vendor.compose-spec", str(wrong)).returncode == 1
