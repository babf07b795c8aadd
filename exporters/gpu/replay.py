"""Serving a recording in the place of a device."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from prometheus_client.metrics_core import Metric

from exporters.gpu.backend import NOT_RECORDED, Call, Event, NvmlFault
from exporters.gpu.recording import BEGIN, WATCH, Header, Recording


class Replay:
    """A backend that answers as the device did at that time of the recording; at its end it begins again."""

    def __init__(self, recording: Recording, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock`: seconds that only go forward; the recording begins with the first question."""
        self._moments, self._clock = recording.moments, clock
        self._length = recording.moments[-1].at + recording.header.interval
        self._began: float | None = None
        self._told = -1

    def open(self) -> None:
        """Raises NvmlFault where no session could be begun."""
        self._answer(BEGIN, otherwise=None)

    def close(self) -> None:
        """There is nothing to let go of."""

    def ask(self, call: Call) -> Any:
        """The recorded answer. Raises NvmlFault: the recorded error, or `not_recorded`."""
        return self._answer(call, otherwise={"error": NOT_RECORDED})

    def watch(self, device: str) -> None:
        """Raises NvmlFault where the GPU could not be watched."""
        self._answer(Call(WATCH, device), otherwise={"error": NOT_RECORDED})

    def events(self) -> list[Event]:
        """Those of the moments that have passed since the last call."""
        now, count = self._position(), len(self._moments)
        passed = range(max(self._told + 1, now - count + 1), now + 1)
        self._told = now
        return [event for index in passed for event in self._moments[index % count].events]

    def _answer(self, call: Call, otherwise: Any) -> Any:
        answers = self._moments[self._position() % len(self._moments)].answers
        answer = answers.get(call.key, answers.get(BEGIN.key) or otherwise)
        if isinstance(answer, dict) and answer.keys() == {"error"}:
            raise NvmlFault(answer["error"])
        return answer

    def _position(self) -> int:
        """The index of the moment, counted on through the repetitions."""
        now = self._clock()
        self._began = now if self._began is None else self._began
        round_number, into = divmod(now - self._began, self._length)
        latest = max((i for i, moment in enumerate(self._moments) if moment.at <= into), default=0)
        return int(round_number) * len(self._moments) + latest


class Origin:
    """Says that what is shown is a recording, so that nobody takes it for this machine's GPU."""

    name = "replay"

    def __init__(self, header: Header) -> None:
        self._source = header.source

    def collect(self, _deadline: float) -> Iterable[Metric]:
        """One sample."""
        metric = Metric(
            "gpu_replay", "1: all of this is a recording, `nvml` from a device, `handmade` from none.", "gauge"
        )
        metric.add_sample(metric.name, {"source": self._source}, 1.0)
        return [metric]

    def close(self) -> None:
        """There is nothing to let go of."""
