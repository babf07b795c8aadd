"""Whether runs may be compared at all, and what differs between the sides beside what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from loadgen.compare.alike import seeds_apart, shown_value, unlike
from loadgen.compare.subjects import judged_phases, present
from loadgen.model.inert import inert
from loadgen.model.record import COMPLETED
from loadgen.model.run import Run
from loadgen.model.verdict import INVALID

PROFILE = "profile"
"""Of the stand-in: two of them are not compared at all."""


class NotComparable(Exception):
    """The runs cannot be compared; `reasons` are sentences, all of them at once."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = tuple(reasons)


def refusals(base: Sequence[Run], run: Sequence[Run]) -> tuple[str, ...]:
    """Sentences on why they may not be compared, which may be overruled; empty when they may."""
    every = (*base, *run)
    plans = [one.plan for one in every]
    return (
        *_twice(every),
        *_unfit(every),
        *unlike(plans[0], plans[1:]),
        *seeds_apart([one.plan for one in base], [one.plan for one in run]),
        *_partly(every),
    )


def impossible(base: Sequence[Run], run: Sequence[Run]) -> tuple[str, ...]:
    """Sentences on what is missing for any comparison."""
    if not base or not run:
        return ("There must be a run on each side at least.",)
    lacking = [one.plan.run_id for one in (*base, *run) if not one.evidence.blocks]
    if lacking:
        text = f"The evidence of {', '.join(lacking)} has no blocks of time, by which runs are compared"
        return (f"{text}: it was written by an earlier version, or no judged phase was reached. Run it again.",)
    return () if present((*base, *run)) else ("The runs have no operation in common.",)


def _twice(runs: Sequence[Run]) -> Iterator[str]:
    named = [(one.plan.run_id, one.record.started) for one in runs]
    for one in dict.fromkeys(named):
        if named.count(one) > 1:
            yield f"{one[0]} takes part {named.count(one)} times; allowed: once."


def _unfit(runs: Sequence[Run]) -> Iterator[str]:
    for one in runs:
        if one.record.outcome != COMPLETED:
            yield f"{one.plan.run_id} did not come to its end ({one.record.outcome}); allowed: a completed run."
        if one.verdict.verdict == INVALID:
            yield f"{one.plan.run_id} is INVALID, so its figures tell nothing: {inert(one.verdict.sentence)}"


def _partly(runs: Sequence[Run]) -> Iterator[str]:
    """Phases and operations that would be left out, for not every run tells of them."""
    phases = [(one.plan.run_id, [phase.name for phase in judged_phases(one)]) for one in runs]
    for run_id, found in phases:
        if found != phases[0][1]:
            told = f"{', '.join(found)}; in {phases[0][0]} {', '.join(phases[0][1])}"
            yield f"{run_id} has blocks of time of the phases {told}; allowed: the same phases."
    there = present(runs)
    for operation in runs[0].plan.operations:
        key = operation.test_type, operation.name
        lacking = [one.plan.run_id for one in runs if key not in present([one])]
        if key not in there and lacking:
            yield f"{':'.join(key)} has no blocks of time in {', '.join(lacking)}, so it would not be compared."


def differences(base: Sequence[Run], run: Sequence[Run]) -> tuple[str, ...]:
    """Sentences on what else differs between the sides, maybe what was to be compared."""
    before, after = [_surroundings(one) for one in base], [_surroundings(one) for one in run]
    names = dict.fromkeys(name for one in (*before, *after) for name in one)
    return (*_changed(names, before, after), *_in_turns(base, run))


def _changed(names: Sequence[str] | dict[str, None], before: Sequence[Any], after: Sequence[Any]) -> Iterator[str]:
    for name in names:
        sides = [list(dict.fromkeys(shown_value(one.get(name)) for one in side)) for side in (before, after)]
        if sorted(sides[0]) != sorted(sides[1]):
            yield f"{name}: {', '.join(sides[0])} in base, {', '.join(sides[1])} in run."


def _surroundings(one: Run) -> dict[str, Any]:
    target = one.plan.target
    return {
        "target": target.name,
        **{f"target's {name}": value for name, value in target.options.items() if name != PROFILE},
        "database": "PostgreSQL" if target.postgres else "none",
        "version": one.record.version,
        "commit": one.record.commit,
        "workers": one.plan.workers,
        **{f"environment's {name}": value for name, value in one.record.environment.items()},
    }


def _in_turns(base: Sequence[Run], run: Sequence[Run]) -> Iterator[str]:
    """Whether what changed in between could pass for a difference between the sides. Of one run there are no turns."""
    before, after = ([one.record.started or 0.0 for one in side] for side in (base, run))
    if min(len(before), len(after)) < 2:
        return
    if max(before) < min(after) or max(after) < min(before):
        yield (
            "The runs were not made in turns: whatever else changed between the two sides, such as other work on "
            "the machine, counts as a difference too."
        )
