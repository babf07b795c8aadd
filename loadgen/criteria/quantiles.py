"""Quantiles estimated from buckets, as Prometheus does it, and between which edges the truth lies."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from msgspec import Struct


class Quantile(Struct, frozen=True, kw_only=True):
    """The time within which the share of all operations succeeded. A failed one counts as slower than any edge.

    `low` < truth ≤ `high`, the edges of the bucket; `high` and `estimate` are None when the truth lies above the last
    finite edge (or the operations failed), so that nothing finite can be said.
    """

    estimate: float | None
    low: float
    high: float | None


def quantile(edges: Sequence[float], buckets: Sequence[int], share: float) -> Quantile | None:
    """The quantile at `share` (0…1) of cumulative `buckets`, linear within its bucket; None without any operation.

    The arithmetic is histogram_quantile's. With edges that grow by the factor g, the estimate is off by less than that
    factor either way.
    """
    if not buckets or buckets[-1] == 0:
        return None
    rank = share * buckets[-1]
    place = bisect_left(buckets, rank)
    if place >= len(edges):
        return Quantile(estimate=None, low=edges[-1], high=None)
    low = edges[place - 1] if place else 0.0
    below = buckets[place - 1] if place else 0
    inside = buckets[place] - below
    part = (rank - below) / inside if inside else 0.0
    return Quantile(estimate=low + (edges[place] - low) * part, low=low, high=edges[place])


def label(share: float) -> str:
    """How people call a quantile: 0.95 → `P95`, 0.999 → `P99.9`."""
    return f"P{100 * share:.10g}"
