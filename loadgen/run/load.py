"""The load itself: from ready generators to closed books, watched all the while."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from loadgen.model.control import FINAL, GO, READY, STOP, FinalBooks, Go, Stop
from loadgen.model.measured import SIM_GROUPS
from loadgen.model.plan import Plan
from loadgen.model.record import ABORTED, COMPLETED, INTERRUPTED, Event
from loadgen.run.abort import Breach
from loadgen.run.errors import EnvironmentFault, Interrupted
from loadgen.run.exporters import ROLE
from loadgen.run.interrupt import Interrupt
from loadgen.run.processes import Child
from loadgen.run.server import Part
from loadgen.storage import load, save

START_TIMEOUT = 60.0
HEAD_START = 0.3
"""Seconds between the decision to begin and the plan's time 0, so that every worker knows it beforehand."""
HASTY_DRAIN = 2.0
"""Seconds that operations in flight get when the run is stopped early."""
STOPPED_WITHIN = 4.8
"""Seconds after which the load has ended for certain when it was stopped early: 5 are promised."""
BOOKS_GRACE = 8.0
"""Seconds after the drain within which the generators' last counts must have come."""


class Watched(Struct, frozen=True, kw_only=True):
    """Why the watch over the load ended. `aborted_by`: the criterion that stopped it."""

    outcome: str
    events: tuple[Event, ...] = ()
    aborted_by: str | None = None
    signal: int | None = None


class Load(Watched, frozen=True, kw_only=True):
    """How the load went. Times are Unix seconds; `books` are None when the generators did not deliver them."""

    started: float
    ended: float
    books: FinalBooks | None


class Watcher(Protocol):
    """Told several times a second how far the load has got; may raise nothing."""

    def moment(self, elapsed: float) -> Breach | None:
        """`elapsed`: seconds since the plan's time 0. What it returns stops the load."""


class Generators:
    """The Locust master and its workers, and the work folder through which they are spoken to."""

    def __init__(self, plan: Plan, work: Path, master: Child, workers: list[Child], services: Sequence[Part]) -> None:
        self._plan = plan
        self._work = work
        self._master = master
        self._workers = workers
        self._services = services
        self._lost: set[str] = set()
        self._breach: Breach | None = None

    def wait_until_ready(self, interrupt: Interrupt) -> None:
        """Return when every user is spawned and idle. Raises EnvironmentFault when that does not come about."""

        def ready() -> bool:
            if dead := self._ended():
                raise EnvironmentFault(*(part.death() for part in dead))
            return (self._work / READY).exists()

        if not interrupt.wait(ready, START_TIMEOUT):
            raise EnvironmentFault(
                f"the load generators were not ready after {START_TIMEOUT:.0f} s; "
                f"the master's last words: {self._master.last_words()}"
            )

    def go(self) -> float:
        """Fix the plan's time 0 and tell the master. Returns it in Unix seconds."""
        start = time.time() + HEAD_START
        save(self._work / GO, Go(start=start))
        return start

    def watch(self, start: float, interrupt: Interrupt, watcher: Watcher) -> Watched:
        """Return when the books close, the watcher stops the load, part of the instrument is lost, or a signal came."""
        events: list[Event] = []
        latest = start + self._plan.duration + self._plan.drain + BOOKS_GRACE
        try:
            in_time = interrupt.wait(lambda: self._over(start, events, watcher), latest - time.time(), step=0.1)
        except Interrupted as stop:
            return Watched(outcome=INTERRUPTED, events=tuple(events), signal=stop.signal)
        if not in_time:
            text = "the load generators did not deliver their last counts in time"
            events.append(Event(at=time.time(), kind="master_lost", text=text))
        outcome = COMPLETED if self._books() is not None and self._breach is None else ABORTED
        return Watched(
            outcome=outcome, events=tuple(events), aborted_by=self._breach.criterion if self._breach else None
        )

    def close(self, start: float, watched: Watched) -> Load:
        """Stop what still runs, and take the books. Completed is only a load whose books are complete."""
        if self._books() is None:
            self._stop_early()
        books = self._books()
        events = list(watched.events)
        outcome = watched.outcome
        if books is None or not books.complete:
            missing = ", ".join(map(str, books.missing)) if books else "all"
            text = f"the last counts are missing of the workers: {missing}"
            events += [] if _instrument_lost(events) else [Event(at=time.time(), kind="worker_lost", text=text)]
            outcome = ABORTED if outcome == COMPLETED else outcome
        ended = books.ended if books and books.ended else time.time()
        return Load(
            outcome=outcome,
            started=start,
            ended=ended,
            books=books,
            events=tuple(events),
            aborted_by=watched.aborted_by,
            signal=watched.signal,
        )

    def _over(self, start: float, events: list[Event], watcher: Watcher) -> bool:
        if self._books() is not None:
            return True
        for child in self._ended():
            kind = _loss(child)
            events.append(Event(at=time.time(), kind=kind, text=child.death()))
            self._lost.add(child.role)
        if _instrument_lost(events):
            return True
        self._breach = watcher.moment(time.time() - start)
        if self._breach is not None:
            events.append(Event(at=time.time(), kind="aborted", text=self._breach.text))
        return self._breach is not None

    def _stop_early(self) -> None:
        save(self._work / STOP, Stop(drain=HASTY_DRAIN))
        deadline = time.monotonic() + STOPPED_WITHIN
        # Not interruptible: a second signal ends everything by itself.
        while self._books() is None and self._master.exit_code() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        if self._books() is None:
            # Whoever does not hear, or has no master any more, would go on loading the target.
            for child in (*self._workers, self._master):
                child.signal(signal.SIGKILL)

    def _ended(self) -> list[Part]:
        children: list[Part] = [self._master, *self._workers, *self._services]
        return [c for c in children if c.exit_code() is not None and c.role not in self._lost]

    def _books(self) -> FinalBooks | None:
        path = self._work / FINAL
        return load(path, FinalBooks) if path.exists() else None


def _instrument_lost(events: list[Event]) -> bool:
    """Whether a part was lost that the verdict needs; a target that is lost fails by its answers.

    What an exporter measured decides nothing, so the load goes on without it. An abort is no loss.
    """
    return any(event.kind not in {"target_lost", "exporter_lost", "aborted"} for event in events)


def _loss(child: Part) -> str:
    kinds = {"locust-master": "master_lost", **dict.fromkeys(SIM_GROUPS, "target_lost")}
    own = {name: f"{name}_lost" for name in ("prometheus", "telemetry")}
    if child.role.startswith(ROLE):
        return "exporter_lost"
    return (kinds | own).get(child.role, "worker_lost")
