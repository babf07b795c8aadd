"""Memory as /proc/meminfo shows it, under node_exporter's names, such as node_memory_MemAvailable_bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from prometheus_client.metrics_core import Metric

from exporters.host.reading import Roots, read, reading, single

LINE = re.compile(r"^(\w+)(?:\((\w+)\))?:\s+(\d+)( kB)?$", re.MULTILINE)


def parse_meminfo(text: str) -> dict[str, int]:
    """Name of a figure → its value: bytes where the name ends in `_bytes`, else a number of pages."""
    figures = {}
    for name, part, value, kilobytes in LINE.findall(text):
        whole = f"{name}_{part}" if part else name
        figures[f"{whole}_bytes" if kilobytes else whole] = int(value) * (1024 if kilobytes else 1)
    return figures


def meminfo(roots: Roots) -> Iterable[Metric]:
    """A gauge for each line."""
    for name, value in parse_meminfo(read(f"{roots.proc}/meminfo")).items():
        yield single(f"node_memory_{name}", f"{name} of /proc/meminfo.", "gauge", value)


collector = reading("meminfo", meminfo)
