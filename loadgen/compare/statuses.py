"""What a difference means: by its interval, its smallest effect and what is tolerated."""

from __future__ import annotations

import math

from msgspec import Struct
from msgspec.structs import replace

from loadgen.compare.results import FEW_BLOCKS, FEW_IN_A_RUN, FEW_ON_A_SIDE, NEAR_FAILURES, NO_TIME
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
MANIFOLD, BOUNDLESS = 10, 100
"""From so many times as much on a difference is told as a factor, and beyond that not at all."""


class Found(Struct, frozen=True, kw_only=True):
    """A measure of a subject, as tested: rates and times are logarithms; NaN is what is not known."""

    place: int
    """Where it stands in MEASURES."""
    base: float
    run: float
    difference: float
    low: float
    high: float
    own_low: float
    own_high: float
    p: float
    untested: str
    """Why it was not, or TESTED."""
    needed: int
    """Operations of a side or a run that would be enough."""


def called(measure: str) -> str:
    """A measure for people: `error rate`, `P95`."""
    return NAMED.get(measure, measure.upper())


def judged(found: Found, settings: CompareSettings) -> Measure:
    """The measure with its status and its sentence."""
    name = MEASURES[found.place]
    base, run = _plain(name, found.base), _plain(name, found.run)
    ends = (found.difference, found.low, found.high, found.own_low, found.own_high)
    difference, low, high, own_low, own_high = [None if math.isnan(x) else _relative(name, x) for x in ends]
    smallest, tolerated = limits(name, base, settings)
    measure = Measure(
        measure=name,
        unit=UNITS.get(name, SECONDS),
        base=base,
        run=run,
        difference=difference,
        low=low,
        high=high,
        own_low=own_low,
        own_high=own_high,
        p=None if math.isnan(found.p) else float(found.p),
        smallest=smallest,
        status=UNCLEAR,
        sentence="",
    )
    if found.untested:
        status, text = _untested(found, name)
    else:
        status = _status(measure, tolerated)
        text = _sentence(measure, status, tolerated)
    return replace(measure, status=status, sentence=text)


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
    plain = min(1.0, max(-1.0, float(difference))) if name == ERROR_RATE else math.expm1(min(difference, 700.0))
    return plain + 0.0  # never -0


def _status(measure: Measure, tolerated: float) -> str:
    """A change is shown among all measures at once; that one is excluded is said of the measure by itself."""
    difference, low, high = measure.difference or 0.0, measure.low or 0.0, measure.high or 0.0
    if not low <= 0 <= high and abs(difference) >= measure.smallest:
        return REGRESSION if (difference < 0) == (measure.measure == RATE) else IMPROVEMENT
    least, most = excluded(measure)
    return SAME if max(-least, most) <= tolerated else UNCLEAR


def excluded(measure: Measure) -> tuple[float, float]:
    """Below and above what any difference of a tested measure is excluded, by the narrower of its two intervals."""
    low, high = measure.low or 0.0, measure.high or 0.0
    own_low, own_high = (low if measure.own_low is None else measure.own_low), measure.own_high
    return max(low, own_low), min(high, high if own_high is None else own_high)


def _untested(found: Found, name: str) -> tuple[str, str]:
    """The status, and why."""
    what = called(name)
    if found.untested in {FEW_ON_A_SIDE, FEW_IN_A_RUN}:
        which = "a side" if found.untested == FEW_ON_A_SIDE else "each run"
        return TOO_FEW, f"{what} was not compared: {which} needs at least {found.needed} operations for it."
    texts = {
        NO_TIME: f"{what} is no time: so many operations failed; the error rate tells.",
        FEW_BLOCKS: f"{what} could not be tested: the judged phases have too few blocks of time. Run longer, or make "
        f"more runs.",
        NEAR_FAILURES: f"{what} could not be tested: failures come too close to it; the error rate tells.",
    }
    return UNCLEAR, texts[found.untested]


def _sentence(measure: Measure, status: str, tolerated: float) -> str:
    if status == UNCLEAR:
        return f"{_told(measure)}; a change of {_size(measure, tolerated)} cannot be excluded."
    if status != SAME:
        return f"{_told(measure)}."
    wide = max(-(measure.low or 0.0), measure.high or 0.0) > tolerated
    ends = (signed(measure.measure, end) for end in (measure.own_low, measure.own_high))
    alone = f" for it alone ({' to '.join(ends)})" if wide else ""
    return f"{_told(measure)}; a change of more than {_size(measure, tolerated)} is excluded{alone}."


def _told(measure: Measure) -> str:
    base, run = shown(measure.base, measure.unit), shown(measure.run, measure.unit)
    low, high = signed(measure.measure, measure.low), signed(measure.measure, measure.high)
    change = signed(measure.measure, measure.difference)
    return f"{called(measure.measure)}: {base}, then {run}, {change} ({low} to {high})"


def signed(name: str, value: float | None) -> str:
    """A difference for people, to a tenth of a per cent; of an error rate to a hundredth of a point."""
    if value is None:
        return "unknown"
    if name != ERROR_RATE and value >= MANIFOLD - 1:
        return f"×{1 + value:.3g}" if value < BOUNDLESS - 1 else f"more than ×{BOUNDLESS}"
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
        if value >= 1:  # of so fast an operation it is the seconds that count
            return response_time(value * measure.base)
        return f"{percent(value)} ({response_time(value * measure.base)})"
    return percent(value)
