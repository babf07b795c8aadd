"""Whole runs as the unit: the corrected test is exact, and five against five can reach it."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pytest

from loadgen.compare import permutations
from loadgen.compare.permutations import PRIOR, reachable, smallest_p
from loadgen.compare.permutations import tested as shown

CONFIDENCE = 0.95
MEASURES = 30


def apart(found: permutations.Tested) -> np.ndarray:
    """Which intervals exclude 0, as a comparison asks."""
    return ~((found.low <= 0) & (found.high >= 0))


def noise(seed: int, runs: int = 10) -> np.ndarray:
    """Measures that depend on each other, with tails heavier than normal."""
    random = np.random.default_rng(seed)
    return random.standard_t(3, size=(runs, MEASURES)) + random.standard_t(3, size=(runs, 1))


@pytest.mark.parametrize(
    "base, run, can",
    [
        (1, 1, False),
        (1, 40, False),
        (2, 2, False),
        (3, 3, False),
        (3, 4, True),
        (4, 4, True),
        (3, 5, True),
        (2, 9, False),
        (5, 5, True),
    ],
)
def test_runs_are_the_unit_only_where_they_can_show_anything(base, run, can):
    assert reachable(base, run, CONFIDENCE) is can


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_of_all_ways_to_deal_out_the_same_runs_at_most_one_in_twenty_shows_a_difference(seed):
    """Which is why the error of the family is what is said: the true dealing is as likely as every other."""
    values, alarms = noise(seed), 0
    for chosen in combinations(range(10), 5):
        rest = [k for k in range(10) if k not in chosen]
        found = shown(values[[*chosen, *rest]], np.full(MEASURES, 0.2), 5, CONFIDENCE)
        assert apart(found).tolist() == (found.p <= 1 - CONFIDENCE).tolist()
        alarms += bool(apart(found).any())
    assert 0 < alarms <= (1 - CONFIDENCE) * comb(10, 5)


def test_p_is_the_share_of_dealings_in_which_any_measure_reaches_as_much():
    values, prior = noise(4, 8)[:, :5], np.full(5, 0.3)
    found = shown(values, prior, 4, CONFIDENCE)

    def statistics(order):
        before, after = values[list(order[:4])], values[list(order[4:])]
        within = sum(((side - side.mean(axis=0)) ** 2).sum(axis=0) for side in (before, after))
        return np.abs(after.mean(axis=0) - before.mean(axis=0)) / np.sqrt(PRIOR * prior + within)

    dealings = [(*c, *(k for k in range(8) if k not in c)) for c in combinations(range(8), 4)]
    largest = np.array([statistics(order).max() for order in dealings])
    most = statistics(range(8))
    assert found.p[most.argmax()] == pytest.approx((largest >= most.max() - 1e-9).mean())


def test_five_against_five_that_are_wholly_apart_reach_two_in_252():
    values = noise(5)
    values[5:, 7] += 100
    found = shown(values, np.full(MEASURES, 0.2), 5, CONFIDENCE)
    assert found.p[7] == pytest.approx(2 / 252)
    assert found.p.argmin() == 7


@pytest.mark.parametrize("shift", [0, 3, 6, 9, 12])
def test_an_interval_excludes_nothing_exactly_when_p_shows_a_difference(shift):
    values = noise(6)
    values[5:, :5] += shift * np.linspace(0.2, 1, 5)
    found = shown(values, np.full(MEASURES, 0.2), 5, CONFIDENCE)
    assert apart(found).tolist() == (found.p <= 1 - CONFIDENCE + 1e-9).tolist()


def test_more_dealings_than_are_tried_are_drawn_and_the_same_each_time(monkeypatch):
    values = noise(7)
    values[5:, 3] += 5
    every = shown(values, np.full(MEASURES, 0.2), 5, CONFIDENCE)
    monkeypatch.setattr(permutations, "MOST", 200)
    drawn, again = (shown(values, np.full(MEASURES, 0.2), 5, CONFIDENCE) for _ in range(2))
    assert drawn.p.tolist() == again.p.tolist()
    assert drawn.p[3] == pytest.approx(every.p[3], abs=0.05)


def test_what_surely_differs_takes_nothing_from_the_rest():
    """Step-down: a measure that is shown leaves the family."""
    values, prior = noise(8), np.full(MEASURES, 0.2)
    apart = values.copy()
    apart[5:, 0] += 100
    alone = shown(values[:, 1:], prior[1:], 5, CONFIDENCE)
    beside = shown(apart, prior, 5, CONFIDENCE)
    assert beside.high[1:].tolist() == pytest.approx(alone.high.tolist())


def test_measures_without_any_spread_break_nothing():
    found = shown(np.zeros((10, 3)), np.zeros(3), 5, CONFIDENCE)
    assert found.p.tolist() == [1.0, 1.0, 1.0]
    assert np.isfinite(found.high).all()


@pytest.mark.parametrize("base, run", [(5, 5), (5, 3), (3, 4)])
def test_sides_that_are_wholly_apart_reach_the_smallest_p_that_is_told(base, run):
    values = noise(9, base + run)
    values[base:, 2] += 100
    assert shown(values, np.full(MEASURES, 0.2), base, CONFIDENCE).p[2] == pytest.approx(smallest_p(base, run))


def test_of_more_runs_than_can_be_dealt_out_the_smallest_p_is_that_of_what_is_drawn():
    assert smallest_p(10, 10) == pytest.approx(1 / permutations.MOST)


def test_a_measure_of_which_the_blocks_tell_nothing_is_tested_by_the_spread_of_the_runs():
    values, prior = noise(10), np.full(MEASURES, 0.2)
    values[5:, 4] += 50
    prior[[4, 9]] = np.nan
    found = shown(values, prior, 5, CONFIDENCE)
    assert found.p[4] <= 1 - CONFIDENCE
    assert np.isfinite(found.low).all()


@pytest.mark.parametrize("between", [0.0, 1.0, 5.0])
def test_a_measure_by_itself_is_beyond_its_own_bound_as_seldom_as_said(between):
    """Whether the blocks tell of the whole noise or of next to nothing of it."""
    random = np.random.default_rng(12)
    values = random.normal(0, np.hypot(1, between), size=(10, 2000))
    bound = shown(values, np.ones(2000), 5, CONFIDENCE).own_high
    assert 0.005 < (bound < 0).mean() < 0.06
