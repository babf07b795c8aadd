"""Collectors for tests, whose only trait is how they behave."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Event

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from exporters.core.exposition import text
from exporters.core.guard import Guard


class Stand:
    """A collector that does what the test says."""

    def __init__(self, name: str, does: Callable[[float], Iterable[Metric]] | None = None) -> None:
        self.name = name
        self.asked = 0
        self.closed = False
        self._does = does or (lambda _: [gauge(f"{name}_value", 1)])

    def collect(self, deadline: float) -> Iterable[Metric]:
        self.asked += 1
        return self._does(deadline)

    def close(self) -> None:
        self.closed = True


class Hanging(Stand):
    """A collector that takes no notice of its deadline until it is let go."""

    def __init__(self, name: str) -> None:
        super().__init__(name, self._hang)
        self.let_go = Event()

    def _hang(self, _deadline: float) -> Iterable[Metric]:
        self.let_go.wait(60)
        return [gauge(f"{self.name}_value", self.asked)]


def gauge(name: str, value: float) -> Metric:
    return GaugeMetricFamily(name, "-", value=value)


def samples(guard: Guard, budget: float = 5.0) -> dict[str, str]:
    """A scrape: each line's name with its labels → its value; without the durations."""
    families = guard.scrape(budget)
    assert families is not None
    lines = (line.rsplit(" ", 1) for line in text(families).decode().splitlines() if not line.startswith("#"))
    return {name: value for name, value in lines if "duration" not in name}
