"""Recovery: when the target was back inside the band measured before the spike."""

from __future__ import annotations

import math

import msgspec
import pytest

from loadgen.criteria import kind_of
from loadgen.criteria.aftermath import aftermath, band, inside, options
from loadgen.criteria.counts import Counts, counts_of
from loadgen.model.evidence import Series
from loadgen.model.verdict import FAILED, PASSED, UNKNOWN
from tests.aftermaths import Second, back_after, course
from tests.plans import RECOVERY_OPTIONS, example_plan, recovery
from tests.runs import STARTED, evidence, record

PLAN = example_plan()


def seconds(second: Second, **changed) -> float | None:
    criterion = recovery(options=RECOVERY_OPTIONS | changed)
    return aftermath(criterion, PLAN, STARTED, course(PLAN, criterion, second)).seconds


def counts(answers: int, slow: int, failed: int) -> Counts:
    buckets = tuple((answers - slow - failed) * (e >= 0.1) + slow * (e >= 3.0) for e in PLAN.edges)
    return Counts(answers=answers, failures=failed, buckets=(*buckets, answers))


@pytest.mark.parametrize("late", [12, 30, 60, 61, 75])
def test_the_time_is_the_end_of_the_first_window_of_the_hold_minus_the_end_of_the_spike(late):
    """100 answers in 10 s may hold 9 slow ones (5 % and two standard errors); a window all good but one second's."""
    assert seconds(back_after(late)) == late + 10
    assert seconds(lambda at: (10, 10 if 60 <= at < 180 + late and at % 2 else 0, 0)) == pytest.approx(late + 9, abs=1)


def test_a_target_that_never_left_the_band_is_back_at_once():
    assert seconds(lambda at: (10, 0, 0)) == 0


def test_a_target_that_leaves_the_band_within_the_hold_was_not_back():
    def relapse(at: int) -> tuple[int, int, int]:
        return (10, 10 if 60 <= at < 190 or 215 <= at < 220 else 0, 0)

    assert seconds(relapse) == 220 - 180 + 10


def test_never_needs_bound_and_hold_observed():
    assert seconds(back_after(500)) == math.inf
    assert seconds(back_after(500), phase_end=270.0) == math.inf
    assert seconds(back_after(500), phase_end=269.0) is None


def test_a_phase_that_is_too_short_says_so():
    criterion = recovery(options=RECOVERY_OPTIONS | {"phase_end": 240.0})
    found = aftermath(criterion, PLAN, STARTED, course(PLAN, criterion, back_after(500)))
    assert found.why.startswith("Not observed long enough")
    assert seconds(back_after(10), phase_end=240.0) == 20


def test_errors_keep_the_target_outside_as_slowness_does():
    assert seconds(lambda at: (10, 0, 10 if 60 <= at < 200 else 0)) == 30


def test_a_window_with_too_few_answers_is_outside():
    assert seconds(lambda at: (1 if 60 <= at < 210 else 10, 0, 0)) == pytest.approx(32, abs=1)
    assert seconds(lambda at: (1 if at >= 60 else 10, 0, 0)) == math.inf


def test_the_band_is_one_and_a_half_times_the_edge_above_p95_before_rounded_up_to_an_edge():
    criterion = recovery()
    found = counts_of(criterion, PLAN.edges, STARTED, course(PLAN, criterion, back_after(0), quick=1.0))
    before = band(options(criterion), PLAN, found)
    assert before.latency == 1.0
    assert before.limit == min(edge for edge in PLAN.edges if edge >= 1.5)
    assert before.error_limit == 0.01


def test_the_band_is_never_beyond_the_latency_bound():
    criterion = recovery()
    slow = course(PLAN, criterion, lambda at: (10, 0, 0), quick=min(e for e in PLAN.edges if e > 1.5))
    assert band(options(criterion), PLAN, counts_of(criterion, PLAN.edges, STARTED, slow)).limit == 2.0
    failing = course(PLAN, criterion, lambda at: (10, 0, 1))
    found = band(options(criterion), PLAN, counts_of(criterion, PLAN.edges, STARTED, failing))
    assert (found.latency, found.limit) == (math.inf, 2.0)
    assert found.error_limit == pytest.approx(0.105)


@pytest.mark.parametrize(
    "answers, slow, failed, expected",
    [
        (100, 9, 0, True),  # 5 % + 2 sqrt(0.05 × 0.95 / 100) = 9.36 %
        (100, 10, 0, False),
        (100, 0, 2, True),  # 1 % + 2 sqrt(0.01 × 0.99 / 100) = 2.99 %
        (100, 0, 3, False),
        (1000, 63, 0, True),  # 6.38 %
        (1000, 64, 0, False),
        (20, 2, 0, True),
        (20, 3, 0, False),
        (19, 0, 0, False),
    ],
)
def test_a_window_is_outside_when_a_share_lies_more_than_two_standard_errors_above_what_is_allowed(
    answers, slow, failed, expected
):
    criterion = recovery()
    found = counts_of(criterion, PLAN.edges, STARTED, course(PLAN, criterion, lambda at: (10, 0, 0)))
    before = band(options(criterion), PLAN, found)
    assert inside(options(criterion), before, PLAN.edges, counts(answers, slow, failed)) is expected


def without(series: tuple[Series, ...], start: float, end: float) -> tuple[Series, ...]:
    def kept(one: Series) -> tuple[float | None, ...]:
        pairs = zip(one.times, one.values, strict=True)
        return tuple(None if start <= at - STARTED < end else value for at, value in pairs)

    return tuple(msgspec.structs.replace(one, values=kept(one)) for one in series)


@pytest.mark.parametrize(
    "back, start, end, expected",
    [
        (12, 240, 260, 22),  # after the answer: it stays
        (12, 200, 220, 50),  # in the hold: only what was seen counts as held
        (500, 240, 245, math.inf),  # outside before and after: the gap cannot hide a whole hold
        (45, 200, 260, None),  # back within the bound or not: the gap hides it
        (500, 185, 300, None),
        (12, 0, 300, None),
    ],
)
def test_what_was_not_seen_is_neither_a_pass_nor_a_failure(back, start, end, expected):
    criterion = recovery()
    series = without(course(PLAN, criterion, back_after(back)), start, end)
    assert aftermath(criterion, PLAN, STARTED, series).seconds == expected


def test_windows_in_which_a_counter_was_reset_are_not_seen():
    criterion = recovery()

    def reset(series: Series) -> Series:
        lost = series.values[225]
        values = (*series.values[:225], *(value - lost for value in series.values[225:]))
        return msgspec.structs.replace(series, values=values)

    series = tuple(reset(one) for one in course(PLAN, criterion, back_after(30)))
    assert aftermath(criterion, PLAN, STARTED, series).seconds == 225 + 10 - 180


def test_series_that_are_missing_or_lack_a_bucket_say_nothing():
    criterion = recovery()
    series = course(PLAN, criterion, back_after(10))
    for left_out in (0, 1, 2, len(series) - 1):
        kept = (*series[:left_out], *series[left_out + 1 :])
        assert aftermath(criterion, PLAN, STARTED, kept).seconds is None
    assert aftermath(criterion, PLAN, STARTED, ()).seconds is None


def test_too_few_answers_before_the_spike_leave_no_band_to_come_back_to():
    criterion = recovery()
    found = aftermath(criterion, PLAN, STARTED, course(PLAN, criterion, lambda at: (0 if at < 60 else 10, 0, 0)))
    assert found.seconds is None
    assert "before the spike" in found.why


def test_samples_need_not_lie_on_the_seconds_of_the_plan():
    criterion = recovery()
    shifted = tuple(
        msgspec.structs.replace(s, times=tuple(at + 0.4 for at in s.times))
        for s in course(PLAN, criterion, back_after(12))
    )
    assert aftermath(criterion, PLAN, STARTED, shifted).seconds == pytest.approx(22, abs=1)


@pytest.mark.parametrize("back, status, shown", [(50, PASSED, 60.0), (51, FAILED, 61.0), (500, FAILED, "never")])
def test_the_line_fails_above_the_bound(back, status, shown):
    criterion = recovery()
    found = evidence(PLAN, series=course(PLAN, criterion, back_after(back)))
    line = kind_of(criterion).judge(criterion, PLAN, record(PLAN), found)
    assert (line.status, line.measured) == (status, shown)


def test_the_line_is_unknown_when_no_load_was_sent():
    criterion = recovery()
    line = kind_of(criterion).judge(criterion, PLAN, record(PLAN, started=None), evidence(PLAN))
    assert (line.status, line.measured) == (UNKNOWN, None)
