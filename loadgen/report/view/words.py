"""Signs, tones and times: how the page says the same thing everywhere."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import Struct

from loadgen.model.plan import Phase
from loadgen.model.verdict import FAIL, FAILED, INVALID, PASS, PASSED, UNKNOWN
from loadgen.report.contents import Report

GOOD, BAD, UNSURE, QUIET = "good", "bad", "invalid", "unknown"
"""Tones. Each is a colour of the style, and always stands beside a sign and a word."""

WARNING = "warning"


class Mark(Struct, frozen=True):
    """A sign, its tone and its word."""

    sign: str
    tone: str
    word: str


VERDICTS = {PASS: Mark("✓", GOOD, "PASS"), FAIL: Mark("✕", BAD, "FAIL"), INVALID: Mark("?", UNSURE, "INVALID")}
MEANINGS = {
    PASS: "Every criterion holds, and the measurement can be trusted.",
    FAIL: "At least one criterion is broken, and the measurement can be trusted.",
    INVALID: "This run says neither yes nor no: something that a verdict needs is missing or cannot be trusted.",
}
STATUSES = {
    PASSED: Mark("✓", GOOD, "passed"),
    FAILED: Mark("✕", BAD, "FAILED"),
    UNKNOWN: Mark("?", UNSURE, "unknown"),
}
HOLDS, BROKEN = Mark("✓", GOOD, "ok"), Mark("✕", BAD, "BROKEN")

NOTHING = "–"
"""Stands where there is no figure."""


def moment(at: float | None) -> str:
    """Unix seconds as date and time of day."""
    return NOTHING if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def most_users(report: Report) -> int:
    """The most users at once that there were; those planned where nobody counted them."""
    return report.users if report.most_users is None else report.most_users


def cut_short(report: Report, phase: Phase) -> bool:
    """Whether the load ended early within the phase."""
    return report.load_end < report.planned and phase.end >= report.load_end


def whose(test_type: str, name: str = "") -> str:
    """An operation, or the judged ones of a test type, or of all."""
    if name:
        return f"{test_type} {name}"
    return f"{test_type} (all judged)" if test_type else "all judged operations"
