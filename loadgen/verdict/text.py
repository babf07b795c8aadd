"""The verdict as plain text, for the terminal and for analysis/summary.txt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from loadgen.criteria.books import Books, added
from loadgen.criteria.estimates import extremes, quantiles
from loadgen.criteria.quantiles import label
from loadgen.criteria.shares import percent
from loadgen.model.evidence import Evidence, Tally
from loadgen.model.inert import inert
from loadgen.model.plan import Operation, Plan
from loadgen.model.verdict import FAILED, PASSED, UNKNOWN, Check, Line, Verdict
from loadgen.verdict.aborted import STOPPED_AT
from loadgen.verdict.resource_table import resource_lines
from loadgen.verdict.sentences import few, figures, response_time

MARKS = {PASSED: "passed ", FAILED: "FAILED ", UNKNOWN: "unknown"}


def summary(plan: Plan, evidence: Evidence, verdict: Verdict) -> str:
    """Verdict, criteria, validity, operations, resources and notes; ends with a line break.

    Names and errors in it are inert: a name may hold line breaks, and an error what would steer a terminal.
    """
    blocks = (
        [f"{verdict.verdict}  {verdict.run_id}", verdict.sentence],
        ["Criteria", *(text for line in verdict.criteria for text in _criterion(line))],
        ["Validity", *(_check(check) for check in verdict.validity)],
        [_counted(plan, evidence), *_table(plan, evidence)],
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
    minimum = f"{'counted as' if few(line) else 'minimum'} {line.minimum}"
    return f"{measured} against {bound}{margin}, {line.samples} samples ({minimum})"


def circumstances(line: Line) -> Iterable[str]:
    """Sentences on where a criterion first broke, and on when it stopped the run."""
    if "broke_at" in line.details:
        yield f"It first broke in {line.details['broke_at']}."
    if STOPPED_AT in line.details:
        yield f"It stopped the run at {line.details[STOPPED_AT]}."


def _check(check: Check) -> str:
    return f"  {'ok     ' if check.ok else 'BROKEN '} {check.id}: {check.sentence}"


def _counted(plan: Plan, evidence: Evidence) -> str:
    """The heading of the table: what its figures are of, so that nobody looks in them for the spike."""
    seen = {tally.phase for tally in evidence.tallies if tally.requests}
    names = [phase.name for phase in plan.phases if phase.judged and phase.name in seen]
    phases = f"the judged phases ({', '.join(names)})" if names else "the judged phases, in which none was counted"
    return f"Operations in {phases}; quantiles estimated from buckets, min and max of the whole run"


def _table(plan: Plan, evidence: Evidence) -> Iterable[str]:
    head = ("test type", "operation", "count", "failed", "failed %", *map(label, plan.percentiles), "min", "max")
    judged = {phase.name for phase in plan.phases if phase.judged}
    tallies = [tally for tally in evidence.tallies if tally.phase in judged]
    rows = [head, *(_row(plan, tallies, evidence, operation) for operation in plan.operations)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    for row in rows:
        names = (cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True))
        numbers = (cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True))
        yield "  " + "  ".join((*names, *numbers))


def _row(plan: Plan, tallies: Iterable[Tally], evidence: Evidence, operation: Operation) -> tuple[str, ...]:
    found = added(t for t in tallies if (t.test_type, t.name) == (operation.test_type, operation.name))
    share = percent(found.failures / found.requests) if found.requests else "-"
    return (
        operation.test_type,
        operation.name,
        str(found.requests),
        str(found.failures),
        share,
        *_quantiles(plan, evidence, operation, found),
        *map(response_time, extremes(evidence.extremes, {(operation.test_type, operation.name)})),
    )


def _quantiles(plan: Plan, evidence: Evidence, operation: Operation, found: Books) -> Sequence[str]:
    """The configured percentiles: times within which so many of all operations succeeded; `failed`: too few did."""
    estimates = quantiles(plan, evidence, {(operation.test_type, operation.name)}, found.buckets).values()
    return ["-" if e is None else response_time(e.estimate) if e.estimate is not None else "failed" for e in estimates]
