"""Plan, RunRecord and Evidence → Verdict. Pure: the same records always give the same verdict."""

from __future__ import annotations

from collections.abc import Sequence

from loadgen.criteria import kind_of
from loadgen.model.evidence import Evidence
from loadgen.model.plan import Plan
from loadgen.model.record import RunRecord
from loadgen.model.verdict import (
    EXIT_ENVIRONMENT,
    EXIT_FAIL,
    EXIT_INTERRUPTED,
    EXIT_INVALID,
    EXIT_PASS,
    EXIT_USAGE,
    FAIL,
    FAILED,
    INVALID,
    PASS,
    PASSED,
    Check,
    Line,
    Verdict,
)
from loadgen.verdict import generator, measurement, sentences
from loadgen.verdict.aborted import marked, stopped
from loadgen.verdict.agreement import agreement
from loadgen.verdict.notes import notes
from loadgen.verdict.saturation import saturation

CHECKS = (
    measurement.anything,
    measurement.gap,
    measurement.resets,
    measurement.counts,
    measurement.complete,
    generator.late,
    generator.cpu,
    generator.users,
)
"""Every validity check that looks at plan, record and evidence alone."""


UNSENT = {"environment": EXIT_ENVIRONMENT, "configuration": EXIT_USAGE}
"""Outcomes of runs that sent no load, with their exit codes."""


def judge(plan: Plan, record: RunRecord, evidence: Evidence) -> Verdict:
    """The verdict. Validity goes first: what cannot be believed neither passes nor fails."""
    judged = [kind_of(criterion).judge(criterion, plan, record, evidence) for criterion in plan.criteria]
    lines = marked(plan, record, evidence, judged)
    checks = (
        *measurement.losses(plan, record, evidence),
        *(check(plan, record, evidence) for check in CHECKS),
        agreement(plan, record, evidence, lines),
    )
    verdict, code, sentence = _decided(plan, record, lines, checks)
    return Verdict(
        run_id=plan.run_id,
        scenario=plan.scenario,
        verdict=verdict,
        exit_code=code,
        sentence=sentence,
        criteria=lines,
        validity=checks,
        notes=notes(plan, record, evidence, lines, valid=all(check.ok for check in checks)),
        saturation=saturation(plan, record, evidence),
    )


def _decided(plan: Plan, record: RunRecord, lines: Sequence[Line], checks: Sequence[Check]) -> tuple[str, int, str]:
    """Verdict, exit code and sentence. The order of the questions is their precedence."""
    if record.outcome == "interrupted":
        return INVALID, EXIT_INTERRUPTED + (record.exit_signal or 2), sentences.stopped(record)
    if record.outcome in UNSENT:
        return INVALID, UNSENT[record.outcome], sentences.stopped(record)
    if not all(check.ok for check in checks):
        return INVALID, EXIT_INVALID, sentences.broken(checks)
    return _answered(plan, record, lines)


def _answered(plan: Plan, record: RunRecord, lines: Sequence[Line]) -> tuple[str, int, str]:
    """The same for a run that can be believed."""
    if (early := stopped(plan, record)) is not None:
        return FAIL, EXIT_FAIL, sentences.aborted(early, lines)
    if any(line.status == FAILED for line in lines):
        return FAIL, EXIT_FAIL, sentences.failed(plan, lines)
    if record.outcome != "completed":
        return INVALID, EXIT_INVALID, sentences.stopped(record)
    if not lines or any(line.status != PASSED for line in lines):
        return INVALID, EXIT_INVALID, sentences.unknown(lines)
    return PASS, EXIT_PASS, sentences.passed(plan, lines)
