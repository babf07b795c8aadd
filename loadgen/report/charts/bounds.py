"""The bounds that charts show beside what was measured."""

from __future__ import annotations

import msgspec

from loadgen.model.plan import Criterion, Plan
from loadgen.report.contents import Report, Row


def plan_of(report: Report) -> Plan:
    """The compiled plan of the report."""
    return msgspec.convert(report.plan, Plan)


def criterion_of(plan: Plan, row: Row, kind: str) -> Criterion | None:
    """The criterion of a kind that counts the operation, its own one first."""
    found = [one for one in plan.criteria if one.kind == kind and one.test_type == row.test_type]
    found = [one for one in found if not row.name or row.name in one.operations]
    return min(found, key=lambda one: len(one.operations), default=None)


def latency_bound(plan: Plan, row: Row) -> float | None:
    """Seconds within which most must have succeeded; None where the operation is not judged by that."""
    criterion = criterion_of(plan, row, "latency")
    return None if criterion is None else float(criterion.options["seconds"])


def error_bound(plan: Plan, row: Row) -> float | None:
    """The share of failures that is too many; None where the operation is not judged by that."""
    criterion = criterion_of(plan, row, "errors")
    return None if criterion is None else criterion.bound
