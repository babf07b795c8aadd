"""Configurations, good and bad: every problem of a bad one is told at once, in words that are fixed here."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loadgen.config import ConfigError, load_config
from loadgen.plan import RunRequest, compile_plan

FIXTURES = Path(__file__).parent / "fixtures"
GOOD = sorted((FIXTURES / "good").glob("*.yaml"))
BAD = sorted((FIXTURES / "bad").glob("*.yaml"))


def told(path: Path) -> str:
    """The problems, one a line, with paths as they are from the fixtures' folder."""
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    text = "".join(f"{problem}\n" for problem in caught.value.problems)
    return text.replace(f"{path.parent}{os.sep}", "")


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_good_configuration_is_read_and_every_scenario_of_it_has_a_plan(path: Path) -> None:
    config = load_config(path)
    for name in config.scenarios:
        assert compile_plan(config, RunRequest(scenario=name), now_id="20251130120000").scenario == name


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_configuration_names_all_its_problems_in_the_golden_words(path: Path) -> None:
    """After a wanted change: UPDATE_GOLDEN=1 pytest tests/config."""
    golden, found = path.with_suffix(".txt"), told(path)
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(found)
    assert found == golden.read_text()


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_every_problem_has_its_file_what_was_found_and_what_is_allowed(path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    for problem in caught.value.problems:
        assert problem.file.startswith(str(path.parent))
        assert problem.line is not None
        assert "allowed: " in problem.text or "not YAML" in problem.text
        assert str(problem).isprintable()


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_no_problem_shows_a_secret_that_stands_in_the_file(path: Path) -> None:
    assert "hunter2" not in told(path)
