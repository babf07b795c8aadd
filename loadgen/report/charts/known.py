"""Which quantiles are known: of a row, whatever the report's percentiles are, and of a test type over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from math import isnan

from loadgen.criteria.estimates import capped
from loadgen.criteria.quantiles import quantile
from loadgen.criteria.shares import percent
from loadgen.model.quantities import clock_text
from loadgen.report.charts.curves import Curve, curves
from loadgen.report.charts.library import Axes
from loadgen.report.charts.time_axis import TimeAxis, rectangle
from loadgen.report.contents import Report, Row
from loadgen.rules.vocabulary import QUANTILES

Stretch = tuple[float, float]
"""Start and end in seconds of plan time."""

MOST = 3
"""Stretches that are told in words."""

STRIP = 0.055
"""Of the height of a panel."""


def known(report: Report, row: Row, name: str) -> float | None:
    """A quantile of charts; None where too few succeeded. The row holds those that `reports.percentiles` names."""
    if name in row.quantiles:
        return row.quantiles[name]
    whose = (row.test_type, row.name)
    found = next((one for one in report.distributions if (one.test_type, one.name) == whose), None)
    if found is None:
        return None
    estimate = quantile(found.edges, tuple(accumulate(found.counts)), QUANTILES[name])
    within = capped(estimate, (row.minimum, row.maximum))
    return within.estimate if within else None


def lost(report: Report, time: TimeAxis, name: str, test_type: str) -> list[Stretch]:
    """While a quantile over time is unknown because more operations failed than it leaves out."""
    failed, there, lower = (_of(curves(report, time, one), test_type) for one in ("error_rate", name, "p50"))
    allowed = 1 - QUANTILES[name]
    found: list[Stretch] = []
    since: float | None = None
    for at, share in failed.items():
        # where a lower quantile is known and this one is not, it lies among the failed
        too_many = at not in there and (at in lower or share > allowed)
        if too_many and since is None:
            since = at
        elif not too_many and since is not None:
            found.append((since, at))
            since = None
    return found if since is None else [*found, (since, time.end)]


def why(name: str) -> str:
    """What a stretch of `lost` means."""
    return f"more than {percent(round(1 - QUANTILES[name], 4))} failed: no {name.upper()}"


def said(name: str, stretches: Sequence[Stretch]) -> str:
    """The stretches of `lost`, in words; of many the first."""
    spans = [f"{clock_text(start)} to {clock_text(end)}" for start, end in stretches[:MOST]]
    more = f" and {len(stretches) - MOST} times more" if len(stretches) > MOST else ""
    return f"no {name.upper()} from {', '.join(spans)}{more}, because {why(name).partition(':')[0]}"


def strips(axes: Axes, found: Iterable[tuple[str, Sequence[Stretch]]]) -> None:
    """Colours with their stretches as thin bars at the foot of a panel, one above the other."""
    for place, (colour, stretches) in enumerate(found):
        for start, end in stretches:
            rectangle(axes, start, end, place * STRIP, place * STRIP + 0.8 * STRIP, colour)


def _of(found: Iterable[Curve], test_type: str) -> dict[float, float]:
    """What is known, by moment."""
    return {
        round(at, 3): value
        for curve in found
        if curve.name == test_type
        for at, value in zip(curve.x, curve.y, strict=True)
        if not isnan(value)
    }
