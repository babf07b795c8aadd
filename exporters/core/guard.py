"""A guard around each collector: what one of them does wrong costs only its own samples.

A thread asks the collectors one after the other, which for those that only read files is much cheaper than a thread for
each, and is kept for the next scrape. When it is held up, another thread asks the rest. A collector that has not
answered when the scrape must be is left behind: the others are served, and it is not asked again until it comes back;
what it then brings is thrown away. So one that hangs holds one thread, however many scrapes go by.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue

from msgspec import Struct
from prometheus_client.metrics_core import Metric

from exporters.core.collector import Absent, Collector
from exporters.core.exposition import Family, family

COLLECTORS_SHARE = 0.9
"""Of the time until a scrape must be answered; then collectors give up, and still have time to say so."""

LEFT_SHARE = 0.25
"""Of its time that a scrape must still have when its turn comes; with less, collectors that are well would fail."""

PATIENCE = 0.02
"""Seconds without an answer after which another thread asks the collectors that still wait for their turn."""


class Answer(Struct, frozen=True):
    """What came of asking a collector once."""

    seconds: float
    families: Sequence[Family] = ()
    reason: str | None = None
    """Of `Absent`."""
    remark: str | None = None
    """For the log: what went wrong, or is absent."""

    @property
    def failed(self) -> bool:
        """Absent is not failed."""
        return self.remark is not None and self.reason is None


class _Desk:
    """A collector, and since when it is being asked."""

    def __init__(self, collector: Collector) -> None:
        self.collector = collector
        self.asked: float | None = None
        """None: nobody is asking."""
        self.said: str | None = None
        """Its last remark in the log."""

    def ask(self, deadline: float) -> Answer:
        """Ask the collector; whatever it raises ends here."""
        start = time.monotonic()
        try:
            shown = [family(metric) for metric in self.collector.collect(deadline)]
            return Answer(time.monotonic() - start, [each for each in shown if each is not None])
        except Absent as absent:
            return Answer(time.monotonic() - start, reason=absent.reason, remark=f"absent: {absent}")
        except Exception as error:  # noqa: BLE001 - this is the guard
            return Answer(time.monotonic() - start, remark=f"{type(error).__name__}: {error}")
        finally:
            self.asked = None

    def unanswered(self) -> Answer:
        """In the place of an answer, when the scrape must be answered without it."""
        now = time.monotonic()
        return Answer(now - (self.asked or now), remark="has not answered in time, and is not asked again until it has")


class _Askers:
    """Threads that ask. One is kept when it is done: a new one for each scrape would begin on a cold processor."""

    def __init__(self) -> None:
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._take = threading.Lock()
        self._waits = False
        """Whether one is idle."""

    def do(self, work: Callable[[], None]) -> None:
        """Have it done, by the one that is idle or by a new one."""
        with self._take:
            if self._waits:
                self._waits = False
                self._work.put(work)
                return
        threading.Thread(target=self._live, args=(work,), name="asks collectors", daemon=True).start()

    def close(self) -> None:
        """End the one that is idle."""
        with self._take:
            if self._waits:
                self._waits = False
                self._work.put(None)

    def _live(self, work: Callable[[], None] | None) -> None:
        while work is not None:
            work()
            with self._take:
                if self._waits:
                    return
                self._waits = True
            work = self._work.get()


class _Round:
    """One scrape's questions: threads take desks from a line until it is empty."""

    def __init__(self, desks: Sequence[_Desk], deadline: float, askers: _Askers) -> None:
        now = time.monotonic()
        self._askers = askers
        self._line = deque(desks)
        self._take = threading.Lock()
        self._deadline, self._given = deadline, now + (deadline - now) * COLLECTORS_SHARE
        self._patience = min(PATIENCE, (deadline - now) / (2 * len(desks) + 1))
        self._expected = len(desks)
        self._found: dict[_Desk, Answer] = {}
        self._complete = threading.Event()

    def answers(self) -> dict[_Desk, Answer]:
        """What has been answered by the deadline."""
        if not self._expected:
            return {}
        seen = 0
        self._one_more_asks()
        while not self._complete.wait(min(self._patience, max(0.0, self._deadline - time.monotonic()))):
            if time.monotonic() >= self._deadline:
                break
            if len(self._found) == seen:
                self._one_more_asks()
            seen = len(self._found)
        with self._take:
            self._line.clear()
            return dict(self._found)

    def _one_more_asks(self) -> None:
        if self._line:
            self._askers.do(self._ask)

    def _ask(self) -> None:
        while desk := self._next():
            self._found[desk] = desk.ask(self._given)
            if len(self._found) == self._expected:
                self._complete.set()

    def _next(self) -> _Desk | None:
        """The next in line, marked as asked: the next scrape must not ask it at the same time."""
        with self._take:
            if not self._line:
                return None
            desk = self._line.popleft()
            desk.asked = time.monotonic()
            return desk


class Guard:
    """Asks all collectors and says of each how it went."""

    def __init__(self, prefix: str, collectors: Sequence[Collector]) -> None:
        """`prefix`: of the metrics about the collectors."""
        self._prefix = prefix
        self._desks = [_Desk(collector) for collector in collectors]
        self._askers = _Askers()
        self._one_at_a_time = threading.Lock()

    def scrape(self, budget: float) -> list[Family] | None:
        """What the collectors say within `budget` seconds; None when another scrape has not left in time."""
        deadline = time.monotonic() + budget
        if not self._one_at_a_time.acquire(timeout=budget * (1 - LEFT_SHARE)):
            return None
        try:
            found = _Round([desk for desk in self._desks if desk.asked is None], deadline, self._askers).answers()
            answers = [(desk, found.get(desk) or desk.unanswered()) for desk in self._desks]
            self._log(answers)
        finally:
            self._one_at_a_time.release()
        return [shown for _, answer in answers for shown in answer.families] + self._about(answers)

    def close(self) -> None:
        """Close the collectors, except one that is still being asked."""
        self._askers.close()
        for desk in self._desks:
            if desk.asked is None:
                desk.collector.close()

    def _log(self, answers: Sequence[tuple[_Desk, Answer]]) -> None:
        """Say on stderr what changed, once: a line for each scrape would bury it."""
        for desk, answer in answers:
            if answer.remark != desk.said:
                desk.said = answer.remark
                words = " ".join((answer.remark or "works again").split())
                sys.stderr.write(f"{self._prefix}: collector {desk.collector.name}: {words}\n")
        sys.stderr.flush()

    def _about(self, answers: Sequence[tuple[_Desk, Answer]]) -> list[Family]:
        name = f"{self._prefix}_scrape_collector_"
        success = Metric(f"{name}success", "1: the collector answered, also that there is nothing to measure.", "gauge")
        seconds = Metric(f"{name}duration_seconds", "How long the collector took, or has been taking.", "gauge")
        absent = Metric(f"{name}absent", "1: what the collector measures is not here, which is no failure.", "gauge")
        for desk, answer in answers:
            labels = {"collector": desk.collector.name}
            success.add_sample(success.name, labels, int(not answer.failed))
            seconds.add_sample(seconds.name, labels, round(answer.seconds, 6))
            if answer.reason is not None:
                absent.add_sample(absent.name, {**labels, "reason": answer.reason}, 1)
        return [shown for metric in (seconds, success, absent) if (shown := family(metric)) is not None]
