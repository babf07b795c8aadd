"""Runs before and after: what differs, and how surely."""

from __future__ import annotations

from collections.abc import Sequence

from loadgen.compare.comparable import NotComparable, differences, impossible, refusals
from loadgen.compare.conclusion import CONCLUSIONS, conclusion
from loadgen.compare.curves import curves
from loadgen.compare.estimates import Estimated, estimated
from loadgen.compare.method import method
from loadgen.compare.results import Results, results
from loadgen.compare.statuses import Found, judged
from loadgen.compare.subjects import Subject, counted, present, subjects
from loadgen.config.compare import CompareSettings
from loadgen.model.comparison import MEASURES, Compared, Comparison, Side
from loadgen.model.run import Run


def compare(base: Sequence[Run], run: Sequence[Run], settings: CompareSettings, *, force: bool) -> Comparison:
    """Raises NotComparable with every reason there is; `force` overrules all but missing blocks and runs."""
    if reasons := impossible(base, run):
        raise NotComparable((*reasons, *(refusals(base, run) if base and run else ())))
    reasons = refusals(base, run)
    if reasons and not force:
        raise NotComparable(reasons)
    plan = base[0].plan
    wanted = subjects(plan, present((*base, *run)))
    before, after = ([estimated(counted(one, wanted), one.plan.edges) for one in side] for side in (base, run))
    found, compared = figures(wanted, before, after, settings)
    exit_code, sentence = conclusion(compared, settings)
    return Comparison(
        base=tuple(map(_side, base)),
        run=tuple(map(_side, run)),
        scenario=plan.scenario,
        test_type=plan.test_type,
        time_scale=plan.time_scale,
        unit=found.unit,
        method=method(found, len(base), len(run), settings),
        confidence=settings.confidence,
        tests=found.tests,
        forced=reasons,
        differences=differences(base, run),
        compared=compared,
        curves=curves(base, run),
        conclusion=CONCLUSIONS[exit_code],
        exit_code=exit_code,
        sentence=sentence,
    )


def figures(
    wanted: Sequence[Subject], base: Sequence[Estimated], run: Sequence[Estimated], settings: CompareSettings
) -> tuple[Results, tuple[Compared, ...]]:
    """What was tested, and each subject's measures with what they mean."""
    found = results(base, run, settings)
    return found, tuple(_compared(subject, found, place, settings) for place, subject in enumerate(wanted))


def _compared(subject: Subject, found: Results, row: int, settings: CompareSettings) -> Compared:
    measures = tuple(judged(_found(found, row, place), settings) for place in range(len(MEASURES)))
    return Compared(test_type=subject.test_type, name=subject.name, judged=subject.judged, measures=measures)


def _found(found: Results, row: int, place: int) -> Found:
    at = row, place
    return Found(
        place=place,
        base=float(found.base[at]),
        run=float(found.run[at]),
        difference=float(found.differences[at]),
        low=float(found.low[at]),
        high=float(found.high[at]),
        own_low=float(found.own_low[at]),
        own_high=float(found.own_high[at]),
        p=float(found.p[at]),
        untested=str(found.untested[at]),
        needed=int(found.needed[at]),
    )


def _side(one: Run) -> Side:
    return Side(
        run_id=one.plan.run_id,
        folder=one.folder,
        started=one.record.started,
        verdict=one.verdict.verdict,
        version=one.record.version,
        commit=one.record.commit,
        target=one.plan.target.name,
    )
