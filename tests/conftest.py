"""What tests measured and did not judge is printed at the end, whichever process they ran in."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line for each `record_property(what, value)` of a test that passed."""
    measured = [pair for report in terminalreporter.stats.get("passed", ()) for pair in report.user_properties]
    if measured:
        terminalreporter.section("measured, and judged nowhere")
        for what, value in measured:
            terminalreporter.write_line(f"{what}: {value}")
