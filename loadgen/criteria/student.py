"""Student's t distribution: how many standard errors an interval must be wide."""

from __future__ import annotations

import math

_PIECES = 128
"""Of the range of integration. An even number."""
_ENOUGH = 1e-12


def quantile(share: float, freedom: float) -> float:
    """The t below which `share` (0.5…1, exclusive) of the distribution lies. `freedom`: degrees, 1 or more.

    They need not be a whole number: an effective number of samples is none. Right to five digits (see the tests).
    With t = sqrt(freedom) × tan(angle) the density is a power of the angle's cosine over a finite range. The share
    rises ever more slowly with the angle, so that Newton's steps from 0 never go too far.
    """
    factor = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(math.pi)
    angle, step = 0.0, 1.0
    while step > _ENOUGH:
        missing = share - 0.5 - factor * _area(angle, freedom - 1)
        step = missing / (factor * math.cos(angle) ** (freedom - 1))
        angle += step
    return math.sqrt(freedom) * math.tan(angle)


def _area(angle: float, power: float) -> float:
    """The integral of the cosine's power from 0 to an angle, by Simpson's rule."""
    width = angle / _PIECES
    heights = [math.cos(place * width) ** power for place in range(_PIECES + 1)]
    return (heights[0] + 4 * math.fsum(heights[1::2]) + 2 * math.fsum(heights[2:-1:2]) + heights[-1]) * width / 3
