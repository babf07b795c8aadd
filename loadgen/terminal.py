"""What a person sees while a run goes on: a live view on a terminal, a line every ten seconds elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import TextIO

from rich.console import Console, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from loadgen.criteria import unit_of
from loadgen.model.inert import inert
from loadgen.model.plan import COOLDOWN, Criterion, Plan
from loadgen.model.quantities import clock_text
from loadgen.model.verdict import FAIL, INVALID, PASS, Verdict
from loadgen.query.live import Snapshot
from loadgen.run.listener import Ending
from loadgen.run.surroundings import FAILED, OK, WARNING, Finding
from loadgen.verdict.sentences import figure
from loadgen.verdict.text import summary

LINE_INTERVAL = 10.0
MARKS = {OK: "green", WARNING: "yellow", FAILED: "bold red"}
NOTHING: Mapping[str, str] = MappingProxyType({})
STYLES = {PASS: "bold green", FAIL: "bold red", INVALID: "bold yellow"}


class _Patient(Console):
    """A console whose reader may go away: rich would then exit with 1, which is FAIL, in the middle of a load."""

    def on_broken_pipe(self) -> None:
        """Say nothing more; the run goes on and its files tell."""
        self.quiet = True


class Terminal:
    """A run's Listener that prints for a person."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """`stream`: None for standard output."""
        self._console = _Patient(file=stream, highlight=False, soft_wrap=True)
        self._live: Live | None = None
        self._last_line = 0.0
        self._waits: Mapping[str, str] = NOTHING

    def said(self, text: str, style: str = "") -> None:
        """One or more lines, above the live view while there is one. What would steer a terminal in them does not."""
        self._console.print(_text(text, style))

    def found(self, finding: Finding) -> None:
        """A check of the preflight."""
        self._console.print(
            Text.assemble((f"  {finding.state:<8}", MARKS[finding.state]), inert(f"{finding.name}: {finding.text}"))
        )

    def shows(self, plan: Plan, elapsed: float, snapshot: Snapshot, waits: Mapping[str, str]) -> None:
        """How far the load has got and what Prometheus says of it."""
        if self._console.is_terminal:
            self._refresh(live_view(plan, elapsed, snapshot, waits))
        elif time.monotonic() - self._last_line >= LINE_INTERVAL or waits.keys() - self._waits.keys():
            self._last_line = time.monotonic()
            self.said(progress_line(plan, elapsed, snapshot, waits))
        self._waits = waits

    def works(self, text: str) -> None:
        """What is being done after the load, and how far it has come."""
        if self._console.is_terminal:
            self._refresh(Text(inert(text)))
        elif time.monotonic() - self._last_line >= LINE_INTERVAL:
            self._last_line = time.monotonic()
            self.said(text)

    def _refresh(self, view: RenderableType) -> None:
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        self._live.update(view, refresh=True)

    def ends(self) -> None:
        """Take the live view away."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def judged(self, ending: Ending) -> None:
        """The verdict with its reasons."""
        self.ends()
        self.said(f"\n{summary(ending.plan, ending.evidence, ending.verdict)}\nresults in {ending.folder}")

    def last_line(self, verdict: Verdict, code: int) -> None:
        """The verdict and the exit code, in colour where there is colour."""
        self.said(inert(f"{verdict.verdict} (exit code {code}): {verdict.sentence}"), STYLES[verdict.verdict])


def _text(lines: str, style: str = "") -> Text:
    return Text("\n".join(map(inert, lines.split("\n"))), style=style)


def progress_line(plan: Plan, elapsed: float, snapshot: Snapshot, waits: Mapping[str, str] = NOTHING) -> str:
    """One line for a log file. `waits`: see `Listener.shows`."""
    left = clock_text(plan.duration - elapsed)
    stops = "".join(f" · {criterion} {wait}" for criterion, wait in waits.items())
    return (
        f"{clock_text(elapsed)} {plan.phase_at(elapsed)}, {left} left · users {_users(snapshot)} · {_rate(snapshot)} · "
        f"P95 {_seconds(snapshot.p95)} · errors {_share(snapshot.error_share)} · {_alerts(snapshot)}{stops}"
    )


def live_view(plan: Plan, elapsed: float, snapshot: Snapshot, waits: Mapping[str, str] = NOTHING) -> Table:
    """The live view: phase, load and criteria as they stand. `waits`: see `Listener.shows`."""
    view = Table.grid(padding=(0, 2))
    phase = plan.phase_at(elapsed)
    rest = "waiting for the last answers" if phase == COOLDOWN else f"{clock_text(plan.duration - elapsed)} left"
    view.add_row("phase", f"{phase}  {clock_text(elapsed)} of {clock_text(plan.duration)}, {rest}")
    view.add_row("load", f"users {_users(snapshot)}   {_rate(snapshot)}")
    view.add_row("answers", f"P95 {_seconds(snapshot.p95)}   errors {_share(snapshot.error_share)}")
    for criterion in plan.criteria:
        view.add_row("", _criterion(criterion, snapshot, waits.get(criterion.id)))
    view.add_row("alerts", _alerts(snapshot))
    return view


def _criterion(criterion: Criterion, snapshot: Snapshot, wait: str | None) -> Text:
    value, unit = snapshot.criteria.get(criterion.id), unit_of(criterion)
    if criterion.id in snapshot.firing_criteria:
        state = Text("breached".ljust(14), style="red")
    else:
        state = Text(("holds so far" if value is not None else "no answer yet").ljust(14))
    bound = "no bound" if criterion.bound is None else figure(criterion.bound, unit)
    measured = "–" if value is None else figure(value, unit)
    stops = (f"  {wait}", "red") if wait else ""
    return Text.assemble(criterion.id.ljust(22), state, f" {measured} of {bound}", stops)


def _users(snapshot: Snapshot) -> str:
    return f"{_whole(snapshot.users)}/{_whole(snapshot.users_target)}"


def _rate(snapshot: Snapshot) -> str:
    return "no rate yet" if snapshot.rate is None else f"{snapshot.rate:.1f} operations/s"


def _seconds(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value * 100:.2f} %"


def _whole(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"


def _alerts(snapshot: Snapshot) -> str:
    return "firing: " + ", ".join(snapshot.firing) if snapshot.firing else "no alert fires"
