"""What the documents say is so: targets, options, links and figures are checked against the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from loadgen.arguments import read_arguments
from loadgen.config.measure import MeasureSettings
from loadgen.model.verdict import (
    EXIT_ENVIRONMENT,
    EXIT_FAIL,
    EXIT_INTERNAL,
    EXIT_INVALID,
    EXIT_PASS,
    EXIT_USAGE,
)
from scripts import launch

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md"), *(REPOSITORY / "bench").glob("*.md")]
)
README = (REPOSITORY / "README.md").read_text()
MAKEFILE = (REPOSITORY / "Makefile").read_text()
CONFIG = yaml.safe_load((REPOSITORY / "loadgen/config/load_test_config.yaml").read_text())

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(REPOSITORY)))


def anchor(heading: str) -> str:
    """The anchor that a heading gets where the documents are shown."""
    return re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")


def anchors(document: Path) -> set[str]:
    return {anchor(text) for text in re.findall(r"^#+ +(.*)$", document.read_text(), re.MULTILINE)}


@each_document
def test_every_link_to_a_file_or_a_heading_leads_somewhere(document: Path):
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        if target.startswith("https://"):
            continue
        path, _, heading = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        assert file.exists(), target
        assert not heading or heading in anchors(file), target


@each_document
def test_every_make_target_and_variable_that_is_named_exists(document: Path):
    for line in re.findall(r"(?:^ {4}|`)make ((?:[a-z-]+|[A-Z_]+=\S*)[^`\n#]*)", document.read_text(), re.MULTILINE):
        for word in line.split():
            if re.fullmatch(r"[a-z-]+", word):
                assert re.search(rf"^{word}:", MAKEFILE, re.MULTILINE), f"make {line}"
            elif found := re.match(r"([A-Z_]+)=", word):
                assert re.search(rf"^## {found[1]} ", MAKEFILE, re.MULTILINE), f"make {line}"


@each_document
def test_every_file_of_the_project_that_is_named_exists(document: Path):
    named = re.findall(r"`((?:loadgen|sim|scripts|tests|docs|bench|alerts|prometheus)/[\w./-]*)`", document.read_text())
    assert [name for name in named if not (REPOSITORY / name).exists()] == []


def test_the_readmes_scenarios_are_the_configurations():
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| (\d+) \| (\w+) \| [^|]+ \| ([^|]+) \|$", README, re.MULTILINE)
    said = {name: (int(users), int(rate), duration, judged) for name, users, rate, duration, judged in rows}
    assert said == {
        name: (s["users"], s["spawn_rate"], s["duration"], ", ".join(s["criteria"]))
        for name, s in CONFIG["scenarios"].items()
    }


def test_the_readmes_bounds_are_the_configurations():
    criteria = CONFIG["criteria"]
    within = criteria["latency"]["within"].replace("s", " s")
    share, below = criteria["latency"]["share"].replace("%", " %"), criteria["errors"]["below"].replace("%", " %")
    recovery = criteria["recovery"]
    for sentence in (
        f"at least {share} of the operations succeeded within {within}",
        f"fewer than {below} of the operations failed",
        f"with {criteria['throughput']['tolerance'].replace('%', ' %')} tolerance",
        f"at most {recovery['bound'].replace('s', ' s')} after the end of the spike",
        f"stay there for {recovery['hold'].replace('s', ' s')}",
    ):
        assert sentence in README


def test_the_readme_says_all_that_may_stand_under_measure_and_where_the_usual_limits_are():
    table = README.partition("## What is measured")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(MeasureSettings.model_fields)
    limits = CONFIG["resources"]["limits"]
    assert limits["host_cpu"] == limits["process_cpu"]
    for sentence in (
        f"what a process group can use is at its limit from {limits['host_cpu'].replace('%', ' %')} on",
        f"most of {CONFIG['resources']['hold'].replace('s', ' s')} has given way",
    ):
        assert sentence in table


@each_document
def test_every_option_of_loadgen_that_is_named_exists(document: Path, capfd: pytest.CaptureFixture[str]):
    for command in ("run", "runs", "up"):
        with pytest.raises(SystemExit):
            read_arguments([command, "--help"], dict.fromkeys(launch.TAKEN, lambda _: 0))
    known = set(re.findall(r"--[a-z-]+", capfd.readouterr().out))
    lines = [line for line in document.read_text().splitlines() if "loadgen run" in line or "ARGS=" in line]
    assert {option for line in lines for option in re.findall(r"--[a-z-]+", line)} <= known


def test_the_help_names_every_scenario():
    line = next(line for line in MAKEFILE.splitlines() if line.startswith("## SCENARIO"))
    assert [name for name in CONFIG["scenarios"] if name not in line] == []


def test_the_readmes_exit_codes_are_the_programs():
    table = dict(re.findall(r"^\| (\d) \| (.*) \|$", README, re.MULTILINE))
    codes = [EXIT_PASS, EXIT_FAIL, EXIT_INVALID, EXIT_USAGE, EXIT_ENVIRONMENT, EXIT_INTERNAL]
    assert sorted(table) == [str(code) for code in codes]
    assert [table[str(code)] for code in codes[:3]] == ["PASS", "FAIL", "INVALID"]


def test_the_map_shows_every_room():
    rooms = {path.name for path in (REPOSITORY / "loadgen").iterdir() if path.is_dir() and any(path.glob("*.py"))}
    text = (REPOSITORY / "docs/architecture.md").read_text()
    assert [room for room in sorted(rooms) if f"`loadgen/{room}/`" not in text] == []


def test_every_decision_is_in_the_list_of_decisions():
    folder = REPOSITORY / "docs/decisions"
    text = (folder / "README.md").read_text()
    assert [page.name for page in sorted(folder.glob("[0-9]*.md")) if f"({page.name})" not in text] == []
