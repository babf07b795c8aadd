"""Writing a recording: what the collectors ask, and what the device answers, moment by moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from exporters.core.collector import Absent, Collector
from exporters.gpu.backend import Backend, Call, Event, NvmlFault
from exporters.gpu.recording import BEGIN, WATCH, Moment


class Recorder:
    """A backend that passes every question on, and keeps the answer."""

    def __init__(self, backend: Backend) -> None:
        """`backend`: who answers."""
        self._backend = backend
        self._answers: dict[str, Any] = {}
        self._standing: dict[str, Any] = {}
        """Answers of the session's beginning, which hold in every later moment too."""
        self._events: list[Event] = []

    def open(self) -> None:
        """Begin a session. Raises NvmlFault."""
        self._kept(self._standing, BEGIN, self._backend.open)

    def close(self) -> None:
        """End the session; an error that ended it stays on record until the next begins."""
        failed = {key: answer for key, answer in self._standing.items() if key == BEGIN.key and answer is not None}
        self._standing = failed
        self._backend.close()

    def ask(self, call: Call) -> Any:
        """The raw answer. Raises NvmlFault."""
        return self._kept(self._answers, call, lambda: self._backend.ask(call))

    def watch(self, device: str) -> None:
        """Have critical errors reported. Raises NvmlFault."""
        self._kept(self._standing, Call(WATCH, device), lambda: self._backend.watch(device))

    def events(self) -> list[Event]:
        """What was reported. Raises NvmlFault."""
        found = self._backend.events()
        self._events += found
        return found

    def moment(self, at: float) -> Moment:
        """All that was answered since the last moment."""
        moment = Moment(at=at, answers={**self._standing, **self._answers}, events=self._events)
        self._answers, self._events = {}, []
        return moment

    def _kept(self, place: dict[str, Any], call: Call, answered: Callable[[], Any]) -> Any:
        try:
            place[call.key] = answered()
        except NvmlFault as fault:
            place[call.key] = {"error": fault.error}
            raise
        return place[call.key]


def record(recorder: Recorder, collectors: Sequence[Collector], seconds: float, interval: float) -> Iterator[Moment]:
    """Ask all collectors once in each interval, and give each moment at once. `collectors`: they ask the recorder."""
    began, count = time.monotonic(), 0
    while count * interval < seconds:
        time.sleep(max(0.0, began + count * interval - time.monotonic()))
        at = time.monotonic() - began
        for collector in collectors:
            with suppress(Absent, NvmlFault):  # the answer that says so is on record
                collector.collect(time.monotonic() + interval)
        yield recorder.moment(round(at, 3))
        count += 1
