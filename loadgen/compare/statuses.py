"""What a difference means: by its interval, its smallest effect and what is tolerated."""

from __future__ import annotations

import math

from msgspec import Struct

from loadgen.config.compare import CompareSettings
from loadgen.criteria.shares import RATIO, percent
from loadgen.model.comparison import (
    ERROR_RATE,
    IMPROVEMENT,
    MEASURES,
    RATE,
    REGRESSION,
    SAME,
    TOO_FEW,
    UNCLEAR,
    Measure,
)
from loadgen.verdict.sentences import figure, response_time

UNITS = {RATE: "operations per second", ERROR_RATE: RATIO}
SECONDS = "seconds"
NAMED = {RATE: "rate", ERROR_RATE: "error rate"}


class Found(Struct, frozen=True, kw_only=True):
    """A measure of a subject, as tested: rates and times are logarithms; NaN is what is not known."""

    place: int
    """Where it stands in MEASURES."""
    base: float
    run: float
    difference: float
    low: float
    high: float
    p: float
    enough: bool
    needed: int
    """Operations of a side that would be enough."""


def called(measure: str) -> str:
    """A measure for people: `error rate`, `P95`."""
    return NAMED.get(measure, measure.upper())


def judged(found: Found, settings: CompareSettings) -> Measure:
    """The measure with its status and its sentence."""
    name = MEASURES[found.place]
    base, run = _plain(name, found.base), _plain(name, found.run)
    relative = [None if math.isnan(x) else _relative(name, x) for x in (found.difference, found.low, found.high)]
    difference, low, high = relative
    smallest, tolerated = limits(name, base, settings)
    status = _status(name, relative, smallest, tolerated) if found.enough else TOO_FEW
    measure = Measure(
        measure=name,
        unit=UNITS.get(name, SECONDS),
        base=base,
        run=run,
        difference=difference,
        low=low,
        high=high,
        p=None if math.isnan(found.p) else float(found.p),
        smallest=smallest,
        status=status,
        sentence="",
    )
    return _with_sentence(measure, tolerated, found.needed)


def limits(name: str, base: float | None, settings: CompareSettings) -> tuple[float, float]:
    """The smallest effect, and what is tolerated. Of a time no less than the seconds that never count."""
    field = {RATE: "rate", ERROR_RATE: "errors"}.get(name, "latency")
    smallest, tolerated = getattr(settings.smallest, field), getattr(settings.tolerated, field)
    if field == "latency" and base:
        return max(smallest, settings.smallest.seconds / base), max(tolerated, settings.tolerated.seconds / base)
    return smallest, tolerated


def for_worse(name: str, low: float, high: float) -> float:
    """The end of the interval that is worst, as a positive number when it is for the worse."""
    return -low if name == RATE else high


def _plain(name: str, value: float) -> float | None:
    if math.isnan(value):
        return None
    return float(value) if name == ERROR_RATE else math.exp(value)


def _relative(name: str, difference: float) -> float:
    return (float(difference) if name == ERROR_RATE else math.expm1(min(difference, 700.0))) + 0.0  # never -0


def _status(name: str, relative: list[float | None], smallest: float, tolerated: float) -> str:
    difference, low, high = relative
    if difference is None or low is None or high is None:
        return UNCLEAR
    if not low <= 0 <= high and abs(difference) >= smallest:
        return REGRESSION if (difference < 0) == (name == RATE) else IMPROVEMENT
    return SAME if max(-low, high) <= tolerated else UNCLEAR


def _with_sentence(measure: Measure, tolerated: float, needed: int) -> Measure:
    texts = {
        TOO_FEW: f"{called(measure.measure)} was not compared: a side needs at least {needed} operations for it.",
        UNCLEAR: f"{_told(measure)}; a change of {_size(measure, tolerated)} cannot be excluded.",
        SAME: f"{_told(measure)}; a change of more than {_size(measure, tolerated)} is excluded.",
    }
    if measure.status == UNCLEAR and measure.difference is None:
        text = _why_untested(measure)
    else:
        text = texts.get(measure.status, f"{_told(measure)}.")
    fields = {name: getattr(measure, name) for name in measure.__struct_fields__}
    return Measure(**{**fields, "sentence": text})


def _why_untested(measure: Measure) -> str:
    if None in {measure.base, measure.run}:
        return f"{called(measure.measure)} is no time: so many operations failed; the error rate tells."
    return f"{called(measure.measure)} could not be tested: the judged phases have too few blocks of time. Run longer."


def _told(measure: Measure) -> str:
    base, run = shown(measure.base, measure.unit), shown(measure.run, measure.unit)
    low, high = signed(measure.measure, measure.low), signed(measure.measure, measure.high)
    change = signed(measure.measure, measure.difference)
    return f"{called(measure.measure)}: {base}, then {run}, {change} ({low} to {high})"


def signed(name: str, value: float | None) -> str:
    """A difference for people, to a tenth of a per cent; of an error rate to a hundredth of a point."""
    if value is None:
        return "unknown"
    unit, digits = (" points", 2) if name == ERROR_RATE else ("%", 1)
    rounded = round(100 * value, digits)
    return f"{rounded:+g}{unit}" if rounded else f"±0{unit}"


def shown(value: float | None, unit: str) -> str:
    """A figure for people; a time as in every table of response times."""
    return response_time(value) if unit == SECONDS and value is not None else figure(value, unit)


def _size(measure: Measure, value: float) -> str:
    if measure.measure == ERROR_RATE:
        return f"{100 * value:.3g} point{'' if value == 0.01 else 's'}"
    if measure.unit == SECONDS and measure.base:
        return f"{percent(value)} ({response_time(value * measure.base)})"
    return percent(value)
