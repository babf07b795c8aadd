"""The counters of all workers and the run's own values as Prometheus' text exposition format.

Counters and histograms have the same lines from the first scrape to the last: what stands before each value is put
together once, and what the plan alone decides is put together whole. Other gauges come and go: one that nobody has set
is left out, never shown as 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from operator import add
from threading import Lock

from loadgen.catalogue import METRICS, Metric, le, metric
from loadgen.catalogue.metrics import COUNTER, GAUGE
from loadgen.model.plan import COOLDOWN, FINISHED, Plan
from loadgen.shapes.curve import active_of
from loadgen.telemetry.by_type import ByType
from loadgen.telemetry.layout import BILLION, BILLIONTHS, REQUESTS, RESPONSE, WHOLE, Family, Layout, only_failures
from loadgen.telemetry.plan_gauges import plan_text
from loadgen.telemetry.run_values import RunValues
from loadgen.telemetry.text import Sample, family_text, head, labels_text

STALE = 5.0
"""Seconds after its last heartbeat from which a worker's gauges are no longer shown: nobody knows them any more."""


class Exposition:
    """Renders `/metrics`. Reads the workers' memory and never writes it."""

    def __init__(
        self, plan: Plan, layout: Layout, workers: Sequence[memoryview[int]], run: RunValues, commit: str = "unknown"
    ) -> None:
        self._plan, self._layout, self._workers, self._run = plan, layout, workers, run
        self._steady = [m for m in METRICS if m.name == REQUESTS or (m.name in layout.families and m.type != GAUGE)]
        self._by_type = ByType(plan, layout)
        shown = (*_shown(self._steady, layout), *((f.metric, f.keys, f.edges) for f in self._by_type.families))
        self._pieces = list(_interleaved(_prefixes(shown)))
        self._plan_text = plan_text(plan, commit)
        self._phases = _phases(plan)
        self._lock = Lock()

    def render(self, now: float) -> bytes:
        """The whole text. `now`: Unix seconds."""
        memories = [slots.tolist() for slots in self._workers]
        with self._lock:
            self._pieces[1::2] = map(str, self._steady_values(_summed(memories)))
            steady = "".join(self._pieces)
        gauges = (*self._worker_gauges(memories, now), *self._run_gauges(now))
        return (steady + "\n" + "".join(gauges) + self._plan_text).encode()

    def _steady_values(self, totals: list[int]) -> list[float]:
        values: list[float] = []
        for each in self._steady:
            if each.name == REQUESTS:
                values += _operations(self._layout.family(RESPONSE), totals)
            elif each.type == COUNTER:
                family = self._layout.family(each.name)
                own = totals[family.first : family.end]
                values += [slot / BILLION for slot in own] if family.holds == BILLIONTHS else own
            else:
                _add_histograms(values, self._layout.family(each.name), totals)
        values += self._by_type.values(totals)
        return values

    def _worker_gauges(self, memories: list[list[int]], now: float) -> Iterator[str]:
        heartbeat = self._layout.family("loadtest_worker_heartbeat_timestamp_seconds").first
        alive = [not slots[heartbeat] or now - (slots[heartbeat] - 1) / BILLION < STALE for slots in memories]
        known = [slots for slots, lives in zip(memories, alive, strict=True) if lives]
        for each in METRICS:
            family = self._layout.families.get(each.name)
            if family is None or each.type != GAUGE:
                continue
            if each.labels == ("worker",):
                shown = [
                    memory if lives or family.first == heartbeat else None
                    for memory, lives in zip(memories, alive, strict=True)
                ]
                yield family_text(each, _by_worker(family, shown))
            elif family.holds == WHOLE:
                yield family_text(each, _sums(family, known))
            else:
                pick = min if each.name == "loadtest_response_time_min_seconds" else max
                yield family_text(each, _extremes(family, memories, pick))

    def _run_gauges(self, now: float) -> Iterator[str]:
        plan, run = self._plan, self._run
        (phase, elapsed), first = self._moment(now), run.first_saturation
        samples: dict[str, Iterable[Sample]] = {
            "loadtest_users_target": [
                ((t,), 0 if elapsed is None else active_of(plan, t, elapsed)) for t in plan.test_types
            ],
            "loadtest_phase": [((name,), int(name == phase)) for name in self._phases],
            "loadtest_criterion_value": [((c,), value) for c, value in run.criterion_values.items()],
            "loadtest_recovery_seconds": [((c,), value) for c, value in run.recoveries.items()],
            "loadtest_run_verdict": [((run.given_verdict,), 1)] if run.given_verdict else [],
            "loadtest_run_invalid_info": [((reason,), 1) for reason in dict.fromkeys(run.why_invalid)],
            "loadtest_first_saturation_timestamp_seconds": [((first[0],), first[1])] if first else [],
            "loadtest_run_start_timestamp_seconds": [((), run.started)] if run.started else [],
        }
        return (family_text(metric(name), own) for name, own in samples.items())

    def _moment(self, now: float) -> tuple[str | None, float | None]:
        """The phase, and the plan's time while users are wanted; None for what does not apply."""
        started, stopped = self._run.started, self._run.stopped
        if self._run.finished:
            return FINISHED, None
        if started is None or now < started:
            return None, None
        if stopped is not None and now >= stopped:
            return COOLDOWN, None
        elapsed = now - started
        return (self._plan.phase_at(elapsed), elapsed) if elapsed < self._plan.duration else (COOLDOWN, None)


def _phases(plan: Plan) -> tuple[str, ...]:
    return (*dict.fromkeys(p.name for p in plan.phases if p.name not in (COOLDOWN, FINISHED)), COOLDOWN, FINISHED)


def _summed(memories: list[list[int]]) -> list[int]:
    totals = memories[0]
    for other in memories[1:]:
        totals = list(map(add, totals, other))
    return totals


def _operations(response: Family, totals: list[int]) -> Iterator[int]:
    buckets = len(response.edges) + 1
    for first in range(response.first, response.end, response.width):
        yield sum(totals[first : first + buckets])


def _add_histograms(values: list[float], family: Family, totals: list[int]) -> None:
    buckets = len(family.edges) + 1
    for first, key in zip(range(family.first, family.end, family.width), family.keys, strict=True):
        own = totals[first : first + buckets]
        values += [sum(own)] if only_failures(family.metric.name, key) else accumulate(own)
        values += (totals[first + buckets] / BILLION, values[-1])


def _sums(family: Family, memories: list[list[int]]) -> Iterator[Sample]:
    for index, key in enumerate(family.keys):
        yield key, sum(slots[family.offset(index)] for slots in memories)


def _extremes(family: Family, memories: list[list[int]], pick: Callable[[list[int]], int]) -> Iterator[Sample]:
    for index, key in enumerate(family.keys):
        known = [slots[family.offset(index)] for slots in memories if slots[family.offset(index)]]
        if known:
            yield key, (pick(known) - 1) / BILLION


def _by_worker(family: Family, memories: list[list[int] | None]) -> Iterator[Sample]:
    for worker, slots in enumerate(memories):
        if slots is not None and slots[family.first]:
            yield (str(worker),), (slots[family.first] - 1) / BILLION


def _interleaved(prefixes: Iterable[str]) -> Iterator[str]:
    for prefix in prefixes:
        yield prefix
        yield ""


Shown = tuple[Metric, tuple[tuple[str, ...], ...], tuple[float, ...]]
"""A metric with the label values and the finite bucket edges of its series."""


def _shown(metrics: Iterable[Metric], layout: Layout) -> Iterator[Shown]:
    for each in metrics:
        family = layout.family(RESPONSE if each.name == REQUESTS else each.name)
        yield each, family.keys, family.edges


def _prefixes(families: Iterable[Shown]) -> Iterator[str]:
    """All that stands before each value, line breaks, HELP and TYPE included."""
    before = ""
    for each, keys, edges in families:
        before += head(each) if keys else ""
        for key in keys:
            for line in _line_starts(each, key, edges):
                yield before + line + " "
                before = "\n"


def _line_starts(each: Metric, key: tuple[str, ...], edges: tuple[float, ...]) -> Iterator[str]:
    if each.type in (COUNTER, GAUGE):
        yield each.name + labels_text(each.labels, key)
        return
    for edge in (*(() if only_failures(each.name, key) else edges), float("inf")):
        yield f"{each.name}_bucket" + labels_text((*each.labels, "le"), (*key, le(edge)))
    yield f"{each.name}_sum" + labels_text(each.labels, key)
    yield f"{each.name}_count" + labels_text(each.labels, key)
