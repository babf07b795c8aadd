"""The folders of earlier runs: found by what a user calls them, read as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from loadgen.config.problems import shown
from loadgen.config.values import BASELINES, COMPARISONS
from loadgen.history.sound import faults
from loadgen.model import evidence, plan, record, verdict
from loadgen.model.evidence import Evidence
from loadgen.model.inert import inert
from loadgen.model.plan import Plan
from loadgen.model.record import RunRecord
from loadgen.model.run import Run
from loadgen.model.verdict import Verdict
from loadgen.storage import load

PLAN, RECORD, EVIDENCE, VERDICT = RECORDS = ("plan.json", "run.json", "evidence.json", "verdict.json")
"""The files of a run from which everything else can be made again."""

_WRITTEN_AS = {
    PLAN: plan.SCHEMA_VERSION,
    RECORD: record.SCHEMA_VERSION,
    EVIDENCE: evidence.SCHEMA_VERSION,
    VERDICT: verdict.SCHEMA_VERSION,
}
RUN_ID = re.compile(r"(?P<scenario>.+)-(?P<day>[0-9]{8})(?P<time>[0-9]{6})(?P<suffix>-[0-9]+)?", re.ASCII)
FOLDER = re.compile(r"[0-9]{8}_[0-9]{6}(-[0-9]+)?", re.ASCII)
"""What `<output>/<scenario>/` holds a run in."""

T = TypeVar("T")


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """Of a record only whose it is: read much faster than all of it."""

    run_id: str
    schema_version: int = 1


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a run before it is judged."""

    plan: Plan
    record: RunRecord
    evidence: Evidence


def read_run(folder: Path) -> Run:
    """All records of a run that came to its end. Raises ValueError with one sentence that says what is not right."""
    found = read_measured(folder)
    verdict = read_record(folder, VERDICT, Verdict)
    _of_one_run(folder, {found.plan.run_id, verdict.run_id})
    return Run(
        plan=found.plan, record=found.record, evidence=found.evidence, verdict=verdict, folder=last_parts(folder)
    )


def read_measured(folder: Path) -> Measured:
    """The records from which a run is judged. Raises ValueError as `read_run` does."""
    try:
        there = folder.is_dir()
    except OSError as error:
        raise ValueError(f"{shown(str(folder))} cannot be read: {error.strerror}") from None
    if not there:
        raise ValueError(f"{shown_path(folder)} is no folder; allowed: the folder of a run that came to its end")
    found = Measured(
        plan=read_record(folder, PLAN, Plan),
        record=read_record(folder, RECORD, RunRecord),
        evidence=read_record(folder, EVIDENCE, Evidence),
    )
    _of_one_run(folder, {found.plan.run_id, found.record.run_id, found.evidence.run_id})
    if fault := next(faults(found.plan, found.record, found.evidence), None):
        text = f"{shown_path(folder)} cannot be reckoned with: {inert(fault)}; it was changed, or written by another"
        raise ValueError(f"{text} version")
    return found


def _of_one_run(folder: Path, owners: set[str]) -> None:
    if len(owners) > 1:
        names = " and ".join(map(shown, sorted(owners)))
        raise ValueError(f"{shown_path(folder)} holds records of different runs ({names}); allowed: those of one run")


def read_record(folder: Path, name: str, kind: type[T]) -> T:
    """One record of a run. Raises ValueError with one sentence that names the folder and the file."""
    path = folder / name
    try:
        found = load(path, kind)
    except FileNotFoundError:
        text = f"{shown_path(folder)} has no {name}; allowed: the folder of a run that came to its end"
        raise ValueError(text) from None
    except OSError as error:
        raise ValueError(f"{shown_path(path)} cannot be read: {error.strerror or error}") from None
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        text = f"{shown_path(path)} cannot be read: {error}; it was written by another version, or changed"
        raise ValueError(text) from None
    version, known = getattr(found, "schema_version", None), _WRITTEN_AS[name]
    if version != known:
        raise ValueError(
            f"{shown_path(path)} has the form {version}, and this version reads {known}; use the other one"
        )
    return found


def resolve(output: Path, word: str) -> Path:
    """The folder of the run that `word` names: a folder, one below `output`, a kept baseline's name, or a run_id.

    Raises ValueError that says what was looked for. Whether the run is whole is seen when it is read.
    """
    for found in _candidates(output, word):
        if holds_records(found):
            return found
    raise ValueError(
        f"{shown(word)} is no run under {shown_path(output)}; allowed: a run's folder, its run_id, or the name of a "
        "kept baseline (`loadgen runs` and `loadgen baseline list` name them)"
    )


def _candidates(output: Path, word: str) -> Iterator[Path]:
    if not word or "\0" in word:
        return
    # A user's `~/…` may arrive as it is, from make.
    yield Path(word).expanduser() if word.startswith("~/") else Path(word)
    yield output / BASELINES / word
    yield output / word
    parts = RUN_ID.fullmatch(word)
    if parts:
        yield output / parts["scenario"] / f"{parts['day']}_{parts['time']}{parts['suffix'] or ''}"
        # A run whose folder was renamed, or whose records are kept while it is gone.
        yield from (folder for folder in (*run_folders(output), *kept_folders(output)) if _owner(folder) == word)


def holds_records(folder: Path) -> bool:
    """Whether any record of a run is there."""
    try:
        return any((folder / name).is_file() for name in RECORDS)
    except OSError:
        return False  # a name too long for a file, a folder that is not ours


def run_folders(output: Path) -> Iterator[Path]:
    """Every folder under `output` that is a run's, whole or not; those in which nothing tells so are left out."""
    for scenario in _folders(output):
        if scenario.name not in (BASELINES, COMPARISONS):
            yield from (one for one in _folders(scenario) if FOLDER.fullmatch(one.name) or holds_records(one))


def kept_folders(output: Path) -> Iterator[Path]:
    """The folders of kept baselines."""
    yield from (one for one in _folders(output / BASELINES) if holds_records(one))


def _folders(parent: Path) -> list[Path]:
    """What is being written, or is nobody's business, has a dot before its name."""
    try:
        return sorted(one for one in parent.iterdir() if one.is_dir() and not one.name.startswith("."))
    except OSError:
        return []


def _owner(folder: Path) -> str | None:
    for name in (PLAN, VERDICT):
        try:
            return load(folder / name, Named).run_id
        except (OSError, ValueError, RecursionError):
            continue
    return None


def last_parts(folder: Path) -> str:
    """`<scenario>/<time>`: what a folder is called wherever it lies."""
    return "/".join(folder.absolute().parts[-2:])


def shown_path(path: Path) -> str:
    """A path for people, without anything that could disturb a terminal."""
    return inert(str(path))
