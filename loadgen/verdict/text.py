"""The verdict as plain text, for the terminal and for analysis/summary.txt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from loadgen.criteria.books import Books, added
from loadgen.criteria.quantiles import label, quantile
from loadgen.criteria.shares import percent
from loadgen.model.evidence import Evidence
from loadgen.model.plan import Operation, Plan
from loadgen.model.verdict import FAILED, PASSED, UNKNOWN, Check, Line, Verdict
from loadgen.verdict.aborted import STOPPED_AT
from loadgen.verdict.resource_table import resource_lines
from loadgen.verdict.sentences import figures

MARKS = {PASSED: "passed ", FAILED: "FAILED ", UNKNOWN: "unknown"}


def summary(plan: Plan, evidence: Evidence, verdict: Verdict) -> str:
    """Verdict, criteria, validity, operations, resources and notes; ends with a line break."""
    blocks = (
        [f"{verdict.verdict}  {verdict.run_id}", verdict.sentence],
        ["Criteria", *(text for line in verdict.criteria for text in _criterion(line))],
        ["Validity", *(_check(check) for check in verdict.validity)],
        ["Operations, with response times estimated from buckets", *_table(plan, evidence)],
        resource_lines(plan, evidence, verdict),
        ["Notes", *(f"  {note}" for note in verdict.notes)] if verdict.notes else [],
    )
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _criterion(line: Line) -> Iterable[str]:
    """A line of figures; what they do not say, why it failed or is not known and where it first broke, in sentences."""
    measured, bound = figures(line.measured, line.bound, line.unit)
    margin = "" if line.margin is None else f", margin {percent(line.margin)}"
    yield (
        f"  {MARKS[line.status]} {line.criterion}: {measured} against {bound}{margin}, "
        f"{line.samples} samples (minimum {line.minimum})"
    )
    if line.status != PASSED:
        yield f"          {line.sentence}"
    if "broke_at" in line.details:
        yield f"          It first broke in {line.details['broke_at']}."
    if STOPPED_AT in line.details:
        yield f"          It stopped the run at {line.details[STOPPED_AT]}."


def _check(check: Check) -> str:
    return f"  {'ok     ' if check.ok else 'BROKEN '} {check.id}: {check.sentence}"


def _table(plan: Plan, evidence: Evidence) -> Iterable[str]:
    head = ("test type", "operation", "count", "failed", "share", *map(label, plan.percentiles), "min", "max")
    rows = [head, *(_row(plan, evidence, operation) for operation in plan.operations)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    for row in rows:
        names = (cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True))
        numbers = (cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True))
        yield "  " + "  ".join((*names, *numbers))


def _row(plan: Plan, evidence: Evidence, operation: Operation) -> tuple[str, ...]:
    found = added(t for t in evidence.tallies if (t.test_type, t.name) == (operation.test_type, operation.name))
    share = percent(found.failures / found.requests) if found.requests else "-"
    return (
        operation.test_type,
        operation.name,
        str(found.requests),
        str(found.failures),
        share,
        *_quantiles(plan, found),
        *_extremes(evidence, operation),
    )


def _quantiles(plan: Plan, found: Books) -> Sequence[str]:
    """The configured percentiles: times within which so many of all operations succeeded; `failed`: too few did."""
    estimates = [quantile(plan.edges, found.buckets, share) for share in plan.percentiles]
    return ["-" if e is None else _seconds(e.estimate) if e.estimate is not None else "failed" for e in estimates]


def _extremes(evidence: Evidence, operation: Operation) -> Sequence[str]:
    for entry in evidence.extremes:
        if (entry.test_type, entry.name) == (operation.test_type, operation.name):
            return [_seconds(entry.minimum), _seconds(entry.maximum)]
    return ["-", "-"]


def _seconds(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value * 1000:.3g} ms" if value < 1 else f"{value:.3g} s"
