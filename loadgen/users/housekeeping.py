"""What a worker shows of itself ten times a second: its users, its loop's lateness, its CPU, that it lives."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable

import gevent

from loadgen.users.worker import Worker

TICK = 0.1
TICKS_A_SECOND = 10


class Housekeeping:
    """Runs beside the users. `each_second` is called once a second; `orphaned` when the parent process is gone."""

    def __init__(self, worker: Worker, each_second: Callable[[], None], orphaned: Callable[[], None]) -> None:
        self._worker = worker
        self._each_second = each_second
        self._orphaned = orphaned
        self._parent = os.getppid()
        self._cpu = (time.monotonic(), time.process_time())

    def start(self) -> None:
        """Begin, in a greenlet of its own."""
        gevent.spawn(self._run)

    def show_users(self) -> None:
        """Set the gauge of active users: those who woke and whose window is open."""
        worker, now = self._worker, time.monotonic()
        open_at = worker.timeline.elapsed_at(now)
        active = Counter(u.test_type for u in worker.users if u.active_until > open_at and not worker.timeline.closed)
        for test_type in worker.plan.test_types:
            worker.counters.set_users(test_type, active[test_type])

    def _run(self) -> None:
        planned, ticks = time.monotonic() + TICK, 0
        while True:
            while (left := planned - time.monotonic()) > 0:
                gevent.sleep(left)
            self._tick(planned)
            ticks += 1
            if ticks % TICKS_A_SECOND == 0:
                self._second()
            # Missed ticks are not made up for: their lateness has been counted in this one.
            planned = max(planned + TICK, time.monotonic())

    def _tick(self, planned: float) -> None:
        if self._worker.timeline.elapsed_at(planned) >= 0:
            self._worker.counters.loop_lag(time.monotonic() - planned)
        self.show_users()
        if os.getppid() != self._parent:
            self._orphaned()

    def _second(self) -> None:
        (wall, used), now = self._cpu, (time.monotonic(), time.process_time())
        self._cpu = now
        self._worker.counters.cpu((now[1] - used) / (now[0] - wall))
        self._worker.counters.heartbeat(time.time())
        self._each_second()
