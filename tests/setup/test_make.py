"""The door: every target is explained, and what a user writes after `make` is data, never a command."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from loadgen.arguments import read_arguments
from scripts import launch

REPOSITORY = Path(__file__).resolve().parents[2]
MAKEFILE = (REPOSITORY / "Makefile").read_text()
TARGETS = re.findall(r"^([a-z][a-z_-]*):", MAKEFILE, re.MULTILINE)
VARIABLES = [*launch.OPTIONS, "BASE", "RUN", "ARGS"]

STAND_IN = """#!{python}
import json, os, sys
if sys.argv[2] == "scripts.launch":
    sys.path.insert(0, {repository!r})
    from scripts import launch
    print("COMMAND", json.dumps(launch.command_line(sys.argv[3], os.environ)))
else:
    print("CALLED", *sys.argv[2:])
"""


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """A Python that prepares nothing and prints the command line that make would become."""
    file = tmp_path / "python"
    file.write_text(STAND_IN.format(python=sys.executable, repository=str(REPOSITORY)))
    file.chmod(0o755)
    return file


def make(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Call make as from a shell of its own: what an outer make has set does not count."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS")) and k not in VARIABLES}
    return subprocess.run(
        ["make", *words], cwd=REPOSITORY, env=clean | environment, capture_output=True, text=True, check=False
    )


def command_of(answer: subprocess.CompletedProcess[str]) -> list[str]:
    """What the stand-in says that make would become, without the program's folder."""
    line = next(line for line in answer.stdout.splitlines() if line.startswith("COMMAND "))
    command = json.loads(line.removeprefix("COMMAND "))
    return [Path(command[0]).name, *command[1:]]


@cache
def explained() -> str:
    """What `make help` says."""
    return make("help").stdout


def test_make_alone_prints_the_help():
    assert make().stdout == explained()
    assert "make load SCENARIO=" in explained()


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_is_explained(target: str):
    assert re.search(rf"^  {target} +\S", explained(), re.MULTILINE)


@pytest.mark.parametrize("variable", [*VARIABLES, "PYTHON"])
def test_every_variable_is_explained(variable: str):
    assert re.search(rf"^  {variable} +\S", explained(), re.MULTILINE)


def test_the_makefile_takes_the_variables_that_the_launcher_knows():
    listed = re.search(r"^VARIABLES := (.*?[^\\])\n", MAKEFILE, re.MULTILINE | re.DOTALL)
    assert listed
    assert listed[1].replace("\\\n", " ").split() == VARIABLES


def test_every_target_that_is_no_file_is_declared_so():
    phony = " ".join(re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)).split()
    assert sorted(phony) == sorted(TARGETS)


def test_variables_become_options_and_those_not_given_add_nothing(python: Path):
    answer = make("load", "SCENARIO=spike", "TEST_TYPE=grpc", "WORKERS=4", "TIME_SCALE=0.5", f"PYTHON={python}")
    assert command_of(answer) == [
        "loadgen",
        "run",
        "--scenario=spike",
        "--test-type=grpc",
        "--workers=4",
        "--time-scale=0.5",
    ]


def test_each_variable_has_its_option(python: Path):
    words = [f"{name}=value of {name}" for name in launch.OPTIONS]
    expected = [f"{option}=value of {name}" for name, option in launch.OPTIONS.items()]
    assert command_of(make("load", *words, f"PYTHON={python}"))[2:] == expected


HOSTILE = [
    "two words",
    "it's",
    'a "quoted" one',
    "$(shell touch {mark})",
    "$(touch {mark})",
    "$$(touch {mark})",
    "`touch {mark}`",
    "; touch {mark}",
    "a' ; touch {mark} ; '",
    "a && touch {mark} #",
    "--dry-run",
    "${HOME}",
    "comma, (paren) \\ %",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_arrives_as_it_was_written_and_runs_nothing(python: Path, tmp_path: Path, value: str):
    mark = tmp_path / "mark"
    value = value.replace("{mark}", str(mark))
    names = ("SCENARIO", "TARGET", "CONFIG")
    answer = make("load", *(f"{name}={value}" for name in names), f"PYTHON={python}")
    assert sorted(command_of(answer)[2:]) == sorted(f"{launch.OPTIONS[name]}={value}" for name in names)
    assert not mark.exists()


def test_each_word_of_base_and_run_names_a_run_whatever_it_looks_like(python: Path, tmp_path: Path):
    mark = tmp_path / "mark"
    sides = ["BASE=smoke/1 'a b'", f"RUN=smoke/2 --force $(touch {mark})", "OUTPUT_DIR=elsewhere"]
    assert command_of(make("compare", *sides, f"PYTHON={python}"))[1:] == [
        "compare",
        "--output-dir=elsewhere",
        "--base=smoke/1",
        "--base=a b",
        "--run=smoke/2",
        "--run=--force",
        "--run=$(touch",
        f"--run={mark})",
    ]
    assert not mark.exists()


def test_comparing_without_a_run_says_how(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("RUN", raising=False)
    with pytest.raises(SystemExit) as ended:
        launch.main("compare")
    assert ended.value.code == launch.EXIT_USAGE
    assert "make compare BASE=" in capsys.readouterr().err


def test_words_in_args_are_split_as_a_shell_would_and_run_nothing(python: Path, tmp_path: Path):
    mark = tmp_path / "mark"
    answer = make("load", f"ARGS=--seed 3 --name 'a b' $(touch {mark})", f"PYTHON={python}")
    assert command_of(answer)[2:] == ["--seed", "3", "--name", "a b", "$(touch", f"{mark})"]
    assert not mark.exists()


def test_args_go_to_pytest_in_make_test(python: Path):
    assert command_of(make("test", "ARGS=tests/shapes -x", f"PYTHON={python}"))[1:] == [
        "-m",
        "pytest",
        *launch.IN_PARALLEL,
        "tests/shapes",
        "-x",
    ]


@pytest.mark.parametrize(
    "words, called",
    [
        (["load", "TARGET=sim-postgres"], "scripts.get_databases"),
        (["ui", "TARGET=sim-postgres"], "scripts.get_databases"),
        (["doctor", "TARGET=sim-postgres"], "scripts.get_databases"),
        (["load", "REPEAT=2", "AGAINST=sim-postgres"], "scripts.get_databases"),
        (["databases"], "scripts.get_databases"),
        (["setup"], "scripts.get_databases --optional"),
        (["test"], "scripts.get_databases --optional"),
        (["load"], None),
        (["load", "TARGET=june"], None),
    ],
)
def test_databases_are_had_where_they_are_needed_and_hinder_nothing_else(
    python: Path, words: list[str], called: str | None
):
    answer = make(*words, f"PYTHON={python}")
    said = [line.removeprefix("CALLED ") for line in answer.stdout.splitlines() if "get_databases" in line]
    assert said == ([called] if called else [])


@pytest.mark.parametrize(
    "words, called",
    [
        (["alertmanager"], "scripts.get_alertmanager"),
        (["setup"], "scripts.get_alertmanager --optional"),
        (["test"], "scripts.get_alertmanager --optional"),
        (["load"], None),
    ],
)
def test_an_alertmanager_is_had_where_it_is_needed_and_hinders_nothing_else(
    python: Path, words: list[str], called: str | None
):
    answer = make(*words, f"PYTHON={python}")
    said = [line.removeprefix("CALLED ") for line in answer.stdout.splitlines() if "get_alertmanager" in line]
    assert said == ([called] if called else [])


@pytest.mark.parametrize("command", ["judge", "report", "baseline"])
def test_what_takes_a_run_says_without_one_what_is_missing(command: str, capfd: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        launch.main(command)
    assert ended.value.code == launch.EXIT_USAGE
    assert f"RUN is missing: make {command} RUN=" in capfd.readouterr().err


@pytest.mark.parametrize(
    "word, given",
    [
        ("docs", str(REPOSITORY / "docs")),
        ("--name", str(REPOSITORY / "--name")),
        ("baseline-20251130120000", "baseline-20251130120000"),
        ("x" * 5000, "x" * 5000),
    ],
    ids=["a folder", "an option", "a run_id", "a long word"],
)
@pytest.mark.parametrize("command", ["judge", "report", "baseline"])
def test_what_takes_a_run_is_given_a_folder_as_a_whole_path_and_a_run_id_as_it_is(
    python: Path, command: str, word: str, given: str
):
    made = command_of(make(command, f"RUN={word}", "OUTPUT_DIR=o", f"PYTHON={python}"))
    assert made == ["loadgen", *launch.WORDS.get(command, (command,)), "--output-dir=o", given]


def test_what_stands_in_the_environment_aims_no_load_and_is_mentioned(python: Path):
    answer = make("load", f"PYTHON={python}", HOST="http://somewhere", TARGET="june")
    assert command_of(answer) == ["loadgen", "run"]
    assert "HOST in the environment is ignored" in answer.stderr
    assert "TARGET in the environment is ignored" in answer.stderr


@pytest.mark.parametrize("target", ["summary", "comment"])
def test_a_summary_mentions_an_ignored_folder_and_nothing_else_of_a_jobs_environment(python: Path, target: str):
    answer = make(target, f"PYTHON={python}", OUTPUT_DIR="elsewhere", SCENARIO="smoke")
    assert re.findall("([A-Z_]+) in the environment is ignored", answer.stderr) == ["OUTPUT_DIR"]
    assert "ignored" not in make(target, "OUTPUT_DIR=o", f"PYTHON={python}", OUTPUT_DIR="elsewhere").stderr


@pytest.mark.parametrize("subcommand", launch.TAKEN)
def test_every_option_that_make_passes_on_is_one_that_loadgen_takes(subcommand: str, capfd: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        read_arguments(
            [*launch.WORDS.get(subcommand, (subcommand,)), "--help"], dict.fromkeys(launch.TAKEN, lambda _arguments: 0)
        )
    known = set(re.findall(r"--[a-z-]+", capfd.readouterr().out))
    assert {launch.OPTIONS[name] for name in launch.TAKEN[subcommand]} <= known


def test_nothing_is_started_where_the_environment_cannot_be_made():
    answer = make("load", "PYTHON=false")
    assert answer.returncode == 2
    assert answer.stdout == ""


MEANT = """#!{python}
import os, sys
sys.path.insert(0, {repository!r})
if sys.argv[2] == "scripts.containers":
    from scripts import containers
    sys.exit(containers.main(sys.argv[3:]))
if sys.argv[2] == "scripts.launch":
    from scripts import launch
    try:
        print("COMMAND", launch.command_line(sys.argv[3], os.environ)[0])
    except LookupError as error:
        print("REFUSED", error)
else:
    print("CALLED", sys.argv[2])
"""


@pytest.fixture
def among_containers(tmp_path: Path) -> Callable[..., list[str]]:
    """What make does while the stack is in containers; LOADGEN_HOME is given as the words and variables say."""
    python = tmp_path / "python"
    python.write_text(MEANT.format(python=sys.executable, repository=str(REPOSITORY)))
    python.chmod(0o755)
    (tmp_path / "stack.json").write_text(json.dumps({"kind": "compose"}))

    def called(*words: str, **environment: str) -> list[str]:
        return make(*words, f"PYTHON={python}", **environment).stdout.splitlines()

    return called


def test_makefile_and_launcher_decide_alike_where_a_variable_decides(
    among_containers: Callable[..., list[str]], tmp_path: Path
):
    here = f"COMMAND {launch.PROGRAMS / 'loadgen'}"
    home = {"LOADGEN_HOME": str(tmp_path)}
    assert among_containers("load", **home) == ["COMMAND docker"]
    assert among_containers("load", f"LOADGEN_HOME={tmp_path}") == ["COMMAND docker"]
    assert among_containers("load", PROMETHEUS="http://127.0.0.1:9", **home) == ["COMMAND docker"]
    assert among_containers("load", "PROMETHEUS=http://127.0.0.1:9", **home) == ["CALLED scripts.setup", here]
    assert among_containers("doctor", "PROMETHEUS=http://127.0.0.1:9", **home) == ["CALLED scripts.setup", here]


@pytest.mark.parametrize("value", [value for value in HOSTILE if "{mark}" in value])
def test_what_decides_is_data_too(among_containers: Callable[..., list[str]], tmp_path: Path, value: str):
    mark = tmp_path / "mark"
    among_containers("load", f"PROMETHEUS={value.replace('{mark}', str(mark))}", LOADGEN_HOME=str(tmp_path))
    among_containers("load", LOADGEN_HOME=value.replace("{mark}", str(mark)))
    assert not mark.exists()


@pytest.mark.parametrize("target", ["judge", "report", "rules", "doctor", "ui"])
def test_what_is_no_service_of_the_stack_works_beside_it_or_says_what_does(
    among_containers: Callable[..., list[str]], tmp_path: Path, target: str
):
    *prepared, said = among_containers(target, "RUN=reports/smoke/1", LOADGEN_HOME=str(tmp_path))
    if target in ("doctor", "ui"):
        assert prepared == []
        assert said.startswith(f"REFUSED the stack is up in containers, and {target} ")
        assert "`make down`" in said
    else:
        assert said == f"COMMAND {launch.PROGRAMS / 'loadgen'}"
