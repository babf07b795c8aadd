"""Load averages."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.metrics_core import Metric

from exporters.host.reading import Roots, read, reading, single


def loadavg(roots: Roots) -> Iterable[Metric]:
    """Processes that run, could run, or wait for a disk, on average over 1, 5 and 15 minutes."""
    for minutes, value in zip((1, 5, 15), read(f"{roots.proc}/loadavg").split(), strict=False):
        yield single(f"node_load{minutes}", f"{minutes}m load average.", "gauge", float(value))


collector = reading("loadavg", loadavg)
