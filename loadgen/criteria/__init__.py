"""Kinds of criteria: one file each, found by itself; a file joins by its last line, `KIND = Kind(…)`.

Each file holds all there is to its kind: the PromQL, the alerts, their promtool cases and the judgement of evidence,
so that what fires live and what the verdict says cannot drift apart unseen.
"""

from __future__ import annotations

import importlib
import operator
import pkgutil

from loadgen.criteria.kind import (
    ACCEPTANCE,
    AT_LEAST,
    AT_MOST,
    BELOW,
    BURNING,
    SAMPLES,
    SAMPLES_ALERT,
    Alert,
    Case,
    Kind,
    Moment,
    Scope,
    literal,
)
from loadgen.model.plan import Criterion

__all__ = [
    "ACCEPTANCE",
    "AT_LEAST",
    "AT_MOST",
    "BELOW",
    "BURNING",
    "KINDS",
    "SAMPLES",
    "SAMPLES_ALERT",
    "Alert",
    "Case",
    "Kind",
    "Moment",
    "Scope",
    "beyond",
    "kind_of",
    "literal",
    "sense_of",
    "unit_of",
]


def _found() -> dict[str, Kind]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    kinds = [module.KIND for module in modules if hasattr(module, "KIND")]
    return {kind.kind: kind for kind in kinds}


_BEYOND = {AT_MOST: operator.gt, BELOW: operator.ge, AT_LEAST: operator.lt}

KINDS = _found()
"""Every kind of criterion by its name."""


def kind_of(criterion: Criterion) -> Kind:
    """The kind that a criterion is of. KeyError when there is none."""
    return KINDS[criterion.kind]


def sense_of(criterion: Criterion) -> str:
    """On which side of its bound a criterion breaches it: AT_MOST, BELOW or AT_LEAST."""
    return kind_of(criterion).sense(criterion)


def beyond(criterion: Criterion, value: float) -> bool:
    """Whether a measured value breaches the bound; a criterion without a bound is never breached."""
    if criterion.bound is None:
        return False
    return _BEYOND[sense_of(criterion)](value, criterion.bound)


def unit_of(criterion: Criterion) -> str:
    """The unit of what is measured, and of the bound."""
    unit: str = criterion.options.get("unit", kind_of(criterion).unit)
    return unit
