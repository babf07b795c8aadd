"""The books of each operation in blocks of time: the unit in which two runs are compared.

What ends at one moment shares what happened then, so operations are no independent samples; blocks of some seconds
nearly are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from loadgen.catalogue import le
from loadgen.catalogue.promql import duration, selector
from loadgen.criteria.scraped import longest
from loadgen.model.evidence import Blocks, Tally
from loadgen.model.plan import Phase, Plan
from loadgen.query.questions import Questions, Span

MOST = 60
"""Blocks of a run."""
SHORTEST = 5
"""Scrape intervals in a block: its borders are known to one of them, or to as many as validity lets pass unseen."""

Key = tuple[str, ...]


def length(plan: Plan) -> float:
    """Seconds of a block; the last one of a phase may be longer."""
    judged = sum(phase.end - phase.start for phase in plan.phases if phase.judged)
    return max(SHORTEST * plan.scrape_interval, float(math.ceil(judged / MOST)))


def blocks(ask: Questions, plan: Plan, tallies: Sequence[Tally], started: float, until: float) -> tuple[Blocks, ...]:
    """By operation and judged phase; of phases that did not end before `until` (Unix seconds) only what lies before.

    `tallies`: the final counts, to which the blocks add up: what was due in a phase and ended after it is in its last
    block. What could not be had is absent, and a problem.
    """
    found: list[Blocks] = []
    for phase in plan.phases:
        end = min(phase.end, until - started)
        if phase.judged and end > phase.start:
            found += _phase(ask, plan, phase, [t for t in tallies if t.phase == phase.name], started, end)
    return tuple(found)


def borders(plan: Plan, phase: Phase, end: float) -> tuple[float, ...]:
    """Seconds of plan time at which blocks begin and end; the phase counts up to `end`."""
    count = max(1, math.floor((end - phase.start) / length(plan) + 1e-6))
    return (*(phase.start + k * length(plan) for k in range(count)), end)


def _phase(
    ask: Questions, plan: Plan, phase: Phase, tallies: Sequence[Tally], started: float, end: float
) -> Iterator[Blocks]:
    times = borders(plan, phase, end)
    inner = times[1:-1]
    metric, failed = "loadtest_response_time_seconds_bucket", "loadtest_request_failures_total"
    buckets = _counts(ask, _expression(plan, phase, metric, "test_type, name, le"), started, inner, plan, metric)
    failures = _counts(ask, _expression(plan, phase, failed, "test_type, name"), started, inner, plan, failed)
    for tally in tallies:
        key = (tally.test_type, tally.name)
        rows = [buckets.get((*key, edge)) for edge in (*map(le, plan.edges), le(math.inf))]
        errors = failures.get((*key, ""))
        if inner and (errors is None or any(row is None for row in rows)):
            if not ask.gone:
                ask.problems.append(f"{':'.join(key)} is missing in blocks of {phase.name} in Prometheus")
            continue
        columns = [tuple(row[k] for row in rows if row) for k in range(len(inner))]
        yield _blocks(tally, times, columns, list(errors or ()))


def _expression(plan: Plan, phase: Phase, metric: str, labels: str) -> str:
    """What was counted by a moment; the last count known when just then a scrape failed."""
    seen = duration(longest(plan) + plan.scrape_interval)
    return (
        f"sum by ({labels}) (last_over_time({selector(metric, {'run_id': plan.run_id, 'phase': phase.name})}[{seen}]))"
    )


def _blocks(tally: Tally, times: tuple[float, ...], columns: list[tuple[int, ...]], failed: list[int]) -> Blocks:
    """The differences between the borders; `columns` and `failed` are what was counted at the inner ones."""
    nothing = (0,) * len(tally.buckets)
    buckets = [nothing, *columns, tally.buckets]
    failures = [0, *failed, sum(tally.failures.values())]
    steps = tuple(tuple(b - a for a, b in zip(before, after, strict=True)) for before, after in pairwise(buckets))
    return Blocks(
        test_type=tally.test_type,
        name=tally.name,
        phase=tally.phase,
        times=times,
        requests=tuple(step[-1] for step in steps),
        failures=tuple(b - a for a, b in pairwise(failures)),
        buckets=steps,
    )


def _counts(
    ask: Questions, expression: str, started: float, inner: Sequence[float], plan: Plan, name: str
) -> dict[Key, list[int]]:
    """By test type, name and edge what was counted at the inner borders; a series that lacks one is absent."""
    if not inner:
        return {}
    span = Span(started + inner[0], started + inner[-1], length(plan))
    return {
        tuple(track.labels.get(label, "") for label in ("test_type", "name", "le")): [round(v) for v in track.values]
        for track in ask.tracks(f"{name} in blocks", expression, span)
        if len(track.values) == len(inner)
    }
