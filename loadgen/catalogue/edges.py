"""Bucket edges of every duration histogram.

With a growth factor g between edges, a quantile estimated from buckets lies within (1/g, g) of the truth; here
g = 2**(1/4), about 1.19. A bound that is judged must be an edge itself: then `le="<bound>"` counts exactly.
"""

from __future__ import annotations

from collections.abc import Iterable

EDGES_VERSION = "1"
"""Runs with different edges cannot be compared; change this whenever BASE changes."""

BASE = tuple(2.0 * 2.0 ** (k / 4) for k in range(-44, 21))
"""65 edges from about 1 ms to 64 s, 2.0 exact."""


def edges_for(bounds: Iterable[float]) -> tuple[float, ...]:
    """The base edges with every bound (seconds) added as an edge, ascending, finite only."""
    rounded = {float(f"{edge:.6g}") for edge in BASE}
    return tuple(sorted(rounded | {float(bound) for bound in bounds}))


def le(edge: float) -> str:
    """The value of the label `le` for a finite edge, e.g. `2.0`, `0.00117`; `+Inf` for infinity.

    It is the shortest decimal that reads back as the same float, and whole numbers keep their `.0`, as Prometheus'
    own clients write it (`le="2"` would be another series).
    """
    return "+Inf" if edge == float("inf") else repr(float(edge))
