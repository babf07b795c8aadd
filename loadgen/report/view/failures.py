"""Failures: by reason, and those that were kept."""

from __future__ import annotations

from msgspec import Struct

from loadgen.criteria.shares import percent
from loadgen.model.quantities import clock_text
from loadgen.report.contents import Failure, Report
from loadgen.report.view.words import whose
from loadgen.verdict.sentences import response_time


class Reason(Struct, frozen=True):
    """How often an operation failed for one reason in the phases that count."""

    operation: str
    reason: str
    count: str
    share: str


def reasons(report: Report) -> tuple[Reason, ...]:
    """The most frequent first."""
    found = [
        (count, Reason(whose(row.test_type, row.name), reason, str(count), f"{percent(count / row.count)}"))
        for row in report.rows
        if row.name
        for reason, count in row.reasons.items()
    ]
    return tuple(reason for _, reason in sorted(found, key=lambda pair: -pair[0]))


class Sample(Struct, frozen=True, kw_only=True):
    """One failure that was kept."""

    time: str
    operation: str
    phase: str
    reason: str
    status: str
    detail: str
    took: str
    request: str


def samples(report: Report) -> tuple[Sample, ...]:
    """In the order of the report."""
    return tuple(_sample(failure) for failure in report.failures)


def _sample(failure: Failure) -> Sample:
    return Sample(
        time=clock_text(failure.at),
        operation=whose(failure.test_type, failure.name),
        phase=failure.phase,
        reason=failure.reason,
        status=failure.status,
        detail=failure.detail,
        took=response_time(failure.response_time),
        request=failure.request_id,
    )
