"""The report in short, for a job's summary or a comment on a pull request, which take a little more than 64 kB."""

from __future__ import annotations

from collections.abc import Iterator

from loadgen.criteria.shares import RATIO, percent
from loadgen.model.quantities import duration_text
from loadgen.model.record import COMPLETED
from loadgen.model.verdict import FAIL, FAILED, INVALID, PASS, PASSED, UNKNOWN, Line
from loadgen.report.contents import Failure, Report, Row
from loadgen.report.gfm import SHORT, first, fitted, folded, more, plain, table
from loadgen.report.view.answers import Answer, answers
from loadgen.report.view.words import NOTHING, moment, most_users, whose
from loadgen.verdict.sentences import COUNTED_AS, few, figure, figures, response_time, samples

MOST_ROWS, MOST_NOTES, MOST_SAMPLES = 60, 20, 5

SIGNS = {PASS: "✅", FAIL: "❌", INVALID: "⚠️"}
STATUSES = {PASSED: "✅ holds", FAILED: "❌ failed", UNKNOWN: "❔ unknown"}


def markdown(report: Report, page: str) -> str:
    """The most telling first; what is too much for one is left out from the end. `page`: the HTML report's name."""
    foot = (
        f"Everything else is in {plain(page)}, among the files of the run; "
        f"loadgen {plain(report.version)}{_commit(report)}."
    )
    return fitted(_blocks(report), foot)


def _commit(report: Report) -> str:
    return f", commit {plain(report.commit, SHORT)}" if report.commit else ""


def _blocks(report: Report) -> Iterator[str]:
    yield f"## {SIGNS[report.verdict]} {report.verdict}: {plain(report.scenario, SHORT)}"
    yield plain(report.sentence)
    yield " · ".join(_facts(report))
    yield from map(_answer, answers(report))
    if report.criteria:
        yield "\n".join(("### Criteria", "", *_criteria(report)))
    yield _validity(report)
    if report.rows:
        yield "\n".join(_operations(report))
    if report.failures:
        yield "\n".join(folded("Samples of failures", first(report.failures, MOST_SAMPLES, _sample)))
    if report.notes:
        yield "\n".join(folded("Notes", first(report.notes, MOST_NOTES, lambda note: f"- {plain(note)}")))


def _facts(report: Report) -> Iterator[str]:
    yield f"run {plain(report.run_id, SHORT)}"
    yield f"test type {plain(report.test_type, SHORT)}"
    yield f"target {plain(report.target, SHORT)}"
    yield f"{report.users} users at the peak planned"
    yield f"{duration_text(report.planned)} of load planned"
    if report.started is not None and report.load_end < report.planned:
        yield f"ended after {duration_text(round(report.load_end, 1))} with up to {most_users(report)} users"
    if report.time_scale != 1:
        yield f"time scale {report.time_scale:g}"
    if report.started is not None:
        yield moment(report.started)
    yield f"exit code {report.exit_code}"


def _answer(answer: Answer) -> str:
    points = (
        f"- {f'**{plain(point.about, SHORT)}**: ' if point.about else ''}{plain(point.text)}" for point in answer.points
    )
    return "\n".join((f"**{plain(answer.question)}**", "", *points))


def _criteria(report: Report) -> Iterator[str]:
    head = ("criterion", "", "measured", "bound", "margin", "samples")
    yield from table(head, map(_criterion, report.criteria[:MOST_ROWS]), left=2)
    yield from more(report.criteria, MOST_ROWS)
    if any(map(few, report.criteria)):
        yield from ("", COUNTED_AS)


def _criterion(line: Line) -> tuple[str, ...]:
    measured, bound = figures(line.measured, line.bound, line.unit)
    margin = "" if line.margin is None else percent(line.margin)
    return plain(line.criterion, SHORT), STATUSES[line.status], plain(measured), plain(bound), margin, samples(line)


def _validity(report: Report) -> str:
    """The broken checks by name; what they say stands among the answers."""
    broken = ", ".join(plain(check.id, SHORT) for check in report.validity if not check.ok)
    if broken:
        return f"The measurement cannot be believed. Of its {len(report.validity)} checks these do not hold: {broken}."
    hold = f"all {len(report.validity)} checks of its validity hold"
    return f"As far as the run came, {hold}." if report.outcome != COMPLETED else f"The measurement is sound: {hold}."


def _operations(report: Report) -> Iterator[str]:
    phases = ", ".join(plain(phase, SHORT) for phase in report.counted_phases)
    names = tuple(report.rows[0].quantiles)
    head = ("operation", "count", "rate", "failed", *map(str.upper, map(plain, names)), "max")
    rows = (_operation(row, names) for row in report.rows[:MOST_ROWS])
    told = (
        f"In the judged phases: {phases or 'none was reached'}. Bold rows are the judged operations together. "
        "Quantiles are estimated from buckets; max is of the successes of the whole run."
    )
    yield from folded("Operations", (told, "", *table(head, rows), *more(report.rows, MOST_ROWS)))


def _operation(row: Row, names: tuple[str, ...]) -> tuple[str, ...]:
    return (
        _whose(row),
        str(row.count),
        NOTHING if row.rate is None else figure(row.rate, "operations per second"),
        NOTHING if row.failure_share is None else f"{row.failures} ({figure(row.failure_share, RATIO)})",
        *(_quantile(row, name) for name in names),
        _time(row.maximum),
    )


def _whose(row: Row) -> str:
    if row.name:
        return plain(whose(row.test_type, row.name), SHORT)
    return f"**{plain(whose(row.test_type), SHORT)}**"


def _quantile(row: Row, name: str) -> str:
    """As in the summary: of which too many failed, the quantile is no time."""
    value = row.quantiles.get(name)
    return "failed" if value is None and row.count else _time(value)


def _time(seconds: float | None) -> str:
    return NOTHING if seconds is None else response_time(seconds)


def _sample(failure: Failure) -> str:
    where = plain(f"{failure.test_type} {failure.name}", SHORT)
    return f"- {where} in {plain(failure.phase, SHORT)}, {plain(failure.reason, SHORT)}: {plain(failure.detail)}"
