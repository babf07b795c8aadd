"""Runs before and after, as a whole: what is named, what is concluded, and what is not."""

from __future__ import annotations

from functools import lru_cache

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from loadgen.compare.compare import compare
from loadgen.compare.estimates import estimated
from loadgen.compare.results import results
from loadgen.config.compare import CompareSettings
from loadgen.model.comparison import (
    BLOCKS,
    EXIT_NONE,
    EXIT_REGRESSION,
    EXIT_UNCLEAR,
    MEASURES,
    P95,
    P99,
    REGRESSION,
    RUNS,
    SAME,
    TOO_FEW,
    UNCLEAR,
    Comparison,
)
from loadgen.model.run import Run
from tests.compare.drawn import OPERATIONS, PLAN, SLOWER, Noise, counted, drawn, recorded, slowed

SETTINGS = CompareSettings()
QUIET = Noise(between=0.005, within=0.01)
FAILING, BROKEN = "failing", "broken"


@lru_cache
def side(seed: int, count: int, kind: str = "", plan: str = "") -> tuple[Run, ...]:
    """Runs of a side; those of seed 0 and 1 are in turns."""
    random = np.random.default_rng(seed)
    operations = slowed(1.2) if kind == "slower" else dict(OPERATIONS)
    if kind == FAILING:
        operations["rest", "chat"] = replace(operations["rest", "chat"], failing=0.1)
    if kind == BROKEN:
        operations = {key: replace(o, failing=1.0) for key, o in operations.items()}
    unjudged = {
        "unjudged": tuple(replace(o, judged=(o.test_type, o.name) not in SLOWER) for o in PLAN.operations),
        "none judged": tuple(replace(o, judged=False) for o in PLAN.operations),
    }
    of = replace(PLAN, operations=unjudged[plan]) if plan else PLAN
    return tuple(recorded(drawn(random, operations, QUIET), 2 * k + seed, of) for k in range(count))


def compared(count: int, kind: str = "", plan: str = "", **changes) -> Comparison:
    settings = CompareSettings(**changes)
    return compare(side(0, count, plan=plan), side(1, count, kind, plan), settings, force=False)


def changed(found: Comparison) -> set[tuple[str, str]]:
    return {
        (one.test_type, one.name)
        for one in found.compared
        if one.name and any(measure.status == REGRESSION for measure in one.measures)
    }


def measure(found: Comparison, test_type: str, name: str, which: str):
    one = next(c for c in found.compared if (c.test_type, c.name) == (test_type, name))
    return one.measures[MEASURES.index(which)]


def test_five_runs_of_the_same_thing_on_each_side_show_no_regression_and_end_in_0():
    found = compared(5)
    assert (found.exit_code, found.conclusion, found.unit) == (EXIT_NONE, "none", RUNS)
    assert found.sentence.startswith("No regression")


def test_what_became_slower_is_named_and_nothing_else():
    found = compared(5, "slower")
    assert (found.exit_code, found.conclusion) == (EXIT_REGRESSION, REGRESSION)
    assert changed(found) == SLOWER
    for test_type, name in OPERATIONS:
        assert (f"{test_type}:{name} (" in found.sentence) is ((test_type, name) in SLOWER)


def test_one_run_against_one_has_blocks_of_time_as_its_unit_and_says_what_it_assumes():
    found = compared(1)
    assert found.unit == BLOCKS
    assert "1% of rates and 3% and 5ms of times are assumed" in found.method


def test_one_short_run_against_another_cannot_tell_and_says_how_to_mend_it():
    found = compared(1)
    assert (found.exit_code, found.conclusion) == (EXIT_UNCLEAR, UNCLEAR)
    assert "Make more runs of each side, in turns, or longer ones." in found.sentence


def test_one_run_against_another_shows_a_change_that_is_large_enough():
    twice = [recorded(drawn(np.random.default_rng(5), slowed(2), QUIET), 1)]
    found = compare(side(0, 1), twice, CompareSettings(), force=False)
    assert found.exit_code == EXIT_REGRESSION
    assert changed(found) == SLOWER


def test_a_quantile_of_too_few_operations_is_not_compared():
    assert measure(compared(1), "grpc", "llm_chat", P95).status == TOO_FEW
    assert measure(compared(5), "grpc", "llm_chat", P95).status != TOO_FEW
    assert measure(compared(5), "grpc", "llm_chat", P99).status == TOO_FEW


def test_failures_are_a_regression_and_the_quantiles_that_they_reach_are_no_times():
    found = compared(5, FAILING)
    assert changed(found) == {("rest", "chat")}
    assert "rest:chat (error rate +" in found.sentence
    assert measure(found, "rest", "chat", P95).run is None
    assert measure(found, "rest", "chat", P95).status == UNCLEAR


def test_what_is_not_judged_is_shown_and_decides_nothing():
    found = compared(5, "slower", "unjudged")
    assert changed(found) == SLOWER
    assert {(one.test_type, one.name) for one in found.compared if not one.judged} == SLOWER
    assert found.exit_code != EXIT_REGRESSION


def test_a_smallest_effect_above_the_change_calls_nothing_a_change():
    sizes = {"rate": 0.05, "errors": 0.005, "latency": 0.5, "seconds": 0.01}
    found = compared(5, "slower", smallest=sizes, tolerated=sizes | {"rate": 0.1, "errors": 0.01})
    assert changed(found) == set()


def test_every_subject_has_every_measure_in_order_all_then_test_types_then_operations():
    found = compared(5)
    names = [(one.test_type, one.name) for one in found.compared]
    assert names == [("", ""), ("rest", ""), ("grpc", ""), *OPERATIONS]
    assert all(tuple(m.measure for m in one.measures) == MEASURES for one in found.compared)


def test_as_many_figures_were_tested_as_have_an_interval():
    found = compared(5)
    assert found.tests == sum(m.low is not None for one in found.compared for m in one.measures)


def test_curves_are_over_seconds_of_plan_time():
    found = compared(1)
    assert {(curve.side, curve.name, curve.times) for curve in found.curves} == {
        ("base", "p95", (1.0,)),
        ("run", "p95", (1.0,)),
    }


def test_it_is_written_and_read_back_as_it_was_with_no_number_that_json_lacks():
    found = compared(5, FAILING)
    text = msgspec.json.encode(found)
    assert b"NaN" not in text
    assert msgspec.json.decode(text, type=Comparison) == found


def test_the_order_of_the_runs_of_a_side_changes_nothing():
    base, run = side(0, 5), side(1, 5, "slower")
    one = compare(base, run, CompareSettings(), force=False)
    other = compare(base[::-1], run[::-1], CompareSettings(), force=False)
    assert [m.status for c in one.compared for m in c.measures] == [
        m.status for c in other.compared for m in c.measures
    ]


def test_the_two_sides_exchanged_give_the_same_with_the_opposite_sign():
    base, run = side(0, 5), side(1, 5, "slower")
    there = measure(compare(base, run, CompareSettings(), force=False), "rest", "llm_generate", P95)
    back = measure(compare(run, base, CompareSettings(), force=False), "rest", "llm_generate", P95)
    assert (1 + there.difference) * (1 + back.difference) == pytest.approx(1)
    assert (1 + there.low) * (1 + back.high) == pytest.approx(1)
    assert there.p == back.p


@pytest.mark.parametrize("after", ["", BROKEN], ids=["mended", "as broken as before"])
def test_a_target_all_of_whose_operations_failed_ends_in_0_unless_it_becomes_worse(after):
    found = compare(side(0, 5, BROKEN), side(1, 5, after), CompareSettings(), force=False)
    assert found.exit_code == EXIT_NONE
    assert "So many operations of rest, grpc failed on a side that P95 is no time." in found.sentence
    assert compare(side(1, 5), side(0, 5, BROKEN), CompareSettings(), force=False).exit_code == EXIT_REGRESSION


def test_where_nothing_judged_was_compared_it_cannot_tell():
    found = compared(5, plan="none judged")
    assert (found.exit_code, found.conclusion) == (EXIT_UNCLEAR, UNCLEAR)
    assert "no test type were judged operations compared" in found.sentence


def test_a_difference_of_no_more_seconds_than_is_assumed_is_excluded_in_one_long_run_of_fast_operations():
    fast = {key: replace(o, mean=0.006) for key, o in OPERATIONS.items()}
    runs = [recorded(drawn(np.random.default_rng(k), fast, QUIET, 59), k) for k in (21, 22)]
    found = compare(runs[:1], runs[1:], CompareSettings(), force=False)
    for test_type in ("rest", "grpc"):
        of = measure(found, test_type, "", P95)
        assert of.status == SAME
        assert of.high * of.base == pytest.approx(0.03, abs=0.01)  # some four of two such noises of 5 ms


@pytest.mark.filterwarnings("error")
def test_runs_of_a_single_block_each_are_compared_as_whole_runs_and_not_one_by_one():
    runs = [recorded(drawn(np.random.default_rng(k), slowed(3 if k % 2 else 1), QUIET, 1), k) for k in range(30, 40)]
    found = compare(runs[::2], runs[1::2], CompareSettings(), force=False)
    assert (found.unit, found.exit_code) == (RUNS, EXIT_REGRESSION)
    assert changed(found) == SLOWER
    alone = compare(runs[:1], runs[1:2], CompareSettings(), force=False)
    assert (alone.tests, alone.exit_code) == (0, EXIT_UNCLEAR)
    assert "too few blocks of time" in alone.sentence


def test_a_run_of_25_seconds_is_long_enough_to_show_what_became_many_times_slower():
    runs = [recorded(drawn(np.random.default_rng(k), slowed(8 if k % 2 else 1), QUIET, 5), k) for k in (40, 41)]
    found = compare(runs[:1], runs[1:], CompareSettings(), force=False)
    assert found.exit_code == EXIT_REGRESSION
    assert changed(found) <= SLOWER


@pytest.mark.parametrize("base, run", [(3, 5), (5, 3), (4, 4)])
def test_how_surely_what_was_done_is_said_of_sides_that_are_not_equally_many(base, run):
    found = compare(side(0, base), side(1, run), CompareSettings(), force=False)
    assert ("not equally many" in found.method) is (base != run)
    assert f"smallest possible p is {(1 / 56 if base != run else 2 / 70):.2g}" in found.method


def test_the_same_figures_are_tested_however_the_runs_are_dealt_out():
    runs = [estimated(counted(drawn(np.random.default_rng(k), OPERATIONS, QUIET)), PLAN.edges) for k in range(8)]
    tested = {str(results([*runs[k:], *runs[:k]][:4], [*runs[k:], *runs[:k]][4:], SETTINGS).untested) for k in range(8)}
    assert len(tested) == 1
