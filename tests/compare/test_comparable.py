"""Runs that tell nothing about each other are refused, with every reason at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from msgspec.structs import replace

from loadgen.compare.comparable import NotComparable
from loadgen.compare.compare import compare
from loadgen.config.compare import CompareSettings
from loadgen.model.plan import Plan, ThinkTime
from loadgen.model.run import Run
from loadgen.model.verdict import INVALID
from tests.compare.drawn import OPERATIONS, PLAN, Noise, drawn, recorded

RANDOM = np.random.default_rng(11)
BASE = [recorded(drawn(RANDOM, OPERATIONS, Noise()), number) for number in (1, 3)]
AFTER = [recorded(drawn(RANDOM, OPERATIONS, Noise()), number) for number in (2, 4)]


def reasons(base: list[Run], run: list[Run]) -> tuple[str, ...]:
    with pytest.raises(NotComparable) as refusal:
        compare(base, run, CompareSettings(), force=False)
    return refusal.value.reasons


def of_plan(**changes) -> Callable[[Run], Run]:
    return lambda one: replace(one, plan=replace(one.plan, **changes))


def target(**changes) -> Callable[[Run], Run]:
    return of_plan(target=replace(PLAN.target, **changes))


def twelve(plan: Plan) -> tuple:
    return (replace(plan.stages[0], to_users=12), *plan.stages[1:])


SPOILED: dict[str, tuple[Callable[[Run], Run], str]] = {
    "scenario": (of_plan(scenario="target"), "The scenario: spike in spike-0001, but target in spike-0002."),
    "test type": (of_plan(test_type="rest"), "The test type: all in spike-0001, but rest in spike-0002."),
    "time scale": (of_plan(time_scale=0.5), "The time scale: 1.0 in spike-0001, but 0.5 in spike-0002."),
    "users": (of_plan(users=7), "The users: 500 in spike-0001, but 7 in spike-0002."),
    "stages": (of_plan(stages=twelve(PLAN)), "The load over time: not as in spike-0001 in spike-0002."),
    "think times": (of_plan(think_times={"rest": ThinkTime(low=0, high=1)}), "The think times: not as in spike-0001"),
    "weights": (
        of_plan(operations=(replace(PLAN.operations[0], weight=9), *PLAN.operations[1:])),
        "The operations: not as in spike-0001 in spike-0002.",
    ),
    "edges": (of_plan(edges=(*PLAN.edges[:-1], 65.0)), "The bucket edges: not as in spike-0001 in spike-0002."),
    "edges' version": (of_plan(edges_version="2"), "The version of the bucket edges: 1 in spike-0001, but 2"),
    "kind of target": (target(kind="june"), "The kind of target: sim in spike-0001, but june in spike-0002."),
    "profile": (
        target(options={"profile": "as-built"}),
        "The profile of the target: default in spike-0001, but as-built",
    ),
    "seed": (of_plan(inputs=replace(PLAN.inputs, seed=9)), "The seed: "),
    "verdict": (
        lambda one: replace(one, verdict=replace(one.verdict, verdict=INVALID, sentence="A worker was lost.")),
        "spike-0002 is INVALID, so its figures tell nothing: A worker was lost.",
    ),
    "outcome": (
        lambda one: replace(one, record=replace(one.record, outcome="interrupted")),
        "spike-0002 did not come to its end (interrupted); allowed: a completed run.",
    ),
    "an operation's blocks": (
        lambda one: replace(one, evidence=replace(one.evidence, blocks=one.evidence.blocks[1:])),
        "rest:chat has no blocks of time in spike-0002, so it would not be compared.",
    ),
}


@pytest.mark.parametrize("name", SPOILED)
def test_runs_that_differ_in_what_matters_are_refused_and_the_reason_names_both(name):
    spoil, reason = SPOILED[name]
    found = reasons(BASE, [spoil(AFTER[0]), AFTER[1]])
    assert len(found) == 1
    assert found[0].startswith(reason)


def test_all_reasons_come_at_once():
    found = AFTER[0]
    for spoil, _ in SPOILED.values():
        found = spoil(found) if spoil(AFTER[0]).plan is AFTER[0].plan else found
    other = of_plan(scenario="target", time_scale=0.5)(found)
    assert len(reasons(BASE, [other])) == 5


@pytest.mark.parametrize("name", SPOILED)
def test_what_is_forced_is_compared_and_says_why_it_would_have_been_refused(name):
    spoil, reason = SPOILED[name]
    found = compare(BASE, [spoil(AFTER[0]), AFTER[1]], CompareSettings(), force=True)
    assert found.forced[0].startswith(reason)


def test_runs_without_blocks_are_refused_even_by_force_and_told_how_to_mend_it():
    bare = replace(AFTER[0], evidence=replace(AFTER[0].evidence, blocks=()))
    with pytest.raises(NotComparable, match=r"spike-0002 has no blocks of time.*Run it again"):
        compare(BASE, [bare], CompareSettings(), force=True)


def test_the_same_run_on_both_sides_is_refused():
    assert reasons(BASE, [BASE[0]]) == ("spike-0001 takes part 2 times; allowed: once.",)


def test_a_side_without_runs_is_refused():
    assert reasons([], AFTER) == ("There must be a run on each side at least.",)


def test_runs_that_are_alike_are_compared_and_nothing_is_forced():
    assert compare(BASE, AFTER, CompareSettings(), force=False).forced == ()


def test_what_else_differs_is_told_side_by_side():
    slower = [
        replace(
            one,
            plan=replace(one.plan, target=replace(one.plan.target, options={"service_times": {"llm": 0.3}})),
            record=replace(one.record, commit="abc", environment={"cpus": 4}),
        )
        for one in AFTER
    ]
    found = compare(BASE, slower, CompareSettings(), force=False)
    assert set(found.differences) == {
        "commit: none in base, abc in run.",
        "environment's cpus: 2 in base, 4 in run.",
        "target's service_times: absent in base, {'llm': 0.3} in run.",
    }


def test_sides_that_were_not_made_in_turns_are_told():
    assert not compare(BASE, AFTER, CompareSettings(), force=False).differences
    later = [recorded(drawn(RANDOM, OPERATIONS, Noise()), number) for number in (8, 9)]
    assert "not made in turns" in compare(BASE, later, CompareSettings(), force=False).differences[-1]
    assert not compare(BASE[:1], later[:1], CompareSettings(), force=False).differences  # of one there are no turns
