"""The sums of a test type over all its operations and phases.

Rules ask for rates by test type every second. Of the counters by operation and phase there are thousands, most of all
buckets: a rate over them took Prometheus a quarter of a second with 50 operations. The sums are a few hundred series,
and they agree with what they are sums of, for both are rendered from one reading of the workers' memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from msgspec import Struct

from loadgen.catalogue import Metric, metric
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
    """Computes them from the totals of all workers."""

    def __init__(self, layout: Layout) -> None:
        response = layout.family(RESPONSE)
        self._width = response.width
        self._response = _places(response)
        self._failures = _places(layout.family(FAILURES))
        keys = tuple((test_type,) for test_type in self._response)
        edges = {RESPONSE_BY_TYPE: response.edges}
        names = (REQUESTS_BY_TYPE, FAILURES_BY_TYPE, RESPONSE_BY_TYPE)
        self.families = tuple(Summed(metric(name), keys, edges.get(name, ())) for name in names)
        """In the order of `values`."""

    def values(self, totals: list[int]) -> Iterator[float]:
        """By family and test type, of a histogram the buckets, the sum and the count, as the exposition has them."""
        width = self._width
        histograms = [
            [sum(slot) for slot in zip(*(totals[first : first + width] for first in places), strict=True)]
            for places in self._response.values()
        ]
        yield from (sum(slots[:-1]) for slots in histograms)
        yield from (sum(totals[place] for place in self._failures[test_type]) for test_type in self._response)
        for slots in histograms:
            yield from accumulate(slots[:-1])
            yield slots[-1] / BILLION
            yield sum(slots[:-1])


def _places(family: Family) -> dict[str, list[int]]:
    """First slots by test type, which is the first label."""
    found: dict[str, list[int]] = {}
    for key, place in family.offsets.items():
        found.setdefault(key[0], []).append(place)
    return found
