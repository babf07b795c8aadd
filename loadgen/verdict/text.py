"""The verdict as plain text, for the terminal and for analysis/summary.txt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from loadgen.criteria.books import Books, added
from loadgen.criteria.quantiles import label, quantile
from loadgen.criteria.shares import percent
from loadgen.model.evidence import Evidence
from loadgen.model.inert import inert
from loadgen.model.plan import Operation, Plan
from loadgen.model.verdict import FAILED, PASSED, UNKNOWN, Check, Line, Verdict
from loadgen.verdict.aborted import STOPPED_AT
from loadgen.verdict.resource_table import resource_lines
from loadgen.verdict.sentences import figures, response_time

MARKS = {PASSED: "passed ", FAILED: "FAILED ", UNKNOWN: "unknown"}


def summary(plan: Plan, evidence: Evidence, verdict: Verdict) -> str:
    """Verdict, criteria, validity, operations, resources and notes; ends with a line break.

    Names and errors in it are inert: a name may hold line breaks, and an error what would steer a terminal.
    """
    blocks = (
        [f"{verdict.verdict}  {verdict.run_id}", verdict.sentence],
        ["Criteria", *(text for line in verdict.criteria for text in _criterion(line))],
        ["Validity", *(_check(check) for check in verdict.validity)],
        ["Operations, with response times estimated from buckets", *_table(plan, evidence)],
        resource_lines(plan, evidence, verdict),
        ["Notes", *(f"  {note}" for note in verdict.notes)] if verdict.notes else [],
    )
    return "\n\n".join("\n".join(map(inert, block)) for block in blocks if block) + "\n"


def _criterion(line: Line) -> Iterable[str]:
    """A line of figures; what they do not say, why it failed or is not known and where it first broke, in sentences."""
    yield f"  {MARKS[line.status]} {line.criterion}: {against(line)}"
    if line.status != PASSED:
        yield f"          {line.sentence}"
    yield from (f"          {text}" for text in circumstances(line))


def against(line: Line) -> str:
    """A criterion's figures: `7% against 5%, margin -40%, 300 samples (minimum 200)`."""
    measured, bound = figures(line.measured, line.bound, line.unit)
    margin = "" if line.margin is None else f", margin {percent(line.margin)}"
    return f"{measured} against {bound}{margin}, {line.samples} samples (minimum {line.minimum})"


def circumstances(line: Line) -> Iterable[str]:
    """Sentences on where a criterion first broke, and on when it stopped the run."""
    if "broke_at" in line.details:
        yield f"It first broke in {line.details['broke_at']}."
    if STOPPED_AT in line.details:
        yield f"It stopped the run at {line.details[STOPPED_AT]}."


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
    return ["-" if e is None else response_time(e.estimate) if e.estimate is not None else "failed" for e in estimates]


def _extremes(evidence: Evidence, operation: Operation) -> Sequence[str]:
    for entry in evidence.extremes:
        if (entry.test_type, entry.name) == (operation.test_type, operation.name):
            return [response_time(entry.minimum), response_time(entry.maximum)]
    return ["-", "-"]
