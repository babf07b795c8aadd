"""The metrics. A name stands here once; rules, panels, queries and the telemetry process take it from here."""

from __future__ import annotations

from msgspec import Struct

COUNTER, GAUGE, HISTOGRAM = "counter", "gauge", "histogram"

BY_TYPE, BY_CALL, BY_PHASE = ("test_type",), ("test_type", "name"), ("test_type", "name", "phase")
"""The labels of most metrics."""


class Metric(Struct, frozen=True):
    """One metric family. `scope` says whose memory it lives in: a worker's counters or the run's own values.

    `sum`: in nobody's; it is summed over others of the same scrape, for rules that would else ask for thousands of
    series every second.
    """

    name: str
    type: str
    unit: str
    help: str
    labels: tuple[str, ...] = ()
    scope: str = "worker"


METRICS = (
    Metric("loadtest_requests_total", COUNTER, "operations", "Operations finished or given up.", BY_PHASE),
    Metric(
        "loadtest_request_failures_total",
        COUNTER,
        "operations",
        "Operations that failed, by reason.",
        ("test_type", "name", "phase", "reason"),
    ),
    Metric(
        "loadtest_response_time_seconds",
        HISTOGRAM,
        "seconds",
        "Time from the moment an operation was due to its end; a failed one is in +Inf only, and in the sum.",
        BY_PHASE,
    ),
    Metric(
        "loadtest_test_type_requests_total",
        COUNTER,
        "operations",
        "Operations finished or given up, all of a test type together, judged or not.",
        BY_TYPE,
        "sum",
    ),
    Metric(
        "loadtest_test_type_request_failures_total",
        COUNTER,
        "operations",
        "Operations that failed, all of a test type together, judged or not.",
        BY_TYPE,
        "sum",
    ),
    Metric(
        "loadtest_test_type_response_time_seconds",
        HISTOGRAM,
        "seconds",
        "As loadtest_response_time_seconds, the judged operations of a test type together.",
        BY_TYPE,
        "sum",
    ),
    Metric(
        "loadtest_request_duration_seconds",
        HISTOGRAM,
        "seconds",
        "Service time of operations that had an answer, from the actual send; of a stream the whole of it.",
        BY_CALL,
    ),
    Metric("loadtest_first_message_seconds", HISTOGRAM, "seconds", "Time to the first message of a stream.", BY_CALL),
    Metric(
        "loadtest_inter_message_seconds",
        HISTOGRAM,
        "seconds",
        "Time between consecutive messages of a stream.",
        BY_CALL,
    ),
    Metric(
        "loadtest_realtime_factor",
        HISTOGRAM,
        "ratio",
        "Service time over seconds of audio; below 1 is faster than real time.",
        BY_CALL,
    ),
    Metric(
        "loadtest_tokens_total",
        COUNTER,
        "tokens",
        "Tokens sent (prompt) and received (completion).",
        ("test_type", "name", "kind"),
    ),
    Metric(
        "loadtest_audio_seconds_total",
        COUNTER,
        "seconds",
        "Seconds of audio sent to be recognised or received as speech.",
        BY_CALL,
    ),
    Metric("loadtest_retry_after_total", COUNTER, "answers", "Answers that asked for a pause (Retry-After).", BY_CALL),
    Metric("loadtest_reconnects_total", COUNTER, "connections", "Connections made again after one was lost.", BY_TYPE),
    Metric("loadtest_users", GAUGE, "users", "Active users.", BY_TYPE),
    Metric("loadtest_requests_in_flight", GAUGE, "operations", "Operations sent and not yet answered.", BY_TYPE),
    Metric("loadtest_connections", GAUGE, "connections", "Open connections of the users.", BY_TYPE),
    Metric(
        "loadtest_response_time_min_seconds", GAUGE, "seconds", "Shortest response time of a success so far.", BY_CALL
    ),
    Metric(
        "loadtest_response_time_max_seconds", GAUGE, "seconds", "Longest response time of a success so far.", BY_CALL
    ),
    Metric(
        "loadtest_schedule_lag_seconds",
        HISTOGRAM,
        "seconds",
        "How much later than planned the generator began an operation, through its own fault.",
        ("phase",),
    ),
    Metric("loadtest_event_loop_lag_seconds", HISTOGRAM, "seconds", "How late a worker's event loop ran a timer.", ()),
    Metric(
        "loadtest_generator_cpu_ratio",
        GAUGE,
        "ratio",
        "Share of one core that a worker used in the last second.",
        ("worker",),
    ),
    Metric(
        "loadtest_worker_heartbeat_timestamp_seconds",
        GAUGE,
        "seconds",
        "When a worker last showed that its loop turns.",
        ("worker",),
    ),
    Metric("loadtest_users_target", GAUGE, "users", "Users that the plan wants active now.", BY_TYPE, "run"),
    Metric("loadtest_phase", GAUGE, "boolean", "1 for the phase that the run is in.", ("phase",), "run"),
    Metric("loadtest_phase_duration_seconds", GAUGE, "seconds", "Planned length of a phase.", ("phase",), "run"),
    Metric(
        "loadtest_judged_phase",
        GAUGE,
        "boolean",
        "1 for a phase that is judged unless a criterion says otherwise, else 0.",
        ("phase",),
        "run",
    ),
    Metric(
        "loadtest_run_duration_seconds", GAUGE, "seconds", "Planned length of the load, without the drain.", (), "run"
    ),
    Metric(
        "loadtest_criterion_bound",
        GAUGE,
        "as the criterion",
        "The bound of an acceptance criterion.",
        ("criterion",),
        "run",
    ),
    Metric(
        "loadtest_criterion_info",
        GAUGE,
        "boolean",
        "What a criterion judges; by its sense a bound is breached above it (at_most), from it on (below) "
        "or under it (at_least).",
        ("criterion", "kind", "test_type", "unit", "sense"),
        "run",
    ),
    Metric(
        "loadtest_latency_bound_seconds",
        GAUGE,
        "seconds",
        "Time within which an operation must have succeeded, of a latency criterion.",
        ("criterion",),
        "run",
    ),
    Metric(
        "loadtest_validity_bound",
        GAUGE,
        "as the check",
        "The bound of a validity check, a ratio unless its name says seconds.",
        ("check",),
        "run",
    ),
    Metric(
        "loadtest_resource_limit",
        GAUGE,
        "as the kind",
        "The limit of a kind of resource, a ratio of what there is or degrees Celsius.",
        ("kind",),
        "run",
    ),
    Metric(
        "loadtest_first_saturation_timestamp_seconds",
        GAUGE,
        "seconds",
        "When the resource gave way that did so first, in Unix time; known with the verdict.",
        ("resource",),
        "run",
    ),
    Metric(
        "loadtest_criterion_value",
        GAUGE,
        "as the criterion",
        "What was measured, for criteria that PromQL cannot express; +Inf is never.",
        ("criterion",),
        "run",
    ),
    Metric(
        "loadtest_recovery_seconds",
        GAUGE,
        "seconds",
        "Seconds from the end of the spike until the target was back; +Inf is never.",
        ("criterion",),
        "run",
    ),
    Metric(
        "loadtest_run_info",
        GAUGE,
        "boolean",
        "What this run is.",
        ("test_type", "target", "version", "commit", "edges"),
        "run",
    ),
    Metric("loadtest_run_verdict", GAUGE, "boolean", "1 for the verdict of the run.", ("verdict",), "run"),
    Metric(
        "loadtest_run_invalid_info",
        GAUGE,
        "1",
        "Why the run is invalid: each check that failed, how it ended, or samples:criterion; known with the verdict.",
        ("check",),
        "run",
    ),
    Metric(
        "loadtest_run_start_timestamp_seconds",
        GAUGE,
        "seconds",
        "When the plan's clock stood at 0, in Unix time.",
        (),
        "run",
    ),
)
"""Arrivals (loadtest_arrivals_*) join when there are arrival rates: a 0 that nobody counted would be a lie."""

_BY_NAME = {m.name: m for m in METRICS}


def metric(name: str) -> Metric:
    """The metric of that name; KeyError when the catalogue has none."""
    return _BY_NAME[name]
