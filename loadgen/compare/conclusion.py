"""What a comparison says as a whole: its exit code and its sentence.

A regression of anything that is judged makes it 1. What makes it 2 are the measures that the verdict of a run rests
on: rate, error rate and P95 of each test type's judged operations together. An operation by itself is a regression when
that is shown, but its being unclear decides nothing: with a dozen operations, of which some are rare, some always are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loadgen.compare.statuses import called, for_worse, limits, signed
from loadgen.config.compare import CompareSettings
from loadgen.model.comparison import (
    ERROR_RATE,
    EXIT_NONE,
    EXIT_REGRESSION,
    EXIT_UNCLEAR,
    P95,
    RATE,
    REGRESSION,
    TOO_FEW,
    UNCLEAR,
    Compared,
    Measure,
)

DECIDING = (RATE, ERROR_RATE, P95)
CONCLUSIONS = {EXIT_NONE: "none", EXIT_REGRESSION: REGRESSION, EXIT_UNCLEAR: UNCLEAR}


def conclusion(compared: Sequence[Compared], settings: CompareSettings) -> tuple[int, str]:
    """The exit code and the sentence."""
    worse = [(one, lost) for one in compared if one.judged and (lost := _lost(one))]
    if worse:
        return EXIT_REGRESSION, _regression(worse)
    open_ = [(one, measure) for one in compared if _decides(one) for measure in _open(one, settings)]
    if open_:
        return EXIT_UNCLEAR, _unclear(open_)
    unshown = sum(measure.status in {UNCLEAR, TOO_FEW} for one in compared if one.name for measure in one.measures)
    rest = f" Of single operations {unshown} figures are unclear or have too few samples." if unshown else ""
    return EXIT_NONE, f"No regression: of no test type did rate, error rate or P95 become worse by what counts.{rest}"


def _decides(one: Compared) -> bool:
    return bool(one.test_type) and not one.name and one.judged


def _lost(one: Compared) -> list[Measure]:
    return [measure for measure in one.measures if measure.status == REGRESSION]


def _open(one: Compared, settings: CompareSettings) -> Iterator[Measure]:
    """What is not known well enough of a test type: a change for the worse beyond what is tolerated may be there."""
    for measure in one.measures:
        if measure.measure not in DECIDING or measure.status not in {UNCLEAR, TOO_FEW}:
            continue
        tolerated = limits(measure.measure, measure.base, settings)[1]
        known = measure.low is not None and measure.high is not None
        if not known or for_worse(measure.measure, measure.low or 0.0, measure.high or 0.0) > tolerated:
            yield measure


def _regression(worse: Sequence[tuple[Compared, list[Measure]]]) -> str:
    """The operations that became worse, or the test types where no operation did by itself."""
    named = [(one, lost) for one, lost in worse if one.name] or list(worse)
    told = [f"{_called(one)} ({', '.join(_change(m) for m in lost)})" for one, lost in named]
    return f"Worse: {', '.join(told)}."


def _unclear(open_: Sequence[tuple[Compared, Measure]]) -> str:
    """The first that is not known, and how to know it."""
    one, measure = open_[0]
    others = [f"{called(m.measure)} of {_called(o)}" for o, m in open_[1:]]
    more = f" So it is with {', '.join(others)}." if others else ""
    mend = "Make more runs of each side, in turns, or longer ones."
    return f"It cannot tell. {_called(one)}, {measure.sentence}{more} {mend}"


def _called(one: Compared) -> str:
    return ":".join(filter(None, (one.test_type, one.name))) or "all operations"


def _change(measure: Measure) -> str:
    return f"{called(measure.measure)} {signed(measure.measure, measure.difference)}"
