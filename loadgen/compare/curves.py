"""The courses of the runs over plan time, for overlaying."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loadgen.model.comparison import ERROR_RATE, P95, RATE, Curve
from loadgen.model.run import Run

NAMES = (RATE, ERROR_RATE, P95)


def curves(base: Sequence[Run], run: Sequence[Run]) -> tuple[Curve, ...]:
    """Those of each run whose start is known."""
    return (*_of("base", base), *_of("run", run))


def _of(side: str, runs: Sequence[Run]) -> Iterator[Curve]:
    for one in runs:
        started = one.record.started
        for series in one.evidence.series if started is not None else ():
            if series.name in NAMES:
                yield Curve(
                    side=side,
                    run_id=one.plan.run_id,
                    name=series.name,
                    test_type=series.labels.get("test_type", ""),
                    times=tuple(round(at - (started or 0.0), 3) for at in series.times),
                    values=series.values,
                )
