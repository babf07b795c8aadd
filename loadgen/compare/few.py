"""One run or few on a side: blocks of time are the unit, and how much two runs of the same thing differ is assumed.

Student's t with the blocks' degrees of freedom, corrected for the number of measures by Šidák's inequality, which
asks nothing of how they depend on each other (Šidák, Journal of the American Statistical Association 62, 1967).
What runs differ by in seconds is added to the times themselves: as a factor it would be boundless for fast operations.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from scipy.special import stdtr, stdtrit

from loadgen.compare.estimates import Floats
from loadgen.compare.permutations import PRIOR, Tested

HALVINGS = 60
"""Of the statistic when it is sought: more digits than a number has."""


class Noise(Struct, frozen=True, kw_only=True):
    """By measure what runs of the same thing differ by beside their sampling: standard deviations, both together."""

    factors: Floats
    """Of the value, which is a logarithm where `seconds` is not 0."""
    seconds: Floats


class _Errors(Struct, frozen=True, kw_only=True):
    """Standard errors by measure."""

    differences: Floats
    values: Floats
    added: Floats
    """As shares of the time before."""
    degrees: Floats


def tested(values: Floats, sampling: Floats, degrees: Floats, base: int, confidence: float, noise: Noise) -> Tested:
    """All measures. `values`, `sampling`, `degrees` of freedom: runs × measures, the first `base` are those before."""
    errors = _errors(values, sampling, degrees, base, noise)
    number = values.shape[-1]
    single = -np.expm1(np.log(confidence) / number)
    low, high = _interval(errors, -stdtrit(errors.degrees, single / 2))
    own_low, own_high = _interval(errors, -stdtrit(errors.degrees, 1 - confidence))
    alone = 2 * stdtr(errors.degrees, -_statistics(errors))
    return Tested(
        differences=errors.differences,
        low=low,
        high=high,
        own_low=own_low,
        own_high=own_high,
        p=-np.expm1(number * np.log1p(-np.minimum(alone, 1 - 1e-15))),
    )


def _errors(values: Floats, sampling: Floats, degrees: Floats, base: int, noise: Noise) -> _Errors:
    run = len(values) - base
    parts = np.concatenate([sampling[:base] / base**2, sampling[base:] / run**2])
    variance = parts.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(variance > 0, variance**2 / (parts**2 / degrees).sum(axis=0), degrees.min(axis=0))
    spread = 1 / base + 1 / run
    assumed = variance + noise.factors**2 * spread
    times = np.where(noise.seconds > 0, values, 0.0)
    more = _more(assumed + (noise.seconds / np.exp(times.mean(axis=0))) ** 2 * spread, values, base)
    return _Errors(
        differences=values[base:].mean(axis=0) - values[:base].mean(axis=0),
        values=np.maximum(np.sqrt(assumed * more), 1e-12),
        added=noise.seconds * np.sqrt(spread * more) / np.exp(times[:base].mean(axis=0)),
        degrees=np.where(more > 1, np.minimum(found, len(values) - 2 + PRIOR), found),
    )


def _more(assumed: Floats, values: Floats, base: int) -> Floats:
    """How many times as large as assumed the variances of the differences are, where several runs of a side show it.

    Noise of the machine is in all measures alike, so it shows in the middle one of them better than in each by itself.
    """
    run = len(values) - base
    if base + run < 3:
        return np.ones_like(assumed)
    within = sum(((side - side.mean(axis=0)) ** 2).sum(axis=0) for side in (values[:base], values[base:]))
    shown = within / (base + run - 2) * (1 / base + 1 / run) / np.maximum(assumed, 1e-24)
    return np.asarray(np.maximum(shown, max(1.0, float(np.median(shown)))))


def _interval(errors: _Errors, critical: Floats) -> tuple[Floats, Floats]:
    """Both ends: so many standard errors of the logarithm, and so many of the seconds, added as variances are."""
    ends = errors.differences - critical * errors.values, errors.differences + critical * errors.values
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        ratio, added = np.exp(errors.differences), critical * errors.added
        below = np.log(np.maximum(ratio - np.hypot(ratio - np.exp(ends[0]), added), 0.0))
        above = np.log(ratio + np.hypot(np.exp(ends[1]) - ratio, added))
    return np.where(errors.added > 0, below, ends[0]), np.where(errors.added > 0, above, ends[1])


def _statistics(errors: _Errors) -> Floats:
    """How many standard errors wide an interval would be that ends at 0."""
    least, most = np.zeros_like(errors.differences), np.abs(errors.differences) / errors.values
    with np.errstate(invalid="ignore"):
        for _ in range(HALVINGS):
            middle = (least + most) / 2
            low, high = _interval(errors, middle)
            outside = ~((low <= 0) & (high >= 0))
            least, most = np.where(outside, middle, least), np.where(outside, most, middle)
    return most
