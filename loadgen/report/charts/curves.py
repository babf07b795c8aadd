"""The series of a report as curves over plan time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from loadgen.model.evidence import Series
from loadgen.model.plan import TEST_TYPES
from loadgen.report.charts.time_axis import TimeAxis
from loadgen.report.contents import Report


def place_of(test_type: str) -> int:
    """Where a test type stands among the others; what is none comes last."""
    return TEST_TYPES.index(test_type) if test_type in TEST_TYPES else len(TEST_TYPES)


@dataclass(frozen=True)
class Curve:
    """A line. A gap in it is `nan`."""

    name: str
    x: Sequence[float]
    y: Sequence[float]

    @property
    def known(self) -> bool:
        """Whether there is anything to see."""
        return any(not math.isnan(value) for value in self.y)

    @property
    def highest(self) -> float:
        """The largest value; 0 without any."""
        return max((value for value in self.y if not math.isnan(value)), default=0.0)


def curves(report: Report, time: TimeAxis, name: str, label: str = "test_type") -> list[Curve]:
    """The curves of a course by one of its labels; those without a single value are left out."""
    found = [_curve(series, time, series.labels.get(label, "")) for series in report.series if series.name == name]
    return sorted((curve for curve in found if curve.known), key=lambda curve: place_of(curve.name))


def total(parts: Sequence[Curve]) -> list[Curve]:
    """The sum of curves that share their moments; unknown where all of them are."""
    if not parts:
        return []
    summed: dict[float, float] = {}
    for part in parts:
        for at, value in zip(part.x, part.y, strict=True):
            before = summed.get(at, math.nan)
            summed[at] = value if math.isnan(before) else before + (0.0 if math.isnan(value) else value)
    moments = sorted(summed)
    return [Curve("", moments, [summed[at] for at in moments])]


def _curve(series: Series, time: TimeAxis, name: str) -> Curve:
    return Curve(name, time.seconds(series), [math.nan if value is None else value for value in series.values])
