"""What a comparison says as a whole: its exit code and its sentence.

A regression of anything that is judged makes it 1. What makes it 2 are the measures that the verdict of a run rests
on: rate, error rate and P95 of each test type's judged operations together. An operation by itself is a regression when
that is shown, but its being unclear decides nothing: with a dozen operations, of which some are rare, some always are.

It is 0 only when each of these excludes a change for the worse beyond what is tolerated. As all must, none needs a
correction for the others: if one of them is worse by more, it is overlooked as seldom as the confidence says
(intersection-union test; Berger, Technometrics 24, 1982).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loadgen.compare import subjects
from loadgen.compare.statuses import SECONDS, called, excluded, for_worse, limits, signed
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
NOTHING = "No regression: of no test type did rate, error rate or P95 become worse by what counts."
CONCLUSIONS = {EXIT_NONE: "none", EXIT_REGRESSION: REGRESSION, EXIT_UNCLEAR: UNCLEAR}


def conclusion(compared: Sequence[Compared], settings: CompareSettings) -> tuple[int, str]:
    """The exit code and the sentence."""
    worse = [(one, lost) for one in compared if one.judged and (lost := _lost(one))]
    if worse:
        return EXIT_REGRESSION, _regression(worse)
    if not any(map(_decides, compared)):
        return EXIT_UNCLEAR, "It cannot tell: of no test type were judged operations compared."
    open_ = [(one, measure) for one in compared if _decides(one) for measure in _open(one, settings)]
    if open_:
        return EXIT_UNCLEAR, _unclear(open_)
    return EXIT_NONE, " ".join(filter(None, (NOTHING, _untimed(compared), _unshown(compared))))


def _untimed(compared: Sequence[Compared]) -> str:
    """Test types of which P95 said nothing."""
    names = [
        _called(one) for one in compared if _decides(one) for m in one.measures if m.measure == P95 and _no_time(m)
    ]
    return f"So many operations of {', '.join(names)} failed on a side that P95 is no time." if names else ""


def _unshown(compared: Sequence[Compared]) -> str:
    count = sum(measure.status in {UNCLEAR, TOO_FEW} for one in compared if one.name for measure in one.measures)
    return f"Of single operations {count} figures are unclear or have too few samples." if count else ""


def _decides(one: Compared) -> bool:
    return bool(one.test_type) and not one.name and one.judged


def _lost(one: Compared) -> list[Measure]:
    return [measure for measure in one.measures if measure.status == REGRESSION]


def _open(one: Compared, settings: CompareSettings) -> Iterator[Measure]:
    """What is not known well enough of a test type: a change for the worse beyond what is tolerated may be there."""
    for measure in one.measures:
        if measure.measure not in DECIDING or measure.status not in {UNCLEAR, TOO_FEW} or _no_time(measure):
            continue
        tolerated = limits(measure.measure, measure.base, settings)[1]
        if measure.low is None or for_worse(measure.measure, *excluded(measure)) > tolerated:
            yield measure


def _no_time(measure: Measure) -> bool:
    """Whether failures reach a quantile.

    More runs would not change that, and their share decides by itself: if such a quantile decided too, a broken target
    could never be shown to have been mended.
    """
    untimed = measure.unit == SECONDS and None in {measure.base, measure.run}
    return untimed and measure.status == UNCLEAR


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
    return subjects.called(one.test_type, one.name)


def _change(measure: Measure) -> str:
    return f"{called(measure.measure)} {signed(measure.measure, measure.difference)}"
