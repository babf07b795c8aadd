"""When Prometheus saw the run's telemetry: to the millisecond, from the raw samples of a gauge that is always there."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from loadgen.catalogue.promql import duration, selector
from loadgen.model.plan import Plan
from loadgen.query.client import Prometheus
from loadgen.query.questions import Questions

ALWAYS_THERE = "loadtest_run_info"

ALIGNED = 0.005
"""Seconds. Prometheus moves a scrape's time by up to 2 ms to even out the intervals."""


def seen_since(client: Prometheus, plan: Plan, unix: float, now: float) -> float | None:
    """Unix seconds of the latest scrape, when it is certain to have begun after `unix`; else None.

    Raises PrometheusFault.
    """
    expression = f"max(timestamp({selector(ALWAYS_THERE, {'run_id': plan.run_id})}))"
    for result in client.instant(expression, now).data["result"]:
        at = float(result["value"][1])
        if at > unix + ALIGNED:
            return at
    return None


def scrapes(ask: Questions, plan: Plan, start: float, end: float) -> tuple[float, ...] | None:
    """The times of all scrapes that succeeded in [start, end]; None when Prometheus gave no answer."""
    span = duration(max(1.0, end - start + 1.0))
    expression = f"{selector(ALWAYS_THERE, {'run_id': plan.run_id})}[{span}]"
    tracks = ask.raw(ALWAYS_THERE, expression, end)
    if tracks is None:
        return None
    times = sorted(at for track in tracks for at in track.times)
    return tuple(at for at in times if start <= at <= end + ALIGNED)


def longest_gap(times: Sequence[float], start: float, end: float) -> float | None:
    """The longest time in [start, end] without a scrape; None when there was none at all."""
    if not times:
        return None
    return max(after - before for before, after in pairwise((start, *times, max(end, times[-1]))))


def resets(ask: Questions, plan: Plan, start: float, end: float) -> int:
    """How often a counter of operations fell in [start, end]: then something was lost."""
    span = duration(max(1.0, end - start + 1.0))
    found = 0.0
    for metric in ("loadtest_requests_total", "loadtest_request_failures_total"):
        expression = f"sum(resets({selector(metric, {'run_id': plan.run_id})}[{span}]))"
        found += sum(sample.value for sample in ask.instant(f"resets of {metric}", expression, end) or ())
    return round(found)
