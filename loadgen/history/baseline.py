"""What throughput is measured against: an earlier run that passed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from loadgen.config import Baseline
from loadgen.criteria.books import counted as booked
from loadgen.history.folders import EVIDENCE, PLAN, VERDICT, kept_folders, last_parts, read_record, shown_path
from loadgen.history.kept import kind_of
from loadgen.model.evidence import Evidence
from loadgen.model.inert import inert
from loadgen.model.plan import STEADY, Plan
from loadgen.model.quantities import duration_text
from loadgen.model.verdict import PASS, Verdict
from loadgen.plan.tables import counted

SHOWN = 3
"""Runs whose being passed over is told; more are counted."""

Notes = tuple[str, ...]
T = TypeVar("T")


class PassedOver(Exception):
    """A run that could be meant is no baseline; says why, in half a sentence."""


def baseline_of(output: Path, wanted: Plan, plan: Plan) -> tuple[Baseline | None, Notes]:
    """A passed run with the load of the plan `wanted` and the target, test type and time scale of `plan`; else None.

    A kept baseline comes first, and of several the latest; else it is the latest run. Notes name those that were passed
    over though they could be meant. `plan` has the throughput criteria, whose operations are counted in the earlier run
    just as they will be in this.
    """
    passed_over: list[str] = []
    for folder, name in _candidates(output, wanted.scenario, passed_over):
        try:
            found = _kept(folder, wanted, plan) if name else _made(folder, wanted, plan)
        except PassedOver as why:
            passed_over.append(_note(folder, name, str(why)))
            continue
        if found is not None:
            return msgspec.structs.replace(found, kept=name), _told(passed_over)
    return None, _told(passed_over)


def named_baseline(folder: Path, wanted: Plan | None, plan: Plan) -> tuple[Baseline, Notes]:
    """The same of one run, whose load may be another than that of `wanted`, if that is known: a note then says so.

    Raises ValueError that says why it cannot be measured against.
    """
    earlier, verdict = read_record(folder, PLAN, Plan), read_record(folder, VERDICT, Verdict)
    evidence = read_record(folder, EVIDENCE, Evidence)
    if verdict.verdict != PASS:
        raise ValueError(f"{shown_path(folder)} ended in {verdict.verdict}; allowed: a run that passed")
    if not _same(earlier, plan):
        figures = f"target {plan.target.name}, test type {plan.test_type}, time scale {plan.time_scale:g}"
        raise ValueError(f"{earlier.run_id} cannot be compared with this run; allowed: one with {figures}")
    apart = _other_load(earlier, wanted) if wanted else None
    notes = (f"The load of the baseline {earlier.run_id} is not the configured one: {apart}.",) if apart else ()
    return _rates(earlier, evidence, plan), notes


def _candidates(output: Path, scenario: str, passed_over: list[str]) -> Iterator[tuple[Path, str | None]]:
    """Folders, each with its name if it is kept. Those of which not even the kind is known are noted."""
    found = []
    for folder in kept_folders(output):
        kind = kind_of(folder)
        if kind is None:
            passed_over.append(_note(folder, folder.name, f"its {PLAN} cannot be read"))
        elif kind.scenario == scenario:
            found.append((kind.run_id, folder))
    yield from ((folder, folder.name) for _, folder in sorted(found, reverse=True))
    yield from ((folder, None) for folder in sorted((output / scenario).glob("*"), reverse=True))


def _note(folder: Path, name: str | None, why: str) -> str:
    called = f"kept baseline {name}" if name else f"run {last_parts(folder)}"
    return inert(f"The {called} is passed over as baseline: {why}.")


def _told(passed_over: Sequence[str]) -> Notes:
    more = len(passed_over) - SHOWN
    return (*passed_over[:SHOWN], *([f"{more} more passed over as baseline."] if more > 0 else []))


def _kept(folder: Path, wanted: Plan, plan: Plan) -> Baseline | None:
    """None for one of another kind. Raises PassedOver for whatever else is in its way."""
    earlier = _record(folder, PLAN, Plan)
    if not _same(earlier, plan):
        return None
    ended = _record(folder, VERDICT, Verdict).verdict
    if ended != PASS:
        raise PassedOver(f"it ended in {ended}")
    _check_load(earlier, wanted)
    return _rates(earlier, _record(folder, EVIDENCE, Evidence), plan)


def _record(folder: Path, name: str, kind: type[T]) -> T:
    try:
        return read_record(folder, name, kind)
    except ValueError:
        raise PassedOver(f"its {name} cannot be read") from None


def _made(folder: Path, wanted: Plan, plan: Plan) -> Baseline | None:
    """None for a run of another kind, one that did not pass, and whatever else lies there. Raises PassedOver."""
    try:
        if read_record(folder, VERDICT, Verdict).verdict != PASS:
            return None
        earlier = read_record(folder, PLAN, Plan)
        if not _same(earlier, plan):
            return None
        _check_load(earlier, wanted)
        return _rates(earlier, read_record(folder, EVIDENCE, Evidence), plan)
    except ValueError:
        return None  # an unfinished or foreign folder is no baseline


def _check_load(earlier: Plan, wanted: Plan) -> None:
    apart = _other_load(earlier, wanted)
    if apart:
        raise PassedOver(apart)


def _same(earlier: Plan, plan: Plan) -> bool:
    def figures(of: Plan) -> tuple[object, ...]:
        return of.target.name, of.test_type, of.time_scale

    return figures(earlier) == figures(plan)


def _other_load(earlier: Plan, wanted: Plan) -> str:
    """In what the load was another; empty when it was the same. What was called is left to who chose the operations."""
    said = []
    if earlier.users != wanted.users:
        said.append(f"{counted(earlier.users, 'user')} instead of {wanted.users}")
    if earlier.duration != wanted.duration:
        said.append(f"{duration_text(earlier.duration)} of load instead of {duration_text(wanted.duration)}")
    if not said and earlier.stages != wanted.stages:
        said.append("other stages")
    if earlier.shares != wanted.shares:
        said.append("other shares of the test types")
    if earlier.think_times != wanted.think_times:
        said.append("other think times")
    return ", ".join(said)


def _rates(earlier: Plan, evidence: Evidence, plan: Plan) -> Baseline:
    """Successful operations per second of the steady phase, by test type."""
    seconds = sum(phase.end - phase.start for phase in earlier.phases if phase.name == STEADY)
    rates = {
        criterion.test_type: booked(criterion, evidence).successes / seconds
        for criterion in plan.criteria
        if criterion.kind == "throughput" and seconds > 0
    }
    return Baseline(run_id=earlier.run_id, rates=rates)
