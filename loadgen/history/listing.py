"""Earlier runs in a list: what was run, when, and how it ended. What cannot be read is shown as such."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from loadgen.history.folders import PLAN, RECORD, VERDICT, kept_folders, read_record, run_folders, shown_path
from loadgen.history.sound import on_calendar
from loadgen.model.inert import inert, shortened
from loadgen.model.record import RunRecord
from loadgen.model.verdict import FAIL, FAILED, INVALID, PASS, Verdict
from loadgen.plan.tables import Rows, counted, table
from loadgen.verdict.reasons import reasons

SCHEMA_VERSION = 1
FINISHED, UNFINISHED, BROKEN = "finished", "unfinished", "broken"
STAMP = re.compile(r"([0-9]{8})_?([0-9]{6})(-[0-9]+)?$", re.ASCII)
HEADING = ("began (UTC)", "run", "scenario", "test type", "target", "scale", "verdict", "decided by")
LONGEST = 60
"""Characters of a name in the table."""
SHOWN = 3
"""Names of criteria or checks in a line of the table; more are counted."""


class Target(Struct, frozen=True, kw_only=True):
    """Of a plan's target its name."""

    name: str


class Outline(Struct, frozen=True, kw_only=True):
    """What a list needs of a plan."""

    schema_version: int
    run_id: str
    scenario: str
    test_type: str
    time_scale: float
    target: Target


class Listed(Struct, frozen=True, kw_only=True):
    """One run, as far as its folder tells; None for what it does not."""

    folder: str
    state: str
    """finished · unfinished (no verdict: still under way, or killed) · broken (a record cannot be read)."""
    run_id: str | None = None
    began: float | None = None
    """Unix seconds: the beginning of the load, or the time in the folder's or the run's name."""
    scenario: str | None = None
    test_type: str | None = None
    target: str | None = None
    time_scale: float | None = None
    verdict: str | None = None
    exit_code: int | None = None
    decided: tuple[str, ...] = ()
    """FAIL: the criteria that failed; INVALID: why; PASS: the criterion that came closest to its bound."""
    sentence: str
    """The verdict's own, or what is wrong with the folder."""


class Listing(Struct, frozen=True, kw_only=True):
    """What `--json` prints."""

    schema_version: int = SCHEMA_VERSION
    runs: tuple[Listed, ...]


def runs_of(output: Path) -> Listing:
    """Every run under `output`, the newest first."""
    return _newest_first(listed(folder) for folder in run_folders(output))


def baselines_of(output: Path) -> Listing:
    """Every kept baseline, by its name; the last part of `folder` is that name."""
    return Listing(runs=tuple(listed(folder) for folder in kept_folders(output)))


def _newest_first(found: Iterable[Listed]) -> Listing:
    return Listing(runs=tuple(sorted(found, key=lambda one: (one.began or 0.0, one.folder), reverse=True)))


def listed(folder: Path) -> Listed:
    """What one folder tells. Never raises for what is in it."""
    try:
        outline = read_record(folder, PLAN, Outline)
    except ValueError as error:
        return Listed(folder=str(folder), state=BROKEN, began=_stamped(folder.name), sentence=str(error))
    known: dict[str, Any] = {
        "folder": str(folder),
        "run_id": outline.run_id,
        "scenario": outline.scenario,
        "test_type": outline.test_type,
        "target": outline.target.name,
        "time_scale": outline.time_scale,
    }
    named = _stamped(outline.run_id)
    if not (folder / VERDICT).exists():
        return Listed(**known, state=UNFINISHED, began=named, sentence="It has no verdict: still under way, or killed.")
    try:
        record, verdict = read_record(folder, RECORD, RunRecord), read_record(folder, VERDICT, Verdict)
    except ValueError as error:
        return Listed(**known, state=BROKEN, began=named, sentence=str(error))
    return Listed(
        **known,
        state=FINISHED,
        began=named if record.started is None or not on_calendar(record.started) else record.started,
        verdict=verdict.verdict,
        exit_code=verdict.exit_code,
        decided=_decided(record, verdict),
        sentence=verdict.sentence,
    )


def _stamped(name: str) -> float | None:
    """Unix seconds of the UTC time in which the name of a folder or a run ends."""
    found = STAMP.search(name)
    try:
        return datetime.strptime(found[1] + found[2], "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp() if found else None
    except ValueError:
        return None


def _decided(record: RunRecord, verdict: Verdict) -> tuple[str, ...]:
    if verdict.verdict == INVALID:
        return reasons(record, verdict)
    if verdict.verdict == FAIL:
        if record.aborted_by is not None:
            return (record.aborted_by,)
        return tuple(line.criterion for line in verdict.criteria if line.status == FAILED)
    closest = min(verdict.criteria, key=lambda line: inf if line.margin is None else line.margin, default=None)
    return () if closest is None else (closest.criterion,)


def as_json(listing: Listing) -> str:
    """The list for machines."""
    return msgspec.json.format(msgspec.json.encode(listing), indent=2).decode() + "\n"


def runs_text(listing: Listing, output: Path) -> str:
    """The list for people."""
    if not listing.runs:
        return f"no runs under {shown_path(output)}; `make load SCENARIO=smoke` makes one\n"
    return _text([HEADING, *(tuple(_row(one)) for one in listing.runs)], right=(5,))


def baselines_text(listing: Listing, output: Path) -> str:
    """The kept baselines for people."""
    if not listing.runs:
        return f"no baseline is kept under {shown_path(output)}; `loadgen baseline set RUN` keeps one\n"
    rows = ((_cell(Path(one.folder).name), *_row(one)) for one in listing.runs)
    return _text([("name", *HEADING), *rows], right=(6,))


def _text(rows: Rows, right: tuple[int, ...]) -> str:
    return "".join(f"{line.removeprefix('  ')}\n" for line in table(rows, right=right))


def _row(one: Listed) -> Iterator[str]:
    began = None if one.began is None else datetime.fromtimestamp(one.began, UTC)
    yield "-" if began is None else f"{began:%Y-%m-%d %H:%M:%S}"
    yield _cell(one.run_id or "/".join(Path(one.folder).parts[-2:]))
    yield _cell(one.scenario or "-")
    yield _cell(one.test_type or "-")
    yield _cell(one.target or "-")
    yield "-" if one.time_scale is None else f"{one.time_scale:g}"
    yield _cell(one.verdict or one.state)
    yield inert(_said(one))


def _said(one: Listed) -> str:
    """What decided, in few words; a folder without a verdict is explained in full."""
    if one.state != FINISHED:
        return one.sentence
    names = list(one.decided[:SHOWN])
    if len(one.decided) > SHOWN:
        names.append(f"{counted(len(one.decided) - SHOWN, 'other')}")
    said = ", ".join(names)
    return f"{said} came closest" if said and one.verdict == PASS else said


def _cell(text: str) -> str:
    return shortened(inert(text), LONGEST)
