"""Validity: each check by itself, sound and broken."""

from __future__ import annotations

import msgspec
import pytest

from loadgen.model.plan import Phase, Stage
from loadgen.model.record import Count, Event
from loadgen.model.verdict import Check
from loadgen.query.courses import courses
from loadgen.verdict import judge
from loadgen.verdict.generator import CPU, USERS
from tests.aftermaths import back_after, course
from tests.plans import errors, example_plan, latency, recovery
from tests.runs import STARTED, cpu_series, evidence, record, tally, users_series

PLAN = example_plan(criteria=(latency(), errors()), workers=2)
GOOD = (tally(PLAN, 1000), tally(PLAN, 500, phase="recovery"), tally(PLAN, 70, 0, 2, phase="spike"))


def checks(seen=None, plan=PLAN, tallies=GOOD, **recorded) -> dict[str, Check]:
    run = record(plan, tallies, **recorded)
    return {check.id: check for check in judge(plan, run, evidence(plan, tallies, **(seen or {}))).validity}


def broken(*arguments, **more) -> list[str]:
    return [name for name, check in checks(*arguments, **more).items() if not check.ok]


def spoiled(series, change):
    def value(at, old):
        return change(at - STARTED, old)

    return tuple(
        msgspec.structs.replace(s, values=tuple(value(at, old) for at, old in zip(s.times, s.values, strict=True)))
        for s in series
    )


def test_a_sound_run_breaks_no_check():
    assert broken() == []


@pytest.mark.parametrize(
    "lag, ok",
    [
        ({"steady": (5, 500), "spike": (5, 500)}, True),
        ({"steady": (5, 500), "spike": (6, 500)}, False),
        ({"steady": (0, 500), "warmup": (100, 100)}, True),
        ({}, False),
    ],
)
def test_more_than_one_percent_begun_late_in_judged_phases_and_spike_breaks_the_run(lag, ok):
    assert checks({"lag": lag})["generator-late"].ok is ok


@pytest.mark.parametrize("busy, ok", [(range(100, 114), True), (range(100, 116), False), (range(5), True)])
def test_a_worker_above_its_limit_for_more_than_five_percent_of_the_time_breaks_the_run(busy, ok):
    """Judged phases and spike are 295 s, 296 samples; a twentieth of them is 14.8."""
    first, second = cpu_series(PLAN, 0.3)
    series = (first, *spoiled((second,), lambda at, old: 0.95 if at in busy else old), *users_series(PLAN))
    assert checks({"series": series})["generator-cpu"].ok is ok


def test_a_worker_whose_cpu_is_not_known_breaks_the_run():
    first, second = cpu_series(PLAN, 0.3)
    assert broken({"series": (first, *users_series(PLAN))}) == ["generator-cpu"]
    unknown = spoiled((second,), lambda at, old: None)
    assert broken({"series": (first, *unknown, *users_series(PLAN))}) == ["generator-cpu"]


@pytest.mark.parametrize("share, ok", [(1.0, True), (0.95, True), (0.949, False), (0.0, False)])
def test_fewer_than_95_percent_of_the_planned_users_on_a_plateau_break_the_run(share, ok):
    series = (*cpu_series(PLAN, 0.3), *users_series(PLAN, share))
    assert checks({"series": series})["users"].ok is ok


def test_users_are_not_counted_while_they_climb_or_before_a_scrape_can_have_seen_the_plateau():
    late = spoiled(users_series(PLAN), lambda at, old: 0.0 if 60 <= at < 73 else old)
    assert checks({"series": (*cpu_series(PLAN, 0.3), *late)})["users"].ok
    missing = spoiled(users_series(PLAN), lambda at, old: 0.0 if 80 <= at < 81 else old)
    assert not checks({"series": (*cpu_series(PLAN, 0.3), *missing)})["users"].ok


SHORT = example_plan(
    criteria=(latency(), errors()),
    duration=7.0,
    stages=(
        Stage(phase="warmup", start=0, end=2, from_users=0, to_users=50),
        Stage(phase="steady", start=2, end=7, from_users=50, to_users=50),
    ),
    phases=(
        Phase(name="warmup", start=0, end=2, judged=False),
        Phase(name="steady", start=2, end=7, judged=True),
    ),
)
SHORT_TALLIES = (tally(SHORT, 1000),)


@pytest.mark.parametrize(
    "series, ok",
    [
        (users_series(SHORT), True),
        (users_series(SHORT, 0.5), False),
        ((), False),
        (spoiled(users_series(SHORT), lambda at, old: None), False),
        (spoiled(users_series(SHORT), lambda at, old: 0.0 if at < 4 else old), True),
        (spoiled(users_series(SHORT), lambda at, old: 0.0 if at == 6 else old), False),
    ],
)
def test_a_completed_run_is_never_too_short_for_its_users_to_be_looked_at(series, ok):
    found = checks({"series": (*cpu_series(SHORT, 0.3), *series)}, SHORT, SHORT_TALLIES)["users"]
    assert found.ok is ok


def test_a_completed_run_is_never_too_short_for_its_workers_to_be_looked_at():
    limits = msgspec.structs.replace(PLAN.validity, scrape_gap_intervals=1000.0)
    plan = msgspec.structs.replace(PLAN, validity=limits)
    assert broken({"series": ()}, plan) == ["generator-cpu", "users"]


def test_a_plateau_of_which_nothing_was_seen_breaks_the_run_however_well_the_others_went():
    unseen = spoiled(users_series(PLAN), lambda at, old: None if 180 <= at < 300 else old)
    found = checks({"series": (*cpu_series(PLAN, 0.3), *unseen)})["users"]
    assert not found.ok
    assert "in recovery" in found.sentence


def test_users_that_stopped_long_before_the_plans_end_break_a_completed_run():
    gone = spoiled(users_series(PLAN), lambda at, old: old if at < 100 else 0.0)
    assert broken({"series": (*cpu_series(PLAN, 0.3), *gone)}, ended=STARTED + 100) == ["users"]


def test_unknown_users_break_the_run():
    assert broken({"series": cpu_series(PLAN, 0.3)}) == ["users"]


@pytest.mark.parametrize("gap, ok", [(1.0, True), (3.0, True), (3.01, False), (None, False)])
def test_more_than_three_intervals_unseen_break_the_run(gap, ok):
    assert checks({"scrape_gap": gap})["scrape-gap"].ok is ok


@pytest.mark.parametrize("kind", ["worker_lost", "master_lost", "prometheus_lost", "telemetry_lost"])
def test_whatever_was_lost_breaks_the_run_and_is_named(kind):
    events = (Event(at=STARTED + 10, kind=kind, text="it ended with code -9"),)
    found = checks(events=events)[kind.replace("_", "-")]
    assert not found.ok
    assert "code -9" in found.sentence


def test_what_was_lost_is_named_however_long_after_the_last_operation_it_was_noticed():
    events = (Event(at=STARTED + 103, kind="prometheus_lost", text="prometheus ended with code -9"),)
    found = checks(outcome="aborted", events=events, ended=STARTED + 100)["prometheus-lost"]
    assert not found.ok
    assert "code -9" in found.sentence


def test_a_lost_target_is_the_targets_failure_and_breaks_nothing():
    assert broken(events=(Event(at=STARTED + 10, kind="target_lost", text="refused"),)) == []


def test_a_lost_exporter_breaks_nothing():
    assert broken(events=(Event(at=STARTED + 10, kind="exporter_lost", text="exporter-host"),)) == []


def test_a_counter_reset_breaks_the_run():
    assert broken({"resets": 1}) == ["counter-reset"]


@pytest.mark.parametrize("requests, failures", [(1569, 2), (1571, 2), (1570, 1), (1570, 3)])
def test_locust_and_prometheus_differing_by_even_one_operation_or_failure_break_the_run(requests, failures):
    locust = (Count(test_type="rest", name="chat", requests=requests, failures=failures),)
    found = checks(locust=locust)["counts"]
    assert not found.ok
    assert str(requests) in found.sentence
    assert "1570" in found.sentence


def test_an_operation_that_only_one_of_them_knows_breaks_the_run():
    strange = Count(test_type="grpc", name="odd", requests=1, failures=0)
    assert broken(locust=(*record(PLAN, GOOD).locust, strange)) == ["counts"]
    silent = Count(test_type="grpc", name="odd", requests=0, failures=0)
    assert broken(locust=(*record(PLAN, GOOD).locust, silent)) == []


def test_missing_counts_of_locust_break_the_run():
    assert broken(locust=None) == ["counts"]


def test_a_histogram_that_disagrees_with_its_counter_breaks_the_run():
    torn = msgspec.structs.replace(GOOD[0], buckets=(*GOOD[0].buckets[:-1], 1001))
    assert broken(tallies=(torn, *GOOD[1:])) == ["counts"]


def test_incomplete_evidence_breaks_the_run_and_says_what_is_missing():
    found = checks({"complete": False, "problems": ("the buckets could not be had",)})["evidence"]
    assert not found.ok
    assert "the buckets could not be had" in found.sentence
    assert broken(final_scrape=None) == ["evidence"]


def test_a_run_without_a_single_operation_breaks():
    assert "measured" in broken(tallies=())


def test_an_alert_that_does_not_say_what_its_line_says_breaks_the_run_with_both_named():
    found = checks({"firing": ("latency:rest",)})["agreement"]
    assert not found.ok
    assert "the alert of latency:rest fires, but its line is passed" in found.sentence
    slow = (tally(PLAN, 1000, 100),)
    found = checks(tallies=slow)["agreement"]
    assert "the alert of latency:rest is quiet, but its line is failed" in found.sentence
    assert broken({"firing": ("latency:other",)}) == ["agreement"]


def test_an_alert_of_somebody_elses_rule_that_says_otherwise_breaks_the_run_too():
    found = checks({"alerting": ("latency:rest",)})["agreement"]
    assert not found.ok
    assert "of latency:rest an alert that no rule of the plan gives fires, but its line is passed" in found.sentence
    assert broken({"alerting": ("errors:old",)}) == ["agreement"]
    assert broken({"alerting": ()}) == []


def test_alerts_that_were_not_evaluated_after_the_last_count_confirm_nothing():
    assert broken({"evaluated": None}) == ["agreement"]
    assert broken({"evaluated": STARTED + 10}) == ["agreement"]


def test_a_value_that_was_shown_must_be_the_one_found_again_from_the_evidence():
    plan = example_plan(criteria=(recovery(),))
    series = (*cpu_series(plan, 0.3), *users_series(plan), *course(plan, recovery(), back_after(12)))
    assert broken({"series": series, "values": {"recovery:rest": 22.0}}, plan) == []
    for values in ({}, {"recovery:rest": 23.0}, {"recovery:rest": "never"}):
        assert broken({"series": series, "values": values}, plan) == ["agreement"]


def test_after_an_abort_the_generator_is_judged_up_to_the_abort():
    abort = Event(at=STARTED + 100, kind="aborted", text="errors:rest was breached")
    series = (
        *spoiled(cpu_series(PLAN, 0.3), lambda at, old: old if at <= 100 else 1.0),
        *spoiled(users_series(PLAN), lambda at, old: old if at <= 100 else 0.0),
    )
    assert broken({"series": series}, outcome="aborted", events=(abort,), ended=STARTED + 140) == []


def test_an_abort_before_anything_could_be_sampled_is_no_breach():
    abort = Event(at=STARTED + 6, kind="aborted", text="errors:rest was breached")
    assert broken({"series": ()}, outcome="aborted", events=(abort,), ended=STARTED + 7) == []


def test_the_series_that_are_looked_at_are_those_that_are_asked_for():
    assert {CPU, USERS} <= {course.name for course in courses(PLAN)}
