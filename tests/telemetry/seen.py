"""A run's counters, seen from both sides."""

from __future__ import annotations

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from loadgen.model.plan import Plan
from loadgen.telemetry.counters import create
from loadgen.telemetry.exposition import Exposition
from loadgen.telemetry.layout import layout_of
from loadgen.telemetry.memory import map_file, worker_file
from loadgen.telemetry.run_values import RunValues

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


class Seen:
    """What a scrape of the counters in `work` shows."""

    def __init__(self, work: Path, plan: Plan) -> None:
        create(work, plan)
        layout = layout_of(plan)
        workers = [
            map_file(worker_file(work, n), layout.fingerprint, layout.slots, writable=False).cast("Q")
            for n in range(plan.workers)
        ]
        self._exposition = Exposition(plan, layout, workers, RunValues.open(work, plan, writable=False), "abc123")

    def text(self, now: float = 0.0) -> str:
        return self._exposition.render(now).decode()

    def samples(self, now: float = 0.0) -> Samples:
        return samples_in(self.text(now))

    def value(self, metric: str, /, now: float = 0.0, **labels: str) -> float | None:
        return self.samples(now).get((metric, frozenset(labels.items())))


def samples_in(text: str) -> Samples:
    """Every sample of an exposition text, parsed by Prometheus' own client."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
