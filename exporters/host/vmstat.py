"""Paging, swapping and page faults, as /proc/vmstat counts them in pages."""

from __future__ import annotations

import re
from collections.abc import Iterable

from prometheus_client.metrics_core import Metric

from exporters.host.reading import Roots, read, reading, single

SHOWN = re.compile(r"^((?:oom_kill|pgpg|pswp|pg.*fault)\w*) (\d+)$", re.MULTILINE)


def vmstat(roots: Roots) -> Iterable[Metric]:
    """Untyped, as node_exporter has them, though all of them only grow."""
    for name, value in SHOWN.findall(read(f"{roots.proc}/vmstat")):
        yield single(f"node_vmstat_{name}", f"{name} of /proc/vmstat.", "unknown", int(value))


collector = reading("vmstat", vmstat)
