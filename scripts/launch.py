"""Turn make's variables into a command line of `loadgen` (or of pytest, for `test`), and become that command.

Run as `python3 -m scripts.launch <subcommand>`. The values come through the environment, so that no shell ever reads
them: a quote or a `$(…)` in one is just a character.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from scripts import containers

PROGRAMS = Path(__file__).resolve().parents[1] / ".venv/bin"

OPTIONS = {
    "SCENARIO": "--scenario",
    "TEST_TYPE": "--test-type",
    "TARGET": "--target",
    "WORKERS": "--workers",
    "TIME_SCALE": "--time-scale",
    "HOST": "--host",
    "USERS": "--users",
    "SPAWN_RATE": "--spawn-rate",
    "DURATION": "--duration",
    "OUTPUT_DIR": "--output-dir",
    "CONFIG": "--config",
    "PROMETHEUS": "--prometheus",
    "REPEAT": "--repeat",
    "AGAINST": "--against-target",
}
"""make's variables and the options of `loadgen run` that they stand for."""

LOOKING = tuple(name for name in OPTIONS if name not in ("OUTPUT_DIR", "REPEAT", "AGAINST"))
SHAPING = tuple(name for name in LOOKING if name != "PROMETHEUS")
TAKEN = {
    "run": tuple(OPTIONS),
    "doctor": LOOKING,
    "ui": SHAPING,
    "rules": ("CONFIG",),
    "judge": ("OUTPUT_DIR", "CONFIG"),
    "report": ("OUTPUT_DIR", "CONFIG"),
    "compare": ("OUTPUT_DIR", "CONFIG"),
    "runs": ("OUTPUT_DIR", "CONFIG"),
    "baseline": ("OUTPUT_DIR", "CONFIG"),
    "up": ("CONFIG",),
    "down": (),
}
"""The variables that each subcommand takes; beside them, ARGS holds words for any, RUN is what `judge` is given, and
BASE and RUN what `compare` is."""

IN_PARALLEL = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
"""Most tests wait for real processes, so two at a time take half as long; those of a file stay together.

Left to itself pytest-xdist begins with the files of the most tests; but a file of one test may be a whole run, and the
one that is begun last decides when all have ended. tests/conftest.py has the order.
"""

EXIT_USAGE = 3
EXIT_ENVIRONMENT = 4

WORDS = {"baseline": ("baseline", "set")}
"""Subcommands that are more than one word for `loadgen`."""

TARGETS = {"run": "load"}
"""make's targets that are called otherwise than the subcommand."""


def command_line(subcommand: str, variables: Mapping[str, str]) -> list[str]:
    """The program to become, with its arguments. Variables that are empty or absent add nothing.

    Raises ValueError for an open quote, for `judge`, `report` and `compare` without RUN, and for what containers cannot
    take; LookupError for what cannot be done while the stack is in containers.
    """
    words = shlex.split(variables.get("ARGS", ""))
    if subcommand == "test":
        return [str(PROGRAMS / "python"), "-m", "pytest", *IN_PARALLEL, *words]
    options = [f"{OPTIONS[name]}={variables[name]}" for name in TAKEN[subcommand] if variables.get(name)]
    target = TARGETS.get(subcommand, subcommand)
    if problem := containers.refusal(target, variables):
        raise LookupError(problem)
    if containers.meant(target, variables):
        return _in_containers(subcommand, options, words, variables)
    run = [_run_word(subcommand, variables)] if subcommand in ("judge", "report", "baseline") else []
    if subcommand == "compare":
        run = _sides(variables)
    return [str(PROGRAMS / "loadgen"), *WORDS.get(subcommand, (subcommand,)), *options, *words, *run]


def _in_containers(subcommand: str, options: list[str], words: list[str], variables: Mapping[str, str]) -> list[str]:
    if subcommand == "run":
        return containers.run_command(options, words, variables)
    if options:
        raise ValueError(f"{options[0]} is of no use here: the stack in containers has the committed configuration")
    return [sys.executable, "-m", "scripts.containers", subcommand, *words]


def _run_word(subcommand: str, variables: Mapping[str, str]) -> str:
    """A run's folder, and never an option in its place; else its run_id, as it is."""
    word = variables.get("RUN")
    if not word:
        raise ValueError(f"RUN is missing: make {subcommand} RUN=reports/<scenario>/<time>")
    folder = word.startswith("-") or os.path.exists(word)  # noqa: PTH110 - Path's raises for a name that is too long
    return os.path.abspath(word) if folder else word  # noqa: PTH100 - as above


def _sides(variables: Mapping[str, str]) -> list[str]:
    """The runs before and after, as many of each as there are words; a word with a space in it stands in quotes."""
    if not variables.get("RUN"):
        raise ValueError("RUN is missing: make compare BASE=reports/<scenario>/<time> RUN=reports/<scenario>/<time>")
    sides = {"--base": "BASE", "--run": "RUN"}
    return [f"{option}={word}" for option, name in sides.items() for word in shlex.split(variables.get(name, ""))]


def main(subcommand: str) -> NoReturn:
    """Become the command, so that signals reach it and its exit code is ours."""
    try:
        command = command_line(subcommand, os.environ)
    except ValueError as error:
        print(f"make {subcommand}: {error}", file=sys.stderr)
        sys.exit(EXIT_USAGE)
    except LookupError as error:
        print(f"make {subcommand}: {error}", file=sys.stderr)
        sys.exit(EXIT_ENVIRONMENT)
    sys.stdout.flush()
    try:
        os.execvp(command[0], command)  # noqa: S606 - a list, and no shell
    except OSError as error:
        print(f"make {subcommand}: {command[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(EXIT_ENVIRONMENT)


if __name__ == "__main__":
    main(sys.argv[1])
