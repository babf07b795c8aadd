"""Throughput: successes per planned second of steady."""

from __future__ import annotations

import pytest

from loadgen.criteria import kind_of
from loadgen.model.plan import Criterion
from loadgen.model.verdict import FAILED, PASSED, UNKNOWN, Line
from tests.plans import example_plan, throughput
from tests.runs import evidence, record, tally

PLAN = example_plan()
STEADY = 55


def line(criterion: Criterion, count: int, failed: int = 0, outcome: str = "completed") -> Line:
    tallies = (tally(PLAN, count, 0, failed), tally(PLAN, 5000, phase="spike"))
    found = record(PLAN, tallies, outcome=outcome)
    return kind_of(criterion).judge(criterion, PLAN, found, evidence(PLAN, tallies))


@pytest.mark.parametrize(
    "count, failed, status",
    [
        (8 * STEADY, 0, PASSED),
        (8 * STEADY + 1, 0, PASSED),
        (8 * STEADY - 1, 0, FAILED),
        (8 * STEADY, 1, FAILED),
        (8 * STEADY + 1, 1, PASSED),
        (0, 0, FAILED),
    ],
)
def test_successes_per_planned_second_of_steady_must_reach_the_bound(count, failed, status):
    assert line(throughput(), count, failed).status == status


def test_without_a_baseline_it_is_unknown_and_says_how_to_get_one():
    found = line(throughput(bound=None), 10_000)
    assert (found.status, found.bound, found.margin) == (UNKNOWN, None, None)
    assert "baseline" in found.sentence


@pytest.mark.parametrize("outcome", ["aborted", "interrupted"])
def test_a_run_that_did_not_come_to_its_end_is_not_judged(outcome):
    assert line(throughput(), 10, outcome=outcome).status == UNKNOWN


def test_enough_a_second_but_fewer_than_the_minimum_is_unknown():
    assert line(throughput(minimum=1000), 500).status == UNKNOWN
