"""What `loadgen compare` does: reads the runs, compares them, writes the files and says what was found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from loadgen.compare.comparable import NotComparable, impossible
from loadgen.compare.compare import compare
from loadgen.config import Config, ConfigError, Problem
from loadgen.history.folders import read_run, resolve
from loadgen.history.kept import base_for
from loadgen.model.comparison import EXIT_NONE, EXIT_REFUSED, EXIT_REGRESSION, Comparison
from loadgen.model.run import Run
from loadgen.model.verdict import EXIT_INTERNAL
from loadgen.report.comparison.as_text import brief, last_line
from loadgen.report.comparison.files import new_folder, write_comparison
from loadgen.report.comparison.view import view_of

STYLES = {EXIT_NONE: "bold green", EXIT_REGRESSION: "bold red"}
UNCLEAR = "bold yellow"


class Asked(Struct, frozen=True, kw_only=True):
    """What is to be compared. `base` and `run`: names of runs."""

    config: Config
    base: tuple[str, ...]
    """Empty: the kept baseline that fits."""
    run: tuple[str, ...]
    force: bool
    output: Path
    """Where runs are."""
    folder: Path | None
    """Where the files go; None: a new folder beside the runs."""
    now: datetime


class Speaks(Struct, frozen=True):
    """How it speaks to whoever started it, without printing anything itself."""

    said: Callable[[str], None]
    concludes: Callable[[str, str], None]
    """A line and its style."""
    complains: Callable[[str], None]


def compare_runs(asked: Asked, speaks: Speaks) -> int:
    """The exit code. Raises ConfigError with every run that cannot be read."""
    base, run = _sides(asked, speaks.said)
    speaks.said(f"comparing {len(run)} against {len(base)} before")
    try:
        found = compare(base, run, asked.config.compare, force=asked.force)
    except NotComparable as refusal:
        for reason in refusal.reasons:
            speaks.complains(f"not comparable: {reason}")
        if not impossible(base, run):
            speaks.complains("with --force they are compared all the same, and every output says so")
        return EXIT_REFUSED
    written = _written(found, asked, speaks)
    view = view_of(found)
    speaks.said(f"\n{brief(view)}")
    if written:
        speaks.said(f"comparison in {written}")
    speaks.concludes(last_line(view), STYLES.get(found.exit_code, UNCLEAR))
    return found.exit_code if written or found.exit_code != EXIT_NONE else EXIT_INTERNAL


def _written(found: Comparison, asked: Asked, speaks: Speaks) -> Path | None:
    """The folder that now holds the files; None when one could not be written, which takes nothing from the result."""
    try:
        folder = asked.folder or new_folder(asked.output, asked.now)
        write_comparison(found, folder, speaks.said)
    except OSError as error:
        speaks.complains(f"{error.filename or asked.output}: {error.strerror or error}; the runs are as they were")
        return None
    return folder


def _sides(asked: Asked, said: Callable[[str], None]) -> tuple[list[Run], list[Run]]:
    """The runs of both sides, or everything that is wrong with any of them."""
    problems: list[Problem] = []
    base = _read("--base", asked.base, asked.output, problems, said)
    run = _read("--run", asked.run, asked.output, problems, said)
    if not asked.base and run:
        try:
            kept = base_for(asked.output, run[0].plan)
            said(f"the base is the kept {kept.name}")
            base = [read_run(kept)]
        except ValueError as error:
            problems.append(_problem("--base", error))
    if problems:
        raise ConfigError(problems)
    return base, run


def _read(
    option: str, words: Sequence[str], output: Path, problems: list[Problem], said: Callable[[str], None]
) -> list[Run]:
    """Those that can be read; what is wrong with the others is added to `problems`."""
    found = []
    for number, word in enumerate(words, 1):
        try:
            folder = resolve(output, word)
            said(f"reading {option.lstrip('-')} {number} of {len(words)}: {folder}")
            found.append(read_run(folder))
        except ValueError as error:
            problems.append(_problem(option, error))
    return found


def _problem(option: str, error: ValueError) -> Problem:
    return Problem(file="command line", line=None, key=option, text=str(error))
