"""What a difference means, by its interval, the smallest effect and what is tolerated."""

from __future__ import annotations

from math import log, nan

import pytest

from loadgen.compare.results import FEW_BLOCKS, FEW_IN_A_RUN, FEW_ON_A_SIDE, NEAR_FAILURES, NO_TIME, TESTED
from loadgen.compare.statuses import Found, judged
from loadgen.config.compare import CompareSettings
from loadgen.model.comparison import ERROR_RATE, IMPROVEMENT, MEASURES, P95, RATE, REGRESSION, SAME, TOO_FEW, UNCLEAR

SETTINGS = CompareSettings()


def found(measure: str, base: float, change: tuple[float, float, float], **changes) -> Found:
    """`change`: the difference and both ends of its interval, as people read them."""
    plain = measure == ERROR_RATE
    low, difference, high = (value if plain else log(1 + value) for value in change)
    fields = {
        "place": MEASURES.index(measure),
        "base": base if plain else log(base),
        "run": base + change[1] if plain else log(base * (1 + change[1])),
        "difference": difference,
        "low": low,
        "high": high,
        "own_low": low,
        "own_high": high,
        "p": 0.01,
        "untested": TESTED,
        "needed": 200,
    }
    return Found(**{**fields, **changes})


@pytest.mark.parametrize(
    "measure, base, change, status",
    [
        (P95, 0.4, (0.1, 0.2, 0.3), REGRESSION),
        (P95, 0.4, (-0.3, -0.2, -0.1), IMPROVEMENT),
        (P95, 0.4, (-0.1, 0.0, 0.1), SAME),
        (P95, 0.4, (-0.1, 0.1, 0.3), UNCLEAR),
        (P95, 0.4, (0.01, 0.04, 0.07), SAME),
        (P95, 0.4, (0.01, 0.04, 0.25), UNCLEAR),
        (P95, 0.02, (0.1, 0.4, 0.7), SAME),
        (P95, 0.02, (0.2, 0.6, 0.9), REGRESSION),
        (RATE, 8.0, (-0.2, -0.15, -0.1), REGRESSION),
        (RATE, 8.0, (0.1, 0.15, 0.2), IMPROVEMENT),
        (RATE, 8.0, (-0.05, -0.03, -0.01), SAME),
        (ERROR_RATE, 0.0, (0.002, 0.006, 0.01), REGRESSION),
        (ERROR_RATE, 0.02, (-0.02, -0.015, -0.01), IMPROVEMENT),
        (ERROR_RATE, 0.0, (0.001, 0.004, 0.007), SAME),
        (ERROR_RATE, 0.0, (-0.01, 0.004, 0.02), UNCLEAR),
    ],
)
def test_a_change_counts_when_it_is_sure_and_large_and_none_is_the_same_only_when_a_large_one_is_excluded(
    measure, base, change, status
):
    assert judged(found(measure, base, change), SETTINGS).status == status


def test_the_figures_are_those_that_were_tested():
    measure = judged(found(P95, 0.4, (0.1, 0.2, 0.3)), SETTINGS)
    assert (measure.base, measure.run) == (pytest.approx(0.4), pytest.approx(0.48))
    assert (measure.low, measure.difference, measure.high) == tuple(map(pytest.approx, (0.1, 0.2, 0.3)))
    assert (measure.unit, measure.smallest, measure.p) == ("seconds", 0.05, 0.01)


def test_the_smallest_effect_of_a_fast_operation_is_a_time():
    assert judged(found(P95, 0.02, (0.1, 0.4, 0.7)), SETTINGS).smallest == pytest.approx(0.5)


@pytest.mark.parametrize(
    "measure, base, change, sentence",
    [
        (P95, 0.4, (0.1, 0.2, 0.3), "P95: 400 ms, then 480 ms, +20% (+10% to +30%)."),
        (RATE, 8.0, (-0.2, -0.15, -0.1), "rate: 8/s, then 6.8/s, -15% (-20% to -10%)."),
        (ERROR_RATE, 0.0, (0.002, 0.006, 0.01), "error rate: 0%, then 0.6%, +0.6 points (+0.2 points to +1 points)."),
    ],
)
def test_the_sentence_has_both_figures_the_difference_and_its_interval(measure, base, change, sentence):
    assert judged(found(measure, base, change), SETTINGS).sentence == sentence


def test_an_unclear_one_says_which_change_may_be_there():
    sentence = judged(found(P95, 0.4, (-0.1, 0.1, 0.3)), SETTINGS).sentence
    assert sentence.endswith("; a change of 20% (80 ms) cannot be excluded.")


def test_too_few_samples_are_told_with_the_number_that_is_needed():
    measure = judged(found(P95, 0.4, (nan, nan, nan), p=nan, untested=FEW_ON_A_SIDE), SETTINGS)
    assert (measure.status, measure.low, measure.high, measure.p) == (TOO_FEW, None, None, None)
    assert "at least 200 operations" in measure.sentence


def test_a_quantile_among_the_failures_is_unclear_and_points_to_the_error_rate():
    measure = judged(found(P95, 0.4, (nan, nan, nan), p=nan, run=nan, untested=NO_TIME), SETTINGS)
    assert (measure.status, measure.run) == (UNCLEAR, None)
    assert "the error rate tells" in measure.sentence


@pytest.mark.parametrize(
    "untested, status, words",
    [
        (FEW_ON_A_SIDE, TOO_FEW, "a side needs at least 200 operations"),
        (FEW_IN_A_RUN, TOO_FEW, "each run needs at least 200 operations"),
        (FEW_BLOCKS, UNCLEAR, "too few blocks of time. Run longer, or make more runs."),
        (NEAR_FAILURES, UNCLEAR, "failures come too close to it"),
    ],
)
def test_what_was_not_tested_says_why(untested, status, words):
    measure = judged(found(P95, 0.4, (nan, nan, nan), p=nan, untested=untested), SETTINGS)
    assert (measure.status, measure.base) == (status, pytest.approx(0.4))
    assert words in measure.sentence


def test_it_is_the_same_when_its_own_interval_excludes_what_that_of_all_does_not_and_it_says_so():
    measure = judged(found(P95, 0.4, (-0.3, 0.02, 0.3), own_low=log(0.9), own_high=log(1.12)), SETTINGS)
    assert (measure.status, measure.own_low, measure.own_high) == (SAME, pytest.approx(-0.1), pytest.approx(0.12))
    assert measure.sentence.endswith("a change of more than 20% (80 ms) is excluded for it alone (-10% to +12%).")


def test_a_change_is_shown_by_the_interval_of_all_alone():
    measure = judged(found(P95, 0.4, (-0.1, 0.15, 0.4), own_low=log(1.1), own_high=log(1.25)), SETTINGS)
    assert measure.status == UNCLEAR


@pytest.mark.parametrize(
    "change, text",
    [
        ((-1.0, 0.1, 8.5), "+10% (-100% to +850%); a change of 50 ms cannot"),
        ((-1.0, 0.1, 30.0), "+10% (-100% to ×31); a change of 50 ms cannot"),
        ((-1.0, 12.0, 1e9), "×13 (-100% to more than ×100); a change of 50 ms cannot"),
    ],
)
def test_no_interval_is_told_in_absurd_figures_and_of_a_fast_operation_the_seconds_count(change, text):
    ends = {"low": float("-inf"), "own_low": float("-inf")}
    known = found(P95, 0.01, (0.0, *change[1:]), **ends)
    assert text in judged(known, SETTINGS).sentence
