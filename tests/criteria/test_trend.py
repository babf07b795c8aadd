"""Trends: the arithmetic of the interval, and what is a leak and what only looks like one."""

from __future__ import annotations

import math
from random import Random

import pytest

from loadgen.criteria.student import quantile
from loadgen.criteria.trend import BLOCKS, SLOWING, UNEVEN, WIDE, block_means, slope, trend

BOUND, WIDTH = 64.0, 60.0
PER_BLOCK = WIDTH / 3600
"""What a growth of 1 an hour adds from one block to the next."""


@pytest.mark.parametrize(
    "freedom, share, expected",
    [
        (1, 0.975, 12.7062), (2, 0.975, 4.3027), (3, 0.975, 3.1824), (8, 0.975, 2.3060), (30, 0.975, 2.0423),
        (1, 0.95, 6.3138), (5, 0.95, 2.0150), (10, 0.995, 3.1693), (100, 0.9, 1.2901), (8, 0.9995, 5.0413),
    ],
)  # fmt: skip
def test_quantiles_of_students_t_are_those_of_the_printed_tables(freedom, share, expected):
    """NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, and any other table."""
    assert quantile(share, freedom) == pytest.approx(expected, abs=6e-5)


def test_quantiles_between_whole_degrees_of_freedom_lie_between_theirs():
    assert quantile(0.975, 4) < quantile(0.975, 3.5) < quantile(0.975, 3)


def test_the_slope_and_its_standard_error_are_those_of_least_squares():
    """By hand: means 1, 2, 2, 3 in blocks of an hour; slope 0.6, residuals -0.1, 0.3, -0.3, 0.1."""
    found = slope((1.0, 2.0, 2.0, 3.0), 3600.0)
    assert found.estimate == pytest.approx(0.6)
    assert found.error == pytest.approx(math.sqrt(0.2 / 2 / 5))
    assert found.freedom == 2


def test_blocks_that_follow_each_other_in_their_error_count_for_fewer():
    """Residuals 1, 1, 1, -1, -1, -1, … depend on their neighbours; with changing signs they do not."""
    alone, together = (slope([float(s) for s in signs], WIDTH) for signs in ([1, -1] * 6, [1, 1, 1, -1, -1, -1] * 2))
    assert alone.freedom == 10
    assert together.freedom < 6
    assert together.error > alone.error


def test_a_bend_that_leaves_fewer_than_three_blocks_of_their_own_says_nothing_by_itself_but_its_halves_do():
    bend = [abs(place - 4.5) * PER_BLOCK * 32 for place in range(BLOCKS)]
    assert slope(bend, WIDTH).error == math.inf
    found = trend(bend, WIDTH, BOUND, 0.95)
    assert (found.grows, found.low, found.high) == (False, pytest.approx(-32), pytest.approx(32))


def test_a_straight_line_has_no_width():
    found = trend([5 + 96 * PER_BLOCK * place for place in range(BLOCKS)], WIDTH, BOUND, 0.95)
    assert (found.grows, found.low, found.high) == (True, pytest.approx(96), pytest.approx(96))
    still = trend([5.0] * BLOCKS, WIDTH, 0.0, 0.95)
    assert (still.grows, still.low, still.high, still.decides) == (False, 0, 0, 0)


def line(*growths: float) -> list[float]:
    """Block means that grow at these rates per hour, each for an equal part, with a little that comes and goes."""
    part = (BLOCKS - 1) / len(growths)
    means = [0.0]
    for place in range(BLOCKS - 1):
        means.append(means[-1] + growths[min(int(place / part), len(growths) - 1)] * PER_BLOCK)
    return [mean + 0.05 * (-1) ** place for place, mean in enumerate(means)]


@pytest.mark.parametrize(
    "growths, grows, why",
    [
        ((0.0,), False, ""),
        ((60.0,), False, ""),
        ((-200.0,), False, ""),
        ((96.0,), True, ""),
        ((640.0,), True, ""),
        ((64.0,), None, WIDE),
        ((900.0, 0.0), False, ""),  # has levelled off
        ((900.0, 100.0), None, SLOWING),
        ((100.0, 900.0), True, ""),
        ((0.0, 900.0), None, UNEVEN),
        ((60.0, 200.0), None, UNEVEN),
        ((300.0, 150.0), None, SLOWING),
        ((300.0, 290.0), True, ""),
    ],
)
def test_a_leak_grows_in_both_halves_and_does_not_slow_down(growths, grows, why):
    found = trend(line(*growths), WIDTH, BOUND, 0.95)
    assert (found.grows, found.why) == (grows, why)


@pytest.mark.parametrize("growth", [0.0, 60.0, 96.0, 640.0])
def test_what_decides_is_the_limit_on_the_side_of_the_bound(growth):
    found = trend(line(growth), WIDTH, BOUND, 0.95)
    assert found.low < found.estimate < found.high
    assert (found.decides > BOUND) is found.grows
    assert found.decides == (found.low if found.grows else found.high)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    random, inside = Random(3), 0
    for _ in range(1000):
        means = [PER_BLOCK * 10 * place + random.gauss(0, 0.2) for place in range(BLOCKS)]
        found = slope(means, WIDTH)
        low, high = found.interval(0.95)
        inside += low <= 10 <= high
    assert inside / 1000 >= 0.94


def test_a_greater_confidence_makes_a_wider_interval():
    some, more = (slope(line(10.0), WIDTH).interval(confidence) for confidence in (0.8, 0.99))
    assert more[0] < some[0] < some[1] < more[1]


def test_every_point_belongs_to_one_block_and_a_block_without_enough_makes_it_unknown():
    points = [(100.0 + at, float(at // 4)) for at in range(40)]
    assert block_means(points, 100.0, 140.0, 4) == tuple(float(place) for place in range(10))
    assert block_means(points[:20] + points[21:], 100.0, 140.0, 4) is None
    assert block_means([*points, (99.0, 1e9), (140.0, 1e9)], 100.0, 140.0, 4) == tuple(map(float, range(10)))
    assert block_means([], 100.0, 140.0, 1) is None
