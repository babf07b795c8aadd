"""A worker's side of a run: begins when the master says so, ends with the plan, and delivers its last count.

Locust's own stop loses counts: its master waits half a second and then drops what comes late. So nothing is ended
before the master holds every worker's `final` message, which follows the last statistics on the same connection.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable
from typing import Any

import gevent
import msgspec
from gevent.event import Event

from loadgen.users.housekeeping import Housekeeping
from loadgen.users.timeline import PlannedTimeline
from loadgen.users.worker import Worker

POLL = 0.02
KILL = 1.0
"""Seconds within which an operation that is given up must be in the books."""

ASSIGNMENT, DRAIN, FINAL = "assignment", "drain", "final"
"""Messages between master and worker."""

ORPHANED = 1
"""Exit code when the parent process is gone."""


class WorkerConductor:
    """`number`: this worker's, from 0. `flush`: writes logs that are held back."""

    def __init__(
        self, environment: Any, worker: Worker, timeline: PlannedTimeline, number: int, flush: Callable[[], None]
    ) -> None:
        self._environment = environment
        self._worker = worker
        self._timeline = timeline
        self._number = number
        self._flush = flush
        self._stop = Event()
        self._drained_by: float | None = None
        """CLOCK_MONOTONIC, once the master has said it; else the plan's drain holds."""
        self._housekeeping = Housekeeping(worker, flush, self._orphaned)

    def start(self) -> None:
        """Listen to the master. To be called when Locust's runner stands."""
        runner = self._environment.runner
        runner.register_message(ASSIGNMENT, self._assigned)
        runner.register_message(DRAIN, self._told_to_stop)
        self._environment.events.spawning_complete.add_listener(_freeze)
        self._housekeeping.start()
        gevent.spawn(self._run)

    def _assigned(self, environment: Any, msg: Any, **_: Any) -> None:
        types = {user_class.__name__: user_class.test_type for user_class in environment.user_classes}
        counts: dict[str, dict[str, int]] = {}
        for client, classes in msg.data["counts"].items():
            for name, count in classes.items():
                counts.setdefault(types[name], {})[client] = count
        self._timeline.assign(msg.data["start"], environment.runner.client_id, counts)

    def _told_to_stop(self, msg: Any, **_: Any) -> None:
        """Only for an early end; the plan's own end every worker knows."""
        self._timeline.cut = True
        self._drained_by = time.monotonic() + msg.data["seconds"]
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.is_set() and not self._over():
            self._stop.wait(POLL)
        self._timeline.closed = True
        unclosed = self._close_books()
        self._housekeeping.show_users()
        self._deliver(unclosed)

    def _over(self) -> bool:
        return self._timeline.assigned and self._timeline.elapsed_at(time.monotonic()) >= self._worker.plan.duration

    def _close_books(self) -> int:
        """Let operations end until the drain is over, give up the rest. Returns how many could not even be given up."""
        planned = time.monotonic() + self._worker.plan.drain
        while self._busy() and time.monotonic() < (planned if self._drained_by is None else self._drained_by):
            gevent.sleep(POLL)
        gevent.killall([user.greenlet for user in self._busy()], block=True, timeout=KILL)
        return len(self._busy())

    def _busy(self) -> list[Any]:
        return [user for user in self._worker.users if user.busy]

    def _deliver(self, unclosed: int) -> None:
        runner, last = self._environment.runner, self._worker.books.last_end
        self._flush()
        runner._send_stats()  # noqa: SLF001 - else the last counts wait up to three seconds for Locust's own report
        message = {
            "worker": self._number,
            "unclosed": unclosed,
            "counts": msgspec.to_builtins(self._worker.counters.counts()),
            "ended": time.time() - time.monotonic() + last if last else None,
        }
        runner.send_message(FINAL, message)
        self._environment.process_exit_code = 0

    def _orphaned(self) -> None:
        """Nobody is left to whom anything could be delivered: the load ends at once, with the process."""
        self._timeline.closed = True
        self._flush()
        os._exit(ORPHANED)


def _freeze(**_: Any) -> None:
    """What was made until now stays for good; without it each collection would stop all users for it."""
    gc.collect()
    gc.freeze()
