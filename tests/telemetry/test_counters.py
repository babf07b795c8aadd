"""What a worker records is what a scrape shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from loadgen.model.outcome import Outcome
from loadgen.model.plan import Plan
from loadgen.model.record import Count
from loadgen.telemetry.counters import WorkerCounters, create
from loadgen.telemetry.memory import CounterFileError
from tests.outcomes import outcome, some_outcomes
from tests.small_plan import operation, small_plan
from tests.telemetry.seen import Seen

CHAT = {"test_type": "rest", "name": "chat", "phase": "steady"}
CALL = {"test_type": "rest", "name": "chat"}


@pytest.fixture
def one(seen: Callable[[Plan], Seen], tmp_path: Path) -> tuple[WorkerCounters, Seen]:
    look = seen(small_plan())
    return WorkerCounters.open(tmp_path, small_plan(), 0), look


def test_a_success_is_in_its_bucket_and_in_all_above(one: tuple[WorkerCounters, Seen]):
    counters, look = one
    counters.record(outcome(seconds=0.25))
    buckets = [
        look.value("loadtest_response_time_seconds_bucket", **CHAT, le=le) for le in ("0.1", "0.5", "2.0", "+Inf")
    ]
    assert buckets == [0, 1, 1, 1]
    assert look.value("loadtest_response_time_seconds_count", **CHAT) == 1
    assert look.value("loadtest_response_time_seconds_sum", **CHAT) == 0.25


def test_a_time_equal_to_an_edge_lies_within_it(one: tuple[WorkerCounters, Seen]):
    counters, look = one
    counters.record(outcome(due=0.0, finished=2.0, started=0.0))
    assert look.value("loadtest_response_time_seconds_bucket", **CHAT, le="2.0") == 1
    assert look.value("loadtest_response_time_seconds_bucket", **CHAT, le="0.5") == 0


def test_a_failure_is_in_the_infinite_bucket_only_and_its_time_is_in_the_sum(one: tuple[WorkerCounters, Seen]):
    counters, look = one
    counters.record(outcome(seconds=0.25, reason="http_5xx"))
    assert look.value("loadtest_response_time_seconds_bucket", **CHAT, le="8.0") == 0
    assert look.value("loadtest_response_time_seconds_bucket", **CHAT, le="+Inf") == 1
    assert look.value("loadtest_response_time_seconds_sum", **CHAT) == 0.25
    assert look.value("loadtest_request_failures_total", **CHAT, reason="http_5xx") == 1
    assert look.value("loadtest_requests_total", **CHAT) == 1


def test_what_an_early_end_cut_off_is_counted_and_has_no_buckets_but_the_infinite_one(one: tuple[WorkerCounters, Seen]):
    counters, look = one
    counters.record(outcome(phase="cooldown", seconds=0.25, reason="unfinished"))
    cut = CHAT | {"phase": "cooldown"}
    edges = {
        dict(labels)["le"]: value
        for (name, labels), value in look.samples().items()
        if name == "loadtest_response_time_seconds_bucket" and cut.items() <= dict(labels).items()
    }
    assert edges == {"+Inf": 1}
    assert look.value("loadtest_requests_total", **cut) == 1
    assert look.value("loadtest_response_time_seconds_count", **cut) == 1
    assert look.value("loadtest_response_time_seconds_sum", **cut) == 0.25
    assert look.value("loadtest_response_time_seconds_bucket", **CHAT, le="+Inf") == 0


@pytest.mark.parametrize(
    "reason, answered",
    [(None, 1), ("http_4xx", 1), ("rate_limited", 1), ("bad_answer", 1), ("timeout", 0), ("connect", 0), ("closed", 0)],
)
def test_service_time_is_that_of_answered_operations(
    one: tuple[WorkerCounters, Seen], reason: str | None, answered: int
):
    counters, look = one
    counters.record(outcome(reason=reason))
    assert look.value("loadtest_request_duration_seconds_count", **CALL) == answered


def test_response_time_runs_from_due_and_service_time_from_the_start(one: tuple[WorkerCounters, Seen]):
    counters, look = one
    counters.record(outcome(due=10.0, started=10.5, lag=0.5, finished=11.0))
    assert look.value("loadtest_response_time_seconds_sum", **CHAT) == 1.0
    assert look.value("loadtest_request_duration_seconds_sum", **CALL) == 0.5
    assert look.value("loadtest_schedule_lag_seconds_sum", phase="steady") == 0.5


def test_an_operation_in_time_counts_as_one_without_lag(one: tuple[WorkerCounters, Seen]):
    counters, look = one
    counters.record(outcome(lag=0.0))
    assert look.value("loadtest_schedule_lag_seconds_bucket", phase="steady", le="0.01") == 1


def test_an_answer_before_it_was_due_took_no_time(one: tuple[WorkerCounters, Seen]):
    counters, look = one
    counters.record(outcome(due=10.0, started=9.0, finished=9.5))
    assert look.value("loadtest_response_time_seconds_sum", **CHAT) == 0
    assert look.value("loadtest_response_time_min_seconds", **CALL) == 0


def test_shortest_and_longest_are_unknown_until_something_succeeds(one: tuple[WorkerCounters, Seen]):
    counters, look = one
    counters.record(outcome(reason="timeout", seconds=5.0))
    assert look.value("loadtest_response_time_min_seconds", **CALL) is None
    for seconds in (0.5, 0.25, 1.0):
        counters.record(outcome(seconds=seconds))
    assert look.value("loadtest_response_time_min_seconds", **CALL) == 0.25
    assert look.value("loadtest_response_time_max_seconds", **CALL) == 1.0


def test_shortest_and_longest_are_those_of_all_workers(seen: Callable[[Plan], Seen], tmp_path: Path):
    plan = small_plan(workers=3)
    look = seen(plan)
    for worker, seconds in ((0, 0.5), (1, 2.0)):
        WorkerCounters.open(tmp_path, plan, worker).record(outcome(seconds=seconds))
    assert look.value("loadtest_response_time_min_seconds", **CALL) == 0.5
    assert look.value("loadtest_response_time_max_seconds", **CALL) == 2.0


def test_streams_speech_and_tokens_are_counted(one: tuple[WorkerCounters, Seen]):
    counters, look = one
    stream = {"test_type": "grpc", "name": "llm_generate_stream"}
    counters.record(outcome(**stream, first_message=0.05, gaps=(0.005, 0.2), tokens_in=7, tokens_out=40))
    assert look.value("loadtest_first_message_seconds_sum", **stream) == 0.05
    assert look.value("loadtest_inter_message_seconds_bucket", **stream, le="0.01") == 1
    assert look.value("loadtest_inter_message_seconds_count", **stream) == 2
    assert look.value("loadtest_tokens_total", **stream, kind="prompt") == 7
    assert look.value("loadtest_tokens_total", **stream, kind="completion") == 40


def test_only_calls_that_measure_a_thing_have_series_of_it(one: tuple[WorkerCounters, Seen]):
    _, look = one
    streams = {
        dict(labels)["name"] for name, labels in look.samples() if name == "loadtest_first_message_seconds_count"
    }
    assert streams == {"llm_generate_stream"}
    assert "loadtest_audio_seconds_total" not in {name for name, _ in look.samples()}


@pytest.mark.parametrize("undeclared", [{"first_message": 0.1}, {"tokens_out": 1}, {"audio_seconds": 2.0}])
def test_what_a_call_does_not_declare_is_an_error_rather_than_lost(
    one: tuple[WorkerCounters, Seen], undeclared: dict[str, float]
):
    counters, look = one
    with pytest.raises(LookupError, match="rest:chat measured what its call does not declare"):
        counters.record(outcome(**undeclared))
    assert look.value("loadtest_requests_total", **CHAT) == 1


def test_a_plea_for_a_pause_is_counted_even_when_it_is_for_no_time(one: tuple[WorkerCounters, Seen]):
    counters, look = one
    counters.record(outcome(reason="rate_limited", retry_after=0.0))
    assert look.value("loadtest_retry_after_total", **CALL) == 1


@pytest.mark.parametrize("stray", [outcome(name="unheard_of"), outcome(phase="finished"), outcome(reason="bad luck")])
def test_what_the_plan_does_not_know_is_refused_and_not_counted(one: tuple[WorkerCounters, Seen], stray: Outcome):
    counters, _ = one
    with pytest.raises(KeyError):
        counters.record(stray)
    assert sum(count.requests for count in counters.counts()) == 0


def test_gauges_of_all_workers_add_up(seen: Callable[[Plan], Seen], tmp_path: Path):
    plan = small_plan(workers=2)
    look = seen(plan)
    for worker in (0, 1):
        counters = WorkerCounters.open(tmp_path, plan, worker)
        counters.set_users("rest", 3)
        counters.in_flight("rest", 2)
        counters.in_flight("rest", -1)
        counters.connections("grpc", 4)
        counters.reconnected("grpc")
    assert look.value("loadtest_users", test_type="rest") == 6
    assert look.value("loadtest_requests_in_flight", test_type="rest") == 2
    assert look.value("loadtest_connections", test_type="grpc") == 8
    assert look.value("loadtest_reconnects_total", test_type="grpc") == 2


def test_a_workers_load_is_shown_from_its_first_reading(one: tuple[WorkerCounters, Seen]):
    counters, look = one
    assert look.value("loadtest_generator_cpu_ratio", worker="0") is None
    counters.cpu(0.0)
    counters.heartbeat(1_700_000_000.5)
    assert look.value("loadtest_generator_cpu_ratio", worker="0", now=1_700_000_001) == 0
    assert look.value("loadtest_worker_heartbeat_timestamp_seconds", worker="0") == pytest.approx(1_700_000_000.5)


def test_a_worker_that_has_gone_quiet_keeps_its_counters_and_loses_its_gauges(one: tuple[WorkerCounters, Seen]):
    counters, look = one
    counters.record(outcome())
    counters.set_users("rest", 5)
    counters.cpu(0.5)
    counters.heartbeat(1000.0)
    assert look.value("loadtest_users", test_type="rest", now=1004.0) == 5
    assert look.value("loadtest_users", test_type="rest", now=1006.0) == 0
    assert look.value("loadtest_generator_cpu_ratio", worker="0", now=1006.0) is None
    assert look.value("loadtest_requests_total", **CHAT, now=1006.0) == 1


def test_the_sum_over_workers_is_what_was_recorded(seen: Callable[[Plan], Seen], tmp_path: Path):
    hostile = 'a"b\\c\nd{e="f"} 7'
    plan = small_plan(workers=3, operations=(*small_plan().operations, operation("rest", hostile, "chat")))
    look = seen(plan)
    recorded: list[Outcome] = []
    for worker in range(3):
        own = some_outcomes(plan, 2000, seed=worker)
        counters = WorkerCounters.open(tmp_path, plan, worker)
        for each in own:
            counters.record(each)
        recorded += own
    assert _seen_totals(look, "loadtest_requests_total") == Counter((o.test_type, o.name, o.phase) for o in recorded)
    failed = Counter((o.test_type, o.name, o.phase) for o in recorded if o.reason)
    assert _seen_totals(look, "loadtest_request_failures_total") == failed
    within = Counter((o.test_type, o.name, o.phase) for o in recorded if not o.reason and o.response_time <= 2.0)
    assert _seen_totals(look, "loadtest_response_time_seconds_bucket", le="2.0") == within


def _seen_totals(look: Seen, name: str, **wanted: str) -> Counter[tuple[str, str, str]]:
    totals: Counter[tuple[str, str, str]] = Counter()
    for (metric, labels), value in look.samples().items():
        by_name = dict(labels)
        if metric == name and value and wanted.items() <= by_name.items():
            totals[by_name["test_type"], by_name["name"], by_name["phase"]] += int(value)
    return totals


def test_a_worker_knows_its_own_counts_by_operation(one: tuple[WorkerCounters, Seen]):
    counters, _ = one
    counters.record(outcome(phase="warmup"))
    counters.record(outcome(phase="steady", reason="timeout"))
    assert counters.counts() == (
        Count(test_type="rest", name="chat", requests=2, failures=1),
        Count(test_type="grpc", name="llm_generate_stream", requests=0, failures=0),
    )


def test_counters_of_another_plan_are_refused(tmp_path: Path):
    create(tmp_path, small_plan())
    with pytest.raises(CounterFileError, match="another plan"):
        WorkerCounters.open(tmp_path, small_plan(run_id="another"), 0)


def test_missing_counters_are_named(tmp_path: Path):
    with pytest.raises(CounterFileError, match=r"worker-0\.counters"):
        WorkerCounters.open(tmp_path, small_plan(), 0)
