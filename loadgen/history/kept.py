"""Kept baselines: copies of a run's records under a name, which stay when the run's own folder goes.

A baseline is a folder `<output>/baselines/<name>/` with the records in it, and nothing else says that it is one: it
may be copied, sent and put back as files.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import msgspec
from msgspec import Struct

from loadgen.config.problems import one_of, shown
from loadgen.config.values import BASELINES, folder_name
from loadgen.history.folders import FOLDER, PLAN, RECORDS, RUN_ID, kept_folders, read_run, shown_path
from loadgen.model.plan import Plan, Stage
from loadgen.model.quantities import duration_text
from loadgen.model.run import Run
from loadgen.model.verdict import INVALID
from loadgen.plan.tables import counted
from loadgen.storage import load, write_whole

FAILURES = "failures.jsonl"
"""Copied too where there is one: a report shows them."""


class _Aim(Struct, frozen=True, kw_only=True):
    name: str


class Kind(Struct, frozen=True, kw_only=True):
    """Of a plan what runs that are set beside each other have in common."""

    run_id: str
    scenario: str
    test_type: str
    time_scale: float
    target: _Aim
    stages: tuple[Stage, ...]
    """They hold users and duration."""


def keep(output: Path, folder: Path, name: str | None) -> tuple[str, Run]:
    """Copy the records of a run to a baseline, in place of one that has the name; the name, and the run.

    `name`: None makes one of scenario, target, test type, users, duration and time scale, so that the next run of the
    same kind takes the place of this one. Raises ValueError for a run or a name that will not do, OSError when it
    cannot be written; then there is what was there before.
    """
    run = read_run(folder)
    if run.verdict.verdict == INVALID:
        raise ValueError(f"{shown_path(folder)} ended in INVALID, which tells nothing; allowed: a run that can tell")
    if name is None:
        name = _checked(usual_name(run.plan), "a name of your own, with --name")
    else:
        name = _checked(name, "another one")
    place = output / BASELINES / name
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{name}."))
    try:
        for record in (*RECORDS, FAILURES):
            if record != FAILURES or (folder / record).is_file():
                write_whole(fresh / record, (folder / record).read_bytes())
        fresh.chmod(0o755)
        _put(fresh, place)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return name, run


def usual_name(plan: Plan) -> str:
    """What a baseline is called that was given no name, such as `baseline-sim-all-10-users-5m`."""
    scale = "" if plan.time_scale == 1 else f"-x{plan.time_scale:g}"
    load = f"{counted(plan.users, 'user').replace(' ', '-')}-{duration_text(plan.duration)}"
    return f"{plan.scenario}-{plan.target.name}-{plan.test_type}-{load}{scale}"


def remove(output: Path, name: str) -> None:
    """Forget a baseline. Raises ValueError when there is none of that name, OSError when it cannot be deleted."""
    names = [folder.name for folder in kept_folders(output)]
    if name not in names:
        raise ValueError(f"{shown(name)} is no kept baseline; allowed: {one_of(names)}")
    place = output / BASELINES / name
    # Gone in one step for those who look for it, however long the files take.
    gone = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{name}."))
    place.rename(gone)
    shutil.rmtree(gone)


def fitting(output: Path, plan: Plan) -> list[Path]:
    """The kept baselines with the plan's scenario, target, test type, time scale and load, the latest run first."""
    kinds = ((kind_of(folder), folder) for folder in kept_folders(output))
    found = [(kind.run_id, folder) for kind, folder in kinds if kind and _in_common(kind) == _in_common(plan)]
    return [folder for _, folder in sorted(found, reverse=True)]


def _in_common(of: Kind | Plan) -> tuple[object, ...]:
    return of.scenario, of.target.name, of.test_type, of.time_scale, of.stages


def base_for(output: Path, plan: Plan) -> Path:
    """The one kept baseline that a run of `plan` is compared with. Raises ValueError when none or several fit."""
    found = fitting(output, plan)
    if len(found) == 1:
        return found[0]
    what = (
        f"{plan.scenario} with target {plan.target.name}, test type {plan.test_type}, scale {plan.time_scale:g} and "
        f"this run's load ({counted(plan.users, 'user')}, {duration_text(plan.duration)})"
    )
    if found:
        names = one_of(folder.name for folder in found)
        raise ValueError(f"{len(found)} kept baselines are of {what}; allowed: --base with one of {names}")
    raise ValueError(f"no kept baseline is of {what}; allowed: --base with a run, or `loadgen baseline set` before")


def kind_of(folder: Path) -> Kind | None:
    """None when its plan cannot be read; `loadgen baseline list` shows what is wrong with it."""
    try:
        return load(folder / PLAN, Kind)
    except (OSError, msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _checked(name: str, allowed: str) -> str:
    try:
        folder_name(name)
    except ValueError as error:
        raise ValueError(f"the name {shown(name)} will not do; allowed: {allowed}: {error}") from None
    if RUN_ID.fullmatch(name) or FOLDER.fullmatch(name):
        raise ValueError(f"the name {shown(name)} looks like a run's own; allowed: {allowed}")
    return name


def _put(fresh: Path, place: Path) -> None:
    """Let `fresh` be at `place`, whatever was there before."""
    if not place.exists():
        fresh.rename(place)
        return
    old = fresh.with_name(f"{fresh.name}.old")
    place.rename(old)
    try:
        fresh.rename(place)
    except BaseException:
        old.rename(place)
        raise
    shutil.rmtree(old, ignore_errors=True)
