"""The compose file is what its program reads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def check(schema: str, *files: str) -> subprocess.CompletedProcess[str]:
    """check-jsonschema with a schema that it brings; it fetches nothing."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *files]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_the_compose_file_is_one_by_the_compose_specification():
    answer = check("vendor.compose-spec", "docker-compose.yml")
    assert answer.returncode == 0, answer.stdout


def test_the_check_would_see_a_key_that_compose_does_not_know(tmp_path: Path):
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text("services: {one: {image: 'a:1', read_onyl: true}}\n")
    assert check("vendor.compose-spec", str(wrong)).returncode == 1
