"""Where each series of a worker lives: a place in an array of 64-bit integers, computed from the plan alone.

Every slot holds an unsigned integer, so that a store is a single aligned write that no reader can see half done:

- counters in operations, connections, tokens: the number itself; counters in seconds: nanoseconds
- a histogram: a slot for each bucket (not cumulative), one for `+Inf`, one for the sum in billionths
- gauges that count (users, operations in flight, connections): the number itself
- gauges that may be unknown (shortest and longest time, CPU, heartbeat): billionths plus one; 0 is unknown
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from itertools import product

from msgspec import Struct

from loadgen.catalogue import EDGES_VERSION, METRICS, Metric
from loadgen.catalogue.metrics import HISTOGRAM
from loadgen.model.outcome import REASONS
from loadgen.model.plan import COOLDOWN, FINISHED, Operation, Plan
from loadgen.telemetry.measures import is_measured

FORMAT = 1
"""Of the files; change it with the meaning of a slot."""

BILLION = 1_000_000_000

REQUESTS = "loadtest_requests_total"
"""Has no slots: it is the count of the response times, so the two can never differ."""
FAILURES = "loadtest_request_failures_total"
RESPONSE = "loadtest_response_time_seconds"

TOKEN_KINDS = ("prompt", "completion")

WHOLE, BILLIONTHS, BILLIONTHS_OR_UNKNOWN = "whole", "billionths", "billionths or unknown"

_UNKNOWN_AT_FIRST = frozenset(
    {
        "loadtest_response_time_min_seconds",
        "loadtest_response_time_max_seconds",
        "loadtest_generator_cpu_ratio",
        "loadtest_worker_heartbeat_timestamp_seconds",
    }
)


class Family(Struct, frozen=True):
    """A metric's series in a worker's memory: `keys[i]` are the label values of the series at `offset(i)`."""

    metric: Metric
    keys: tuple[tuple[str, ...], ...]
    first: int
    width: int
    edges: tuple[float, ...]
    """Finite bucket edges of a histogram; empty for others."""
    holds: str
    """WHOLE, BILLIONTHS or BILLIONTHS_OR_UNKNOWN; a histogram's sum is in billionths."""

    def offset(self, index: int) -> int:
        """The first slot of the series `keys[index]`."""
        return self.first + index * self.width

    @property
    def end(self) -> int:
        """The first slot after the family."""
        return self.first + len(self.keys) * self.width

    @property
    def offsets(self) -> dict[tuple[str, ...], int]:
        """First slot by label values."""
        return {key: self.offset(index) for index, key in enumerate(self.keys)}


class Layout(Struct, frozen=True):
    """All families in a worker's memory. `fingerprint` is equal exactly when plan and format give the same places."""

    families: dict[str, Family]
    slots: int
    fingerprint: bytes

    def family(self, name: str) -> Family:
        """The family of that metric; KeyError when a worker has none."""
        return self.families[name]


def request_phases(plan: Plan) -> tuple[str, ...]:
    """The phases an operation can belong to. Nothing is due in the drain; what an early end cuts off counts there."""
    return (*dict.fromkeys(p.name for p in plan.phases if p.name not in (COOLDOWN, FINISHED)), COOLDOWN)


def only_failures(name: str, key: tuple[str, ...]) -> bool:
    """Whether a series of that histogram can hold nothing but failures: of its buckets only `+Inf` is shown."""
    return name == RESPONSE and key[-1] == COOLDOWN


def layout_of(plan: Plan) -> Layout:
    """Give every series of a worker its place.

    The failures come before the response times: a reader that goes upwards, while a writer counts a response time and
    then its failure, never sees more failures than operations.
    """
    families: dict[str, Family] = {}
    next_slot = 0
    for metric in METRICS:
        if metric.scope != "worker" or metric.name == REQUESTS:
            continue
        family = _family(plan, metric, next_slot)
        families[metric.name] = family
        next_slot = family.end
    return Layout(families=families, slots=next_slot, fingerprint=_fingerprint(plan, families))


def _family(plan: Plan, metric: Metric, first: int) -> Family:
    edges = _edges(plan, metric) if metric.type == HISTOGRAM else ()
    width = len(edges) + 2 if edges else 1
    return Family(metric, tuple(_keys(plan, metric)), first, width, edges, _holds(metric))


def _edges(plan: Plan, metric: Metric) -> tuple[float, ...]:
    if metric.name == "loadtest_schedule_lag_seconds":
        return tuple(sorted({*plan.edges, plan.validity.late_seconds}))
    return plan.edges


def _holds(metric: Metric) -> str:
    if metric.name in _UNKNOWN_AT_FIRST:
        return BILLIONTHS_OR_UNKNOWN
    return BILLIONTHS if metric.unit == "seconds" or metric.type == HISTOGRAM else WHOLE


def _keys(plan: Plan, metric: Metric) -> Iterator[tuple[str, ...]]:
    """The label values of a metric's series, in the order of the plan, without the worker's own number."""
    labels = tuple(label for label in metric.labels if label != "worker")
    if labels[:2] == ("test_type", "name"):
        others = [_values(plan, label) for label in labels[2:]]
        for operation in _operations(plan, metric):
            for rest in product(*others):
                yield (operation.test_type, operation.name, *rest)
        return
    yield from product(*(_values(plan, label) for label in labels))


def _operations(plan: Plan, metric: Metric) -> Iterator[Operation]:
    return (o for o in plan.operations if o.test_type in plan.test_types and is_measured(metric.name, o))


def _values(plan: Plan, label: str) -> tuple[str, ...]:
    values = {
        "test_type": plan.test_types,
        "phase": request_phases(plan),
        "reason": REASONS,
        "kind": TOKEN_KINDS,
    }
    return values[label]


def _fingerprint(plan: Plan, families: dict[str, Family]) -> bytes:
    places = [(f.metric.name, f.keys, f.first, f.width, f.edges, f.holds) for f in families.values()]
    criteria = [c.id for c in plan.criteria]
    text = json.dumps([FORMAT, EDGES_VERSION, plan.run_id, plan.workers, criteria, places])
    return hashlib.blake2b(text.encode(), digest_size=8).digest()
