"""How the tests are dealt out to two processes, and what they measured and did not judge is printed at the end."""

from __future__ import annotations

import os
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

# The tests start some hundred interpreters. Where Python is told to keep no bytecode, each of them would compile all of
# ours anew, which takes about as long as what it is asked to do.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

TOGETHER = ("tests/query/",)
"""Rooms that share what takes long to make, a recorded run: in two processes it would be made twice."""

LONG = (
    "tests/e2e/",
    "tests/query/",
    "tests/workflows/test_for_real.py",
    "tests/users/",
    "tests/rules/",
    "tests/stack/",
    "tests/sim/",
    "tests/report/",
    "tests/workflows/",
    "tests/setup/",
    "tests/history/",
    "tests/cli/",
)
"""What takes long, the longest first: were it dealt out last, one process would work on it while the other waits."""


class Rooms(LoadFileScheduling):
    """Deals out files, and rooms whole."""

    def _split_scope(self, nodeid: str) -> str:
        room = next((room for room in TOGETHER if nodeid.startswith(room)), None)
        return room or super()._split_scope(nodeid)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes long first; the files and the tests in them keep their order."""
    items.sort(key=lambda item: next((n for n, path in enumerate(LONG) if item.nodeid.startswith(path)), len(LONG)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Asked by pytest-xdist, where there is one."""
    return Rooms(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line for each `record_property(what, value)` of a test that passed."""
    measured = [pair for report in terminalreporter.stats.get("passed", ()) for pair in report.user_properties]
    if measured:
        terminalreporter.section("measured, and judged nowhere")
        for what, value in measured:
            terminalreporter.write_line(f"{what}: {value}")
