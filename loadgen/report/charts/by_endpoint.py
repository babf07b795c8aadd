"""Charts with a row for each operation: P95 against its bound, and the share of failures."""

from __future__ import annotations

from collections.abc import Sequence

from loadgen.criteria.shares import percent
from loadgen.model.plan import Plan
from loadgen.report.charts.bars import Bar, bars
from loadgen.report.charts.bounds import error_bound, latency_bound
from loadgen.report.charts.canvas import Entry, nothing
from loadgen.report.charts.chart import Chart
from loadgen.report.charts.colours import LIGHT, TEST_TYPES
from loadgen.report.charts.known import known
from loadgen.report.charts.texts import operation
from loadgen.report.contents import Report, Row
from loadgen.verdict.sentences import response_time

NOT_JUDGED = Entry(LIGHT["unknown"], "not judged")
NO_OPERATION = "No operation was counted in the judged phases, so there is nothing to show."


def operations(report: Report) -> list[Row]:
    """The rows of single operations."""
    return [row for row in report.rows if row.name]


def colour(row: Row) -> str:
    """That of the row's test type; grey where it is not judged."""
    return TEST_TYPES.get(row.test_type, LIGHT["unknown"]) if row.judged else LIGHT["unknown"]


def p95(report: Report, plan: Plan) -> Chart:
    """P95 of each operation against the bound."""
    found = [_time(row, known(report, row, "p95"), latency_bound(plan, row)) for row in operations(report)]
    entries = _entries(found, "bound of the latency criterion")
    empty = not any(row.count for row in operations(report))
    return Chart(
        name="p95_response_time",
        title="P95 response time by operation",
        alt=_alt("P95 response time of each operation over the judged phases", found, empty),
        figure=lambda look: nothing(look, NO_OPERATION) if empty else bars(look, found, response_time, entries),
    )


def _time(row: Row, value: float | None, bound: float | None) -> Bar:
    beyond = row.judged and value is not None and bound is not None and value > bound
    none = "all failed" if row.failures == row.count else "more than 5 % failed"
    none = none if row.count else "none in these phases"
    said, more = none if value is None else response_time(value), " · above the bound" if beyond else ""
    return Bar(row.test_type, row.name, value, said, colour(row), bound if row.judged else None, beyond, more)


def error_rate(report: Report, plan: Plan) -> Chart:
    """The share of failures of each operation that had any, against the bound."""
    rows = [row for row in operations(report) if row.count]
    found = [_share(row, error_bound(plan, row)) for row in rows if row.failures]
    entries = _entries(found, "bound of the errors criterion")
    count, well = sum(row.count for row in rows), len(rows) - len(found)
    why = f"None of {count} operations failed in the judged phases." if count else NO_OPERATION
    if found and well:
        entries.append(Entry(LIGHT["surface"], f"{well} more without a failure are not shown"))
    told = _alt("Share of failed operations over the judged phases", found, empty=False)
    return Chart(
        name="error_rate_by_endpoint",
        title="Failed operations, share by operation",
        alt=told if found else why,
        figure=lambda look: bars(look, found, percent, entries) if found else nothing(look, why),
    )


def _share(row: Row, bound: float | None) -> Bar:
    value = row.failure_share
    beyond = row.judged and value is not None and bound is not None and value >= bound
    said, more = percent(value or 0.0), f" · {row.failures} of {row.count}"
    return Bar(row.test_type, row.name, value, said, colour(row), bound if row.judged else None, beyond, more)


def _entries(rows: Sequence[Bar], bound: str) -> list[Entry]:
    entries = [Entry(LIGHT["bad"], bound, dashed=True)] if any(row.bound is not None for row in rows) else []
    return [*entries, NOT_JUDGED] if any(row.colour == NOT_JUDGED.colour for row in rows) else entries


def _alt(what: str, rows: Sequence[Bar], empty: bool) -> str:
    told = "; ".join(f"{operation(row.group, row.name)} {row.said}{row.more}" for row in rows)
    return f"{what}: {told}." if told and not empty else f"{what}. {NO_OPERATION}"
