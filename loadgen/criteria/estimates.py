"""Quantiles as every format shows them: estimated from buckets, and never beyond what was seen.

Inside its bucket an estimate is a guess; but the quantile of all operations, where it is a time at all, is the response
time of a success, so it lies between the shortest and the longest success. The extremes are those of the whole run,
whose bounds hold for every part of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from msgspec.structs import replace

from loadgen.criteria.quantiles import Quantile, label, quantile
from loadgen.model.evidence import Evidence, Extremes
from loadgen.model.plan import Plan

Key = tuple[str, str]
"""Test type and name of an operation."""
Range = tuple[float | None, float | None]
"""The shortest and the longest success in seconds; None where it is not known."""


def quantiles(
    plan: Plan, evidence: Evidence, members: Collection[Key], buckets: Sequence[int]
) -> dict[str, Quantile | None]:
    """The configured percentiles of the operations `members` by label; None without any operation in `buckets`."""
    seen = extremes(evidence.extremes, members)
    return {label(share): capped(quantile(plan.edges, buckets, share), seen) for share in plan.percentiles}


def extremes(found: Iterable[Extremes], members: Collection[Key]) -> Range:
    """The shortest and the longest success of some operations, over the whole run."""
    own = [one for one in found if (one.test_type, one.name) in members]
    return (
        min((one.minimum for one in own if one.minimum is not None), default=None),
        max((one.maximum for one in own if one.maximum is not None), default=None),
    )


def capped(found: Quantile | None, seen: Range) -> Quantile | None:
    """The estimate within what was seen: no quantile of successes lies outside their extremes."""
    if found is None or found.estimate is None:
        return found
    least, most = seen
    estimate = found.estimate if least is None else max(found.estimate, least)
    return replace(found, estimate=estimate if most is None else min(estimate, most))
