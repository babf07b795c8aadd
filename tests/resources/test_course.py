"""When a resource was at its limit, whether it stayed, and what is not known: laws over courses made by hand."""

from __future__ import annotations

import msgspec
import pytest

from loadgen.model.measured import ResourceLimits
from loadgen.resources.course import Course, Stay, by_phase, states, stay, unknown
from tests.plans import example_plan

PLAN = msgspec.structs.replace(example_plan(), resources=ResourceLimits(hold=10.0))
"""Phases: warmup 0–5, steady 5–60, spike 60–180, recovery 180–300; a scrape a second."""
END, BEFORE = 300, 4
"""The load ended after 300 s; points begin four scrapes before it and go on for ten after it."""


def course(*stretches, limit=0.9, window=0.0, waiting=None, idle=0.2, new=False) -> Course:
    """Use by (from, to, use), ends not included; `idle` elsewhere, None for unknown."""
    times = tuple(float(second) for second in range(-BEFORE, END + 11))

    def at(time, table, otherwise):
        return next((value for start, end, value in table if start <= time < end), otherwise)

    use = tuple(at(time, stretches, idle) for time in times)
    queue = () if waiting is None else tuple(at(time, waiting, 0.0) for time in times)
    return Course(times=times, use=use, waiting=queue, limit=limit, window=window, new=new)


def found(*stretches, plan=PLAN, end=END, **how) -> Stay:
    return stay(course(*stretches, **how), plan, end)


def test_a_resource_that_goes_to_its_limit_and_stays_reached_it_at_its_first_point_there():
    assert found((62, 200, 0.95)) == Stay(reached=62, value=0.95, left=199)


def test_the_limit_itself_counts_and_what_is_just_below_does_not():
    assert found((62, 200, 0.9)).reached == 62
    assert found((62, 200, 0.8999)) == Stay()


def test_the_value_is_the_highest_use_of_the_stay_and_not_of_the_run():
    assert found((20, 22, 0.99), (62, 70, 0.91), (70, 90, 0.97)) == Stay(reached=62, value=0.97, left=89)


@pytest.mark.parametrize("length, reached", [(8, None), (9, 62), (11, 62)])
def test_it_stayed_when_it_was_there_for_four_fifths_of_the_hold(length, reached):
    """A hold of ten seconds has eleven points, of which nine are more than four fifths."""
    assert found((62, 62 + length, 1.0)).reached == reached


def test_a_peak_before_it_stayed_is_not_the_moment():
    assert found((30, 33, 1.0), (62, 200, 1.0)).reached == 62


def test_a_short_dip_ends_nothing_and_a_long_one_does():
    assert found((62, 80, 1.0), (82, 120, 1.0)).left == 119
    assert found((62, 80, 1.0), (100, 120, 1.0)).left == 79


def test_flicker_at_half_the_points_is_no_stay():
    flickering = [(second, second + 1, 1.0) for second in range(60, 180, 2)]
    assert found(*flickering) == Stay()
    assert max(use.at_limit for use in by_phase(course(*flickering), PLAN.phases, END)) == pytest.approx(0.5)


def test_without_anybody_waiting_a_full_pool_is_not_at_its_limit():
    full = (60, 180, 1.0)
    assert found(full, limit=1.0, waiting=[]) == Stay()
    assert found(full, limit=1.0, waiting=[(70, 180, 3.0)]).reached == 70


def test_somebody_waiting_before_a_pool_that_is_not_full_makes_no_limit():
    assert found((60, 180, 0.9), limit=1.0, waiting=[(60, 180, 5.0)]) == Stay()


def test_an_instant_in_which_nobody_waits_is_forgiven():
    queue = [(60, 66, 2.0), (67, 74, 1.0), (75, 180, 4.0)]
    assert found((60, 180, 1.0), limit=1.0, waiting=queue).reached == 60


def test_where_waiting_is_not_known_a_full_pool_is_unknown_and_a_free_one_is_not():
    seen = course((60, 180, 1.0), limit=1.0, waiting=[(60, 180, None)])
    assert stay(seen, PLAN, END) == Stay()
    assert {state for time, state in zip(seen.times, states(seen), strict=True) if 60 <= time < 180} == {None}
    spike = by_phase(seen, PLAN.phases, END)[2]
    assert (spike.maximum, spike.at_limit) == (1.0, None)
    assert list(unknown(seen, PLAN, END)) == [(59.0, 180.0)]


def test_nobody_waiting_is_claimed_of_a_phase_only_where_it_was_known_whenever_all_was_in_use():
    part = course((60, 90, 1.0), limit=1.0, waiting=[(60, 90, None)])
    assert by_phase(part, PLAN.phases, END)[2].at_limit is None
    seen = course((60, 90, 1.0), limit=1.0, waiting=[(60, 70, None), (70, 90, 2.0)])
    assert by_phase(seen, PLAN.phases, END)[2].at_limit == pytest.approx(20 / 110)


def test_a_gap_neither_ends_a_stay_nor_makes_one():
    assert found((62, 65, 1.0), (65, 69, None), (69, 200, 1.0)) == Stay(reached=62, value=1.0, left=199)
    assert found((62, 65, 1.0), (65, 311, None)) == Stay()


def test_what_is_unknown_for_long_between_two_stays_does_not_part_them():
    assert found((62, 80, 1.0), (80, 120, None), (120, 200, 1.0)) == Stay(reached=62, value=1.0, left=199)
    assert found((62, 80, 1.0), (80, 119, None), (120, 200, 1.0)).left == 79


def test_fewer_than_four_known_points_are_no_stay():
    assert found((62, 65, 1.0), (65, 80, None)).reached is None
    assert found((62, 66, 1.0), (66, 80, None)).reached == 62


def test_a_limit_reached_in_the_last_seconds_is_told_apart_for_nobody_knows_whether_it_would_have_stayed():
    assert found((294, 300, 1.0)) == Stay(at_end=294)
    assert found((289, 300, 1.0)).reached == 289


def test_a_peak_shortly_before_the_end_that_went_away_is_not_at_the_end():
    assert found((291, 293, 1.0)) == Stay()


def test_who_stays_on_while_the_last_answers_come_in_stayed():
    assert found((294, 311, 1.0)) == Stay(reached=294, value=1.0)


def test_who_is_at_the_limit_until_the_load_ends_never_left_it():
    assert found((62, 300, 1.0)).left is None
    assert found((62, 298, 1.0)).left == 297


def test_of_a_run_that_was_stopped_only_what_came_before_counts():
    assert found((95, 100, 1.0), end=100) == Stay(at_end=95)
    assert [use.phase for use in by_phase(course(), PLAN.phases, 100)] == ["warmup", "steady", "spike"]


def test_the_hold_is_never_shorter_than_four_scrapes():
    short = msgspec.structs.replace(PLAN, resources=ResourceLimits(hold=0.5))
    assert found((62, 65, 1.0), plan=short).reached is None
    assert found((62, 66, 1.0), plan=short).reached == 62
    slow = msgspec.structs.replace(short, scrape_interval=5.0)
    assert found((62, 70, 1.0), plan=slow).reached is None


def test_who_was_at_the_limit_before_the_load_was_not_brought_there_by_it():
    assert found((-4, 200, 1.0)) == Stay(already=-4, already_left=199)
    assert found((-2, 311, 1.0)) == Stay(already=-2)
    assert found((-4, 200, 1.0), window=4.0) == Stay(already=-8, already_left=199)


def test_who_left_the_limit_and_came_back_under_the_load_was_brought_there_by_it():
    burst, spike = (-4, 7, 0.95), (62, 181, 0.97)
    expected = Stay(reached=62, value=0.97, left=180, already=-4, already_left=6)
    assert found(burst, spike) == expected
    assert found(burst, (294, 300, 0.97)) == Stay(at_end=294, already=-4, already_left=6)


@pytest.mark.parametrize("window", [0.0, 4.0])
def test_who_was_at_the_limit_when_first_seen_under_the_load_may_have_been_there_before(window):
    unseen = (-4, 3, None)
    assert found(unseen, (3, 200, 0.95), window=window) == Stay(already=3, already_left=199)
    assert found(unseen, (3, 20, 0.95), (62, 200, 0.95)).reached == 62
    assert found(unseen, (4, 200, 0.95)).reached == 4


def test_what_came_into_being_at_its_limit_was_brought_there():
    assert found((-4, 3, None), (3, 200, 0.95), new=True) == Stay(reached=3, value=0.95, left=199)


def test_what_was_full_before_anybody_knew_who_waited_was_at_its_limit_when_first_seen():
    queue = [(-4, 20, None), (20, 200, 3.0)]
    assert found((-4, 200, 1.0), limit=1.0, waiting=queue) == Stay(already=20, already_left=199)


def test_a_rate_reached_its_limit_where_its_first_window_there_began():
    assert found((66, 200, 0.95), window=4.0) == Stay(reached=62, value=0.95, left=199)


def test_what_rose_with_the_load_did_not_rise_before_it():
    for point in (1, 2, 3, 4):
        assert found((point, 200, 0.95), window=4.0).reached == 0.0
    assert found((0, 200, 0.95), window=4.0) == Stay(already=-4, already_left=199)


def test_a_rate_belongs_to_the_phase_of_its_windows_middle():
    steady, spike = by_phase(course((62, 182, 1.0), window=4.0), PLAN.phases, END)[1:3]
    assert (steady.maximum, steady.at_limit) == (0.2, 0.0)
    assert (spike.mean, spike.at_limit) == (1.0, 1.0)


def test_a_phase_has_mean_highest_use_and_the_share_of_the_time_at_the_limit():
    steady = by_phase(course((5, 16, 1.0), idle=0.0), PLAN.phases, END)[1]
    assert steady.mean == pytest.approx(0.2)
    assert (steady.maximum, steady.at_limit) == (1.0, pytest.approx(0.2))


def test_a_phase_of_which_nothing_is_known_is_absent_and_never_nought():
    seen = course((60, 180, None))
    assert [use.phase for use in by_phase(seen, PLAN.phases, END)] == ["warmup", "steady", "recovery"]


def test_a_gap_is_one_when_it_is_longer_than_validity_allows():
    assert list(unknown(course((50, 52, None)), PLAN, END)) == []
    assert list(unknown(course((50, 53, None)), PLAN, END)) == [(49.0, 53.0)]
    assert list(unknown(course((-4, 311, None)), PLAN, END)) == [(0.0, 300.0)]
