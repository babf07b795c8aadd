"""Criteria and recovery: what was judged, against what, and with which margin."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from loadgen.criteria.shares import percent
from loadgen.model.verdict import PASSED, Line
from loadgen.report.contents import Recovery, Report
from loadgen.report.view.words import NOTHING, STATUSES, Mark
from loadgen.verdict.sentences import COUNTED_AS, few, figures, response_time, samples
from loadgen.verdict.text import circumstances

SCALE = 2.0
"""A bar ends at so many times the bound; what is beyond fills it."""


class Bar(Struct, frozen=True):
    """What was measured against its bound: widths in per cent of the bar."""

    measured: str
    bound: str


class Judged(Struct, frozen=True, kw_only=True):
    """A criterion."""

    id: str
    mark: Mark
    passed: bool
    measured: str
    bound: str
    bar: Bar | None
    margin: str
    samples: str
    sentence: str
    more: tuple[str, ...]
    query: str


class Recovered(Struct, frozen=True, kw_only=True):
    """How long a test type took to be back."""

    criterion: str
    test_type: str
    mark: Mark
    took: str
    bound: str
    sentence: str
    band: str
    """What it had to come back to."""


def criteria(report: Report) -> tuple[Judged, ...]:
    """In the order of the verdict."""
    return tuple(_judged(line) for line in report.criteria)


def explained(report: Report) -> str:
    """What is measured where there were too few samples; empty where that is nowhere."""
    return COUNTED_AS if any(map(few, report.criteria)) else ""


def _judged(line: Line) -> Judged:
    measured, bound = figures(line.measured, line.bound, line.unit)
    return Judged(
        id=line.criterion,
        mark=STATUSES[line.status],
        passed=line.status == PASSED,
        measured=NOTHING if line.measured is None else measured,
        bound=bound,
        bar=_bar(line),
        margin=NOTHING if line.margin is None else percent(line.margin),
        samples=samples(line),
        sentence=line.sentence,
        more=(*circumstances(line), *_quantiles(line)),
        query=line.query,
    )


def _bar(line: Line) -> Bar | None:
    """None where a bar would say nothing: without figures, and where more is better."""
    if isinstance(line.measured, str):
        return Bar("100%", f"{100 / SCALE:.1f}%")
    if line.measured is None or not line.bound or line.bound < 0 or (line.margin or 0.0) > 1:
        return None
    share = line.measured / line.bound if line.margin is None else 1 - line.margin
    return Bar(f"{100 * min(SCALE, max(0.0, share)) / SCALE:.1f}%", f"{100 / SCALE:.1f}%")


def _quantiles(line: Line) -> Iterator[str]:
    """The estimated quantiles beside a latency criterion, and how sure they are."""
    names = [name for name in line.details if f"{name}_at_most" in line.details]
    told = [_quantile(line, name) for name in names]
    if told:
        yield f"Estimated from buckets: {'; '.join(told)}."


def _quantile(line: Line, name: str) -> str:
    value, low, high = (_number(line.details.get(key)) for key in (name, f"{name}_above", f"{name}_at_most"))
    if value is None or high is None:
        return f"{name} above {response_time(low)}, or failed"
    return f"{name} {response_time(value)} ({response_time(low)} to {response_time(high)})"


def _number(value: float | str | None) -> float | None:
    return None if isinstance(value, str) else value


def recovery(report: Report) -> tuple[Recovered, ...]:
    """In the order of the criteria."""
    lines = {line.criterion: line for line in report.criteria}
    return tuple(_recovered(one, lines[one.criterion]) for one in report.recovery)


def _recovered(one: Recovery, line: Line) -> Recovered:
    took, bound = figures(one.seconds, one.bound, line.unit)
    return Recovered(
        criterion=one.criterion,
        test_type=one.test_type,
        mark=STATUSES[one.status],
        took=NOTHING if one.seconds is None else took,
        bound=bound,
        sentence=one.sentence,
        band=_band(line),
    )


def _band(line: Line) -> str:
    latency, errors = (_number(line.details.get(name)) for name in ("latency_limit", "error_limit"))
    if latency is None or errors is None:
        return ""
    before = line.details.get("before")
    within, failed = response_time(latency), percent(errors)
    return f"Before: {before}. The band to come back to: P95 up to {within}, errors up to {failed}."
