"""What a person sees of a run: lines that say what is known, and never a number that is not."""

from __future__ import annotations

import io
import os

import pytest
from rich.console import Console

from loadgen.query.live import Snapshot
from loadgen.run.surroundings import OK, Finding
from loadgen.terminal import Terminal, live_view, progress_line
from tests.hostile import HOSTILE
from tests.plans import example_plan

PLAN = example_plan()


def shown(snapshot: Snapshot, elapsed: float = 30.0) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(live_view(PLAN, elapsed, snapshot))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_what_is_not_known_is_a_dash_and_never_a_zero() -> None:
    line = progress_line(PLAN, 30.0, Snapshot())
    assert "P95 –" in line
    assert "no rate yet" in line
    assert "errors –" in line
    assert "no answer yet" in shown(Snapshot())


def test_a_line_names_phase_time_users_rate_and_alerts() -> None:
    snapshot = Snapshot(users=49, users_target=50, rate=24.6, p95=0.31, error_share=0.004, firing=("Burning (x)",))
    line = progress_line(PLAN, 30.0, snapshot)
    for piece in ("0:30", "users 49/50", "24.6 operations/s", "310 ms", "0.40 %", "Burning (x)"):
        assert piece in line


def test_a_breached_criterion_shows_as_breached() -> None:
    first = PLAN.criteria[0].id
    text = shown(Snapshot(criteria={first: 0.2}, firing_criteria=(first,)))
    assert "breached" in next(line for line in text.splitlines() if first in line)


def test_a_closed_pipe_silences_the_terminal_and_ends_nothing() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", buffering=1) as stream:
        terminal = Terminal(stream)
        for _ in range(3):
            terminal.said("x" * 100_000)
        stream.flush = lambda: None  # type: ignore[method-assign]  # what is left in the buffer can go nowhere


def test_a_breach_that_may_stop_the_run_says_what_is_waited_for() -> None:
    first, waits = PLAN.criteria[0].id, "stops the run in 4 s of 10s"
    snapshot = Snapshot(criteria={first: 0.2}, firing_criteria=(first,))
    console = Console(file=io.StringIO(), width=120)
    console.print(live_view(PLAN, 30.0, snapshot, {first: waits}))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert waits in next(line for line in lines if first in line)
    assert f"{first} {waits}" in progress_line(PLAN, 30.0, snapshot, {first: waits})


def test_a_log_tells_at_once_that_a_breach_may_stop_the_run_and_does_not_repeat_it() -> None:
    stream = io.StringIO()
    terminal = Terminal(stream)
    for waits in ({}, {}, {"errors:rest": "stops the run in 4 s of 5s"}, {"errors:rest": "stops the run in 3 s of 5s"}):
        terminal.shows(PLAN, 30.0, Snapshot(), waits)
    assert ["stops the run" in line for line in stream.getvalue().splitlines()] == [False, True]


def test_nothing_that_is_said_steers_a_terminal() -> None:
    stream = io.StringIO()
    terminal = Terminal(stream)
    for text in HOSTILE:
        terminal.said(text)
        terminal.found(Finding(name="target", state=OK, text=text))
        terminal.works(text)
    assert all(line.isprintable() for line in stream.getvalue().split("\n"))


def test_a_log_is_told_every_ten_seconds_what_is_done_after_the_load_and_not_for_every_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = io.StringIO()
    terminal = Terminal(stream)
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    for step in range(25):
        now = 1000.0 + step
        terminal.works(f"file {step}")
    assert stream.getvalue().split() == ["file", "0", "file", "10", "file", "20"]


def test_a_terminal_shows_what_is_done_after_the_load_and_takes_it_away() -> None:
    stream = io.StringIO()
    terminal = Terminal(stream)
    terminal._console = Console(file=stream, force_terminal=True, width=120)  # type: ignore[assignment]
    for step in range(3):
        terminal.works(f"file {step}")
    terminal.ends()
    assert [f"file {step}" in stream.getvalue() for step in range(3)] == [True] * 3
    assert stream.getvalue().endswith("\x1b[2K")
