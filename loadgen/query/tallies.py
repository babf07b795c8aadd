"""The final counters as tallies: what every operation did in every phase, to the last one."""

from __future__ import annotations

import math
from collections.abc import Iterable

from loadgen.catalogue import le
from loadgen.catalogue.promql import selector
from loadgen.model.evidence import Extremes, Tally
from loadgen.model.plan import Operation, Plan
from loadgen.query.questions import Questions, Sample
from loadgen.telemetry.layout import only_failures, request_phases

Key = tuple[str, ...]

BY_PHASE, BY_CALL = ("test_type", "name", "phase"), ("test_type", "name")


def response_times(ask: Questions, plan: Plan, at: float) -> tuple[Tally, ...]:
    """One tally for each operation and phase. One of which anything is missing is left out, and is a problem."""
    metric = "loadtest_response_time_seconds"
    requests = _totals(ask, plan, "loadtest_requests_total", BY_PHASE, at)
    failures = _totals(ask, plan, "loadtest_request_failures_total", (*BY_PHASE, "reason"), at)
    buckets = _totals(ask, plan, f"{metric}_bucket", (*BY_PHASE, "le"), at)
    sums = _totals(ask, plan, f"{metric}_sum", BY_PHASE, at)
    by_reason = _grouped(failures)
    wanted = [(o.test_type, o.name, phase) for o in plan.operations for phase in request_phases(plan)]
    found = [
        _tally(key, requests.get(key), by_reason.get(key), _cumulative(plan, metric, buckets, key), sums.get(key))
        for key in wanted
    ]
    return _complete(ask, "counters", wanted, found)


def service_times(ask: Questions, plan: Plan, at: float) -> tuple[Tally, ...]:
    """One tally of the service times for each operation, its phase and failures empty."""
    metric = "loadtest_request_duration_seconds"
    counts = _totals(ask, plan, f"{metric}_count", BY_CALL, at)
    buckets = _totals(ask, plan, f"{metric}_bucket", (*BY_CALL, "le"), at)
    sums = _totals(ask, plan, f"{metric}_sum", BY_CALL, at)
    wanted = [(o.test_type, o.name) for o in plan.operations]
    found = [
        _tally((*key, ""), counts.get(key), {}, _cumulative(plan, metric, buckets, key), sums.get(key))
        for key in wanted
    ]
    return _complete(ask, "service times", wanted, found)


def extremes(ask: Questions, plan: Plan, at: float) -> tuple[Extremes, ...]:
    """Shortest and longest response time of each operation; None where nothing succeeded."""
    shortest = _totals(ask, plan, "loadtest_response_time_min_seconds", BY_CALL, at, "min")
    longest = _totals(ask, plan, "loadtest_response_time_max_seconds", BY_CALL, at, "max")
    return tuple(_extremes(o, shortest, longest) for o in plan.operations)


def lag(ask: Questions, plan: Plan, at: float) -> dict[str, tuple[int, int]]:
    """By phase: operations begun later than the plan's `late_seconds`, and all. A missing phase is a problem."""
    metric = "loadtest_schedule_lag_seconds"
    edge = le(plan.validity.late_seconds)
    counts = _totals(ask, plan, f"{metric}_count", ("phase",), at)
    buckets = _totals(ask, plan, f"{metric}_bucket", ("phase", "le"), at)
    found = {
        phase: (round(counts[phase,] - buckets[phase, edge]), round(counts[phase,]))
        for phase in request_phases(plan)
        if (phase,) in counts and (phase, edge) in buckets
    }
    missing = [phase for phase in request_phases(plan) if phase not in found]
    if missing:
        ask.problems.append(f"the generator's lateness is missing for {', '.join(missing)}")
    return found


def _totals(
    ask: Questions, plan: Plan, metric: str, labels: tuple[str, ...], at: float, by: str = "sum"
) -> dict[Key, float]:
    expression = f"{by} by ({', '.join(labels)}) ({selector(metric, {'run_id': plan.run_id})})"
    return {_key(sample, labels): sample.value for sample in ask.instant(metric, expression, at) or ()}


def _key(sample: Sample, labels: tuple[str, ...]) -> Key:
    return tuple(sample.labels.get(label, "") for label in labels)


def _grouped(failures: dict[Key, float]) -> dict[Key, dict[str, int]]:
    found: dict[Key, dict[str, int]] = {}
    for (*key, reason), count in failures.items():
        found.setdefault(tuple(key), {})[reason] = round(count)
    return found


def _cumulative(plan: Plan, metric: str, buckets: dict[Key, float], key: Key) -> tuple[int, ...] | None:
    """None when an edge is missing: it would count as 0 where nothing was read, save where there are only failures."""
    missing = 0 if only_failures(metric, key) else None
    counts = [buckets.get((*key, le(edge)), missing) for edge in plan.edges]
    counts.append(buckets.get((*key, le(math.inf))))
    known = [round(count) for count in counts if count is not None]
    return tuple(known) if len(known) == len(counts) else None


def _tally(
    key: Key,
    requests: float | None,
    failures: dict[str, int] | None,
    buckets: tuple[int, ...] | None,
    total: float | None,
) -> Tally | None:
    if requests is None or failures is None or buckets is None or total is None:
        return None
    return Tally(
        test_type=key[0],
        name=key[1],
        phase=key[2],
        requests=round(requests),
        failures={reason: count for reason, count in failures.items() if count},
        buckets=buckets,
        total_seconds=total,
    )


def _complete(ask: Questions, what: str, wanted: Iterable[Key], found: Iterable[Tally | None]) -> tuple[Tally, ...]:
    pairs = list(zip(wanted, found, strict=True))
    missing = [":".join(key) for key, tally in pairs if tally is None]
    if missing:
        some = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
        ask.problems.append(f"{len(missing)} of {len(pairs)} {what} are missing in Prometheus: {some}")
    return tuple(tally for _, tally in pairs if tally is not None)


def _extremes(operation: Operation, shortest: dict[Key, float], longest: dict[Key, float]) -> Extremes:
    key = (operation.test_type, operation.name)
    return Extremes(test_type=key[0], name=key[1], minimum=shortest.get(key), maximum=longest.get(key))
