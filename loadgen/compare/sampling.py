"""How much a run's figures vary by what it happened to sample, as all the runs of a comparison say together.

Nothing here knows which run is on which side, as the permutations demand.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loadgen.compare.estimates import ERRORS_AT, Estimated, Floats, stacked


def sampling(runs: Sequence[Estimated]) -> Floats:
    """Variances of each run's values: runs × subjects × measures; NaN where nothing is known.

    Blocks that depend on their neighbours are worth fewer: with their correlation r, never less than 0, n of them count
    as n (1 - r) / (1 + r).
    """
    dependence = np.clip(stacked(runs, "correlations").mean(axis=0), 0.0, 0.9)
    variances: Floats = stacked(runs, "variances") * (1 + dependence) / (1 - dependence)
    variances[..., ERRORS_AT] = _shares(variances[..., ERRORS_AT], stacked(runs, "requests"), stacked(runs, "failures"))
    return variances


def _shares(variances: Floats, requests: Floats, failures: Floats) -> Floats:
    """Variances of shares of failures: binomial at the share of all runs, more where failures came in swarms.

    A run without failures has no variance of its own, and that tells nothing; one failure and one success are added
    (Agresti and Caffo, The American Statistician 54, 2000).
    """
    share = (failures.sum(axis=0) + 1) / (requests.sum(axis=0) + 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        alone = failures * (requests - failures) / requests
        swarms = np.nansum(variances * requests**2, axis=0) / np.nansum(alone, axis=0)
        swarms = np.where(np.isfinite(swarms), np.maximum(1.0, swarms), 1.0)
        return np.where(requests > 0, share * (1 - share) * swarms / requests, np.nan)
