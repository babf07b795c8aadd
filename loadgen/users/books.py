"""Where an operation's outcome is written down: once, and everywhere at the same moment."""

from __future__ import annotations

from typing import Any, Protocol

from loadgen.model.outcome import Outcome
from loadgen.model.record import Count


class Counters(Protocol):
    """A worker's counters; loadgen.telemetry.counters.WorkerCounters is one, and says what each means."""

    def record(self, outcome: Outcome) -> None:
        """Count an operation."""

    def set_users(self, test_type: str, users: int) -> None:
        """Active users now."""

    def in_flight(self, test_type: str, delta: int) -> None:
        """An operation was sent or answered."""

    def connections(self, test_type: str, delta: int) -> None:
        """A connection was opened or closed."""

    def reconnected(self, test_type: str) -> None:
        """A lost connection was made again."""

    def loop_lag(self, seconds: float) -> None:
        """How late the event loop ran a timer."""

    def cpu(self, ratio: float) -> None:
        """Share of a core in the last second."""

    def heartbeat(self, unix: float) -> None:
        """The loop turns."""

    def counts(self) -> tuple[Count, ...]:
        """What was counted so far."""


class NoCounters:
    """For Locust standing alone, where nobody collects: everything is forgotten."""

    def record(self, outcome: Outcome) -> None:
        """Forget it."""

    def set_users(self, test_type: str, users: int) -> None:
        """Forget it."""

    def in_flight(self, test_type: str, delta: int) -> None:
        """Forget it."""

    def connections(self, test_type: str, delta: int) -> None:
        """Forget it."""

    def reconnected(self, test_type: str) -> None:
        """Forget it."""

    def loop_lag(self, seconds: float) -> None:
        """Forget it."""

    def cpu(self, ratio: float) -> None:
        """Forget it."""

    def heartbeat(self, unix: float) -> None:
        """Forget it."""

    def counts(self) -> tuple[Count, ...]:
        """Nothing was counted."""
        return ()


class Sink(Protocol):
    """A file that takes outcomes."""

    def add(self, outcome: Outcome) -> None:
        """Write it down, now or soon."""


class Books:
    """Counters, Locust's statistics and the logs of one worker."""

    def __init__(self, counters: Counters, request_event: Any, sinks: tuple[Sink, ...]) -> None:
        """`request_event`: Locust's `events.request`."""
        self._count = counters.record
        self._fire = request_event.fire
        self._sinks = sinks
        self.last_end = 0.0
        """When the latest operation ended, CLOCK_MONOTONIC; 0 before the first."""

    def enter(self, outcome: Outcome, length: int) -> None:
        """Count an outcome; `length`: bytes of the answer.

        No greenlet can run in between (nothing here waits), so the counters and Locust's statistics always agree, even
        when a user is killed. What the counters refuse, Locust does not hear of either.
        """
        self._count(outcome)
        self._fire(
            request_type=outcome.test_type,
            name=outcome.name,
            response_time=outcome.response_time * 1000,
            response_length=length,
            exception=None if outcome.reason is None else f"{outcome.reason} {outcome.status}".rstrip(),
            context={},
        )
        self.last_end = max(self.last_end, outcome.finished)
        for sink in self._sinks:
            sink.add(outcome)
