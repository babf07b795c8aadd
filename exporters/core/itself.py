"""What the exporter itself uses, under the names that every usual exporter has, such as process_cpu_seconds_total."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from prometheus_client import ProcessCollector
from prometheus_client.metrics_core import Metric


class Itself:
    """CPU, memory, descriptors and start time of this process."""

    name = "exporter"

    def __init__(self, proc: Path = Path("/proc")) -> None:
        """`proc`: where the kernel shows processes."""
        self._process = ProcessCollector(registry=None, proc=str(proc))

    def collect(self, _deadline: float) -> Iterable[Metric]:
        """The families of this moment."""
        return self._process.collect()

    def close(self) -> None:
        """There is nothing to let go of."""
