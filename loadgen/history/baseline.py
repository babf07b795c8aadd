"""What throughput is measured against: an earlier run that passed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from loadgen.config import Baseline
from loadgen.criteria.books import counted
from loadgen.history.folders import EVIDENCE, PLAN, VERDICT, read_record, shown_path
from loadgen.history.kept import fitting
from loadgen.model.evidence import Evidence
from loadgen.model.plan import STEADY, Plan
from loadgen.model.verdict import PASS, Verdict
from loadgen.storage import load


def baseline_of(output: Path, scenario: str, plan: Plan) -> Baseline | None:
    """A passed run of that scenario with the plan's target, test type and time scale; None without one.

    A kept baseline comes first, and of several the latest; else it is the latest run. `plan` has the throughput
    criteria, whose operations are counted in the earlier run just as they will be in this.
    """
    for folder, name in _candidates(output, scenario, plan):
        found = _comparable(folder, plan)
        if found is not None:
            return msgspec.structs.replace(found, kept=name)
    return None


def named_baseline(folder: Path, plan: Plan) -> Baseline:
    """The same of one run. Raises ValueError that says why it cannot be measured against."""
    earlier, verdict = read_record(folder, PLAN, Plan), read_record(folder, VERDICT, Verdict)
    evidence = read_record(folder, EVIDENCE, Evidence)
    if verdict.verdict != PASS:
        raise ValueError(f"{shown_path(folder)} ended in {verdict.verdict}; allowed: a run that passed")
    if not _same(earlier, plan):
        wanted = f"target {plan.target.name}, test type {plan.test_type}, time scale {plan.time_scale:g}"
        raise ValueError(f"{earlier.run_id} cannot be compared with this run; allowed: one with {wanted}")
    return _rates(earlier, evidence, plan)


def _candidates(output: Path, scenario: str, plan: Plan) -> Iterator[tuple[Path, str | None]]:
    """Folders, each with its name if it is kept."""
    yield from ((folder, folder.name) for folder in fitting(output, plan, scenario))
    yield from ((folder, None) for folder in sorted((output / scenario).glob("*"), reverse=True))


def _comparable(folder: Path, plan: Plan) -> Baseline | None:
    try:
        if load(folder / VERDICT, Verdict).verdict != PASS:
            return None
        earlier = load(folder / PLAN, Plan)
        return _rates(earlier, load(folder / EVIDENCE, Evidence), plan) if _same(earlier, plan) else None
    except (OSError, msgspec.MsgspecError, UnicodeError):
        return None  # an unfinished or foreign folder is no baseline


def _same(earlier: Plan, plan: Plan) -> bool:
    def figures(of: Plan) -> tuple[object, ...]:
        return of.target.name, of.test_type, of.time_scale

    return figures(earlier) == figures(plan)


def _rates(earlier: Plan, evidence: Evidence, plan: Plan) -> Baseline:
    """Successful operations per second of the steady phase, by test type."""
    seconds = sum(phase.end - phase.start for phase in earlier.phases if phase.name == STEADY)
    rates = {
        criterion.test_type: counted(criterion, evidence).successes / seconds
        for criterion in plan.criteria
        if criterion.kind == "throughput" and seconds > 0
    }
    return Baseline(run_id=earlier.run_id, rates=rates)
