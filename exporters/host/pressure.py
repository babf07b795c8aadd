"""Pressure: how long something waited for a processor, for memory or for a disk (the kernel's PSI)."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable, Mapping

from prometheus_client.metrics_core import Metric

from exporters.core.collector import NOT_HERE, Absent
from exporters.host.reading import Roots, contents, reading, single

RESOURCES = {"cpu": ("some",), "io": ("some", "full"), "memory": ("some", "full"), "irq": ("full",)}
"""A file → its lines that say something; that all wait for a processor is not defined for a machine."""

WORDS = {"some": "waiting", "full": "stalled"}
HELP = {
    "some": "Seconds in which at least one process waited for {}.",
    "full": "Seconds in which every process that could run waited for {}.",
}
TOTAL = re.compile(r"^(some|full) .*\btotal=(\d+)$", re.MULTILINE)


def parse_pressure(text: str) -> Mapping[str, float]:
    """`some` and `full`, where they are → seconds since the start of the machine."""
    return {line: int(microseconds) / 1e6 for line, microseconds in TOTAL.findall(text)}


def pressure(roots: Roots) -> Iterable[Metric]:
    """A counter for each file and line."""
    found = False
    for resource, lines in RESOURCES.items():
        seconds = _seconds(roots, resource)
        for line in lines:
            if line in seconds:
                found = True
                name = f"node_pressure_{resource}_{WORDS[line]}_seconds_total"
                yield single(name, HELP[line].format(resource), "counter", seconds[line])
    if not found:
        raise Absent(NOT_HERE, "this kernel was built or started without pressure stall information (psi=1)")


def _seconds(roots: Roots, resource: str) -> Mapping[str, float]:
    try:
        return parse_pressure(contents(f"{roots.proc}/pressure/{resource}"))
    except OSError as fault:
        if fault.errno in (errno.ENOENT, errno.EOPNOTSUPP):
            return {}
        raise


collector = reading("pressure", pressure)
