"""The one sentence of a verdict: what decided it, with its value and its bound."""

from __future__ import annotations

from collections.abc import Sequence

from loadgen.criteria import errors, latency
from loadgen.criteria.shares import RATIO, percent
from loadgen.model.plan import Plan
from loadgen.model.quantities import amount, told_apart
from loadgen.model.record import RunRecord
from loadgen.model.verdict import FAILED, UNKNOWN, Check, Line
from loadgen.verdict.aborted import Stopped

SHARES = frozenset({latency.KIND.kind, errors.KIND.kind})
"""Kinds of criteria that divide by the minimum as long as fewer operations were counted."""

SMOKE = "smoke"
"""The scenario that shows whether the set-up works, and no more."""


def figure(value: float | str | None, unit: str) -> str:
    """A measured value or a bound, for people."""
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return value
    if unit == RATIO:
        return percent(value)
    if unit == "operations per second":
        return f"{value:.4g}/s"
    return f"{value:.4g} s" if unit == "seconds" else amount(value, unit)


def figures(value: float | str | None, bound: float | None, unit: str) -> tuple[str, str]:
    """What was measured and its bound, for people."""
    if isinstance(value, float) and bound is not None:
        return told_apart(value, bound, unit, figure)
    return figure(value, unit), "no bound" if bound is None else figure(bound, unit)


def samples(line: Line) -> str:
    """The samples of a criterion with how many it needs.

    A share of too few is measured as if the missing ones were good. That is said, for the sentence beside it tells the
    share of those that were counted.
    """
    if few(line):
        return f"{line.samples}, counted as {line.minimum}"
    return f"{line.samples} of at least {line.minimum}"


COUNTED_AS = (
    "Counted as so many: of fewer operations than a criterion needs, its share is measured as if the missing ones were "
    "good, so that it fails only where nothing that is missing could have mended it."
)
"""What the samples of a share of too few mean."""


def few(line: Line) -> bool:
    """Whether a share was measured of fewer operations than it is counted as."""
    return line.kind in SHARES and 0 < line.samples < line.minimum


def response_time(seconds: float | None) -> str:
    """A response time for people, to three digits that count; a dash when there is none."""
    if seconds is None:
        return "-"
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def passed(plan: Plan, lines: Sequence[Line]) -> str:
    """Every criterion holds; the closest one is named."""
    tight = min(lines, key=lambda line: float("inf") if line.margin is None else line.margin)
    measured, bound = figures(tight.measured, tight.bound, tight.unit)
    closest = f"{tight.criterion} came closest: {measured}, {bound if tight.bound is None else f'bound {bound}'}"
    if plan.scenario == SMOKE:
        return f"The set-up works, and this says no more than that. {_all(lines)}; {closest}."
    return f"{_all(lines)}; {closest}."


def _all(lines: Sequence[Line]) -> str:
    return "The one criterion holds" if len(lines) == 1 else f"All {len(lines)} criteria hold"


def failed(plan: Plan, lines: Sequence[Line]) -> str:
    """The criterion that failed by most, and how many others did."""
    lost = [line for line in lines if line.status == FAILED]
    worst = min(lost, key=lambda line: float("-inf") if line.margin is None else line.margin)
    others = f" {len(lost) - 1} more failed: {', '.join(line.criterion for line in lost if line is not worst)}."
    setup = "The set-up works, but not well enough: " if plan.scenario == SMOKE else ""
    return f"{setup}{worst.criterion} failed. {worst.sentence}{others if len(lost) > 1 else ''}"


def aborted(early: Stopped, lines: Sequence[Line]) -> str:
    """The criterion that stopped the run with what was measured, and the others that had failed by then."""
    own = " ".join(line.sentence for line in lines if line.criterion == early.criterion)
    lost = [line.criterion for line in lines if line.status == FAILED and line.criterion != early.criterion]
    others = f" Beside it had failed: {', '.join(lost)}." if lost else ""
    return f"Stopped at {early.moment} by {early.criterion}. {own}{others}"


def broken(checks: Sequence[Check]) -> str:
    """The first validity check that failed."""
    lost = [check for check in checks if not check.ok]
    others = f" Beside {lost[0].id} also: {', '.join(check.id for check in lost[1:])}." if len(lost) > 1 else ""
    return f"The run cannot tell. {lost[0].sentence}{others}"


def unknown(lines: Sequence[Line]) -> str:
    """The first criterion that could not be judged."""
    lost = [line for line in lines if line.status == UNKNOWN]
    if not lost:
        return "The run cannot tell: it has no criteria."
    others = f" Beside it also: {', '.join(line.criterion for line in lost[1:])}." if len(lost) > 1 else ""
    return f"The run cannot tell: {lost[0].criterion} could not be judged. {lost[0].sentence}{others}"


def stopped(record: RunRecord) -> str:
    """The run was stopped before it could tell."""
    texts = [event.text for event in record.events if event.kind == "aborted"]
    if record.outcome == "interrupted":
        return f"The run was interrupted (signal {record.exit_signal}), so it cannot tell."
    if record.outcome in {"environment", "configuration"}:
        return "No load was sent, so the run cannot tell."
    return f"The run was stopped before its end, and no criterion had failed by then. {' '.join(texts)}".rstrip()
