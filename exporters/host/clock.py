"""What time the machine believes it is."""

from __future__ import annotations

import time
from collections.abc import Iterable

from prometheus_client.metrics_core import Metric

from exporters.host.reading import Roots, reading, single


def clock(_roots: Roots) -> Iterable[Metric]:
    """node_time_seconds; less node_boot_time_seconds it is the uptime."""
    yield single("node_time_seconds", "The machine's clock, in Unix seconds.", "gauge", time.time())


collector = reading("clock", clock)
