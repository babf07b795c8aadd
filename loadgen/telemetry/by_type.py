"""The sums of a test type over its operations and all phases.

Operations and failures are summed over all operations; response times over the judged ones, since the bounds beside
them are theirs: health checks and token requests would flatter the quantiles.

Rules ask for rates by test type every second. Of the counters by operation and phase there are thousands, most of all
buckets: a rate over them took Prometheus a quarter of a second with 50 operations. The sums are a few hundred series,
and they agree with what they are sums of, for both are rendered from one reading of the workers' memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate

from msgspec import Struct

from loadgen.catalogue import Metric, metric
from loadgen.model.plan import Plan
from loadgen.telemetry.layout import BILLION, FAILURES, RESPONSE, Family, Layout

REQUESTS_BY_TYPE = "loadtest_test_type_requests_total"
FAILURES_BY_TYPE = "loadtest_test_type_request_failures_total"
RESPONSE_BY_TYPE = "loadtest_test_type_response_time_seconds"


class Summed(Struct, frozen=True):
    """A metric that is shown as a sum, with the label values and the finite bucket edges of its series."""

    metric: Metric
    keys: tuple[tuple[str, ...], ...]
    edges: tuple[float, ...]


class ByType:
    """Computes them from the totals of all workers. A test type without a judged operation has no response times."""

    def __init__(self, plan: Plan, layout: Layout) -> None:
        response = layout.family(RESPONSE)
        self._width = response.width
        every = frozenset((one.test_type, one.name) for one in plan.operations)
        judged = frozenset((one.test_type, one.name) for one in plan.operations if one.judged)
        self._requests, self._failures = _places(response, every), _places(layout.family(FAILURES), every)
        self._response = _places(response, judged)
        self.families = (
            Summed(metric(REQUESTS_BY_TYPE), _keys(self._requests), ()),
            Summed(metric(FAILURES_BY_TYPE), _keys(self._failures), ()),
            Summed(metric(RESPONSE_BY_TYPE), _keys(self._response), response.edges),
        )
        """In the order of `values`."""

    def values(self, totals: list[int]) -> Iterator[float]:
        """By family and test type, of a histogram the buckets, the sum and the count, as the exposition has them."""
        buckets, width = self._width - 1, self._width
        for places in self._requests.values():
            yield sum(sum(totals[first : first + buckets]) for first in places)
        for places in self._failures.values():
            yield sum(totals[place] for place in places)
        for places in self._response.values():
            slots = [sum(slot) for slot in zip(*(totals[first : first + width] for first in places), strict=True)]
            yield from accumulate(slots[:-1])
            yield slots[-1] / BILLION
            yield sum(slots[:-1])


def _keys(test_types: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    return tuple((test_type,) for test_type in test_types)


def _places(family: Family, operations: frozenset[tuple[str, ...]]) -> dict[str, list[int]]:
    """First slots by test type, which is the first label, of those operations."""
    found: dict[str, list[int]] = {}
    for key, place in family.offsets.items():
        if key[:2] in operations:
            found.setdefault(key[0], []).append(place)
    return found
