"""Whether plans ask for the same load, so that runs of them may be compared. It needs no numbers of runs.

A series of runs is checked with it before the first, so it imports nothing of the statistics.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from loadgen.model.inert import inert, shortened
from loadgen.model.plan import Plan

LONGEST = 120


def _load(plan: Plan) -> dict[str, Any]:
    """What must be the same, by its name for people."""
    return {
        "scenario": plan.scenario,
        "test type": plan.test_type,
        "shares of the test types": plan.shares,
        "time scale": plan.time_scale,
        "users": plan.users,
        "load over time": [(s.start, s.end, s.from_users, s.to_users) for s in plan.stages],
        "judged phases": [(p.name, p.start, p.end) for p in plan.phases if p.judged],
        "think times": {t: (pause.low, pause.high) for t, pause in plan.think_times.items()},
        "operations": [(o.test_type, o.name, o.call, o.weight, o.judged, o.params) for o in plan.operations],
        "what is sent": [
            (plan.inputs.prompt_words, plan.inputs.speech_seconds, plan.inputs.speech_words),
            (plan.inputs.prompts_file, plan.inputs.wav_folder),
        ],
        "version of the bucket edges": plan.edges_version,
        "bucket edges": plan.edges,
        "kind of target": plan.target.kind,
        "profile of the target": plan.target.options.get("profile", "default"),
    }


LISTS = frozenset({"load over time", "judged phases", "think times", "operations", "what is sent", "bucket edges"})
"""Too long to be shown."""


def unlike(first: Plan, others: Sequence[Plan]) -> Iterator[str]:
    """In what plans differ from the first, a sentence for each thing, with the runs in which it does."""
    wanted = _load(first)
    loads = [(one.run_id, _load(one)) for one in others]
    for what, value in wanted.items():
        apart = [(run_id, load[what]) for run_id, load in loads if load[what] != value]
        if apart and what in LISTS:
            yield f"The {what}: not as in {first.run_id} in {', '.join(run_id for run_id, _ in apart)}."
        elif apart:
            told = ", ".join(f"{shown_value(found)} in {run_id}" for run_id, found in apart)
            yield f"The {what}: {shown_value(value)} in {first.run_id}, but {told}."


def seeds_apart(base: Sequence[Plan], run: Sequence[Plan]) -> Iterator[str]:
    """A sentence when the sides have other seeds.

    Runs of one seed do nearly the same things in the same order, so they differ less than those of two seeds.
    """
    seeds = [sorted({one.inputs.seed for one in side}) for side in (base, run)]
    if seeds[0] != seeds[1]:
        told = [", ".join(map(str, side)) for side in seeds]
        yield f"The seed: {told[0]} in base, {told[1]} in run, so what was asked differs; allowed: the same on both."


def shown_value(value: object) -> str:
    """A setting for people."""
    return "absent" if value is None else shortened(inert(str(value)), LONGEST)
