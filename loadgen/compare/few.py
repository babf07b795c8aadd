"""One run or few on a side: blocks of time are the unit, and how much two runs of the same thing differ is assumed.

Student's t with the blocks' degrees of freedom, corrected for the number of measures by Šidák's inequality, which
asks nothing of how they depend on each other (Šidák, Journal of the American Statistical Association 62, 1967).
"""

from __future__ import annotations

import numpy as np
from scipy.special import stdtr, stdtrit

from loadgen.compare.estimates import Floats
from loadgen.compare.permutations import PRIOR, Tested


def tested(values: Floats, sampling: Floats, base: int, confidence: float, between: Floats, freedom: float) -> Tested:
    """All measures. `values`, `sampling`: runs × measures, the first `base` runs are those before.

    `between`: of each measure the standard deviation that runs of the same thing have beside their sampling.
    `freedom`: degrees of freedom of a run's blocks.
    """
    run = len(values) - base
    differences = values[base:].mean(axis=0) - values[:base].mean(axis=0)
    parts = np.concatenate([sampling[:base] / base**2, sampling[base:] / run**2])
    variance = parts.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        degrees = np.where(variance > 0, freedom * variance**2 / (parts**2).sum(axis=0), freedom)
    assumed = variance + between**2 * (1 / base + 1 / run)
    widened = _widened(assumed, values, base)
    errors = np.sqrt(widened)
    degrees = np.where(widened > assumed, np.minimum(degrees, len(values) - 2 + PRIOR), degrees)
    number = differences.shape[-1]
    single = -np.expm1(np.log(confidence) / number)
    critical = -stdtrit(degrees, single / 2)
    alone = 2 * stdtr(degrees, -np.abs(differences) / np.maximum(errors, 1e-12))
    return Tested(
        differences=differences,
        errors=errors,
        critical=critical,
        p=-np.expm1(number * np.log1p(-np.minimum(alone, 1 - 1e-15))),
    )


def _widened(assumed: Floats, values: Floats, base: int) -> Floats:
    """The variances of the differences as assumed, or more where several runs of a side show more.

    Noise of the machine is in all measures alike, so it shows in the middle one of them better than in each by itself.
    """
    run = len(values) - base
    if base + run < 3:
        return assumed
    within = sum(((side - side.mean(axis=0)) ** 2).sum(axis=0) for side in (values[:base], values[base:]))
    shown = within / (base + run - 2) * (1 / base + 1 / run)
    return np.asarray(np.maximum(shown, assumed * max(1.0, float(np.median(shown / assumed)))))
