"""What each disk did, as /proc/diskstats counts it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from prometheus_client.metrics_core import Metric

from exporters.host.reading import Roots, read, reading

PARTS = re.compile(r"(?:z?ram|loop|fd|(?:h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+")
"""Devices left out, as node_exporter does: partitions, whose disk is shown, and disks made of memory or files."""

SECTOR = 512
"""Bytes; the kernel counts in these whatever the disk's own sectors are."""

FIELDS: Sequence[tuple[str, str, float]] = (
    ("reads_completed_total", "Reads that were completed.", 1),
    ("reads_merged_total", "Reads that were merged with another.", 1),
    ("read_bytes_total", "Bytes read.", SECTOR),
    ("read_time_seconds_total", "Seconds that reads took, all added up.", 1000),
    ("writes_completed_total", "Writes that were completed.", 1),
    ("writes_merged_total", "Writes that were merged with another.", 1),
    ("written_bytes_total", "Bytes written.", SECTOR),
    ("write_time_seconds_total", "Seconds that writes took, all added up.", 1000),
    ("io_now", "Reads and writes under way.", 1),
    ("io_time_seconds_total", "Seconds in which anything was under way.", 1000),
    ("io_time_weighted_seconds_total", "Seconds in which anything was under way, times how many.", 1000),
    ("discards_completed_total", "Discards that were completed.", 1),
    ("discards_merged_total", "Discards that were merged with another.", 1),
    ("discarded_sectors_total", "Sectors discarded.", 1),
    ("discard_time_seconds_total", "Seconds that discards took, all added up.", 1000),
    ("flush_requests_total", "Flushes that were completed.", 1),
    ("flush_requests_time_seconds_total", "Seconds that flushes took, all added up.", 1000),
)
"""The columns after the device's name: name, help, and bytes in one of a column or its milliseconds in a second."""


def parse_diskstats(text: str) -> Mapping[str, Sequence[int]]:
    """Device → its columns; older kernels have fewer."""
    lines = (line.split() for line in text.splitlines())
    return {words[2]: [int(word) for word in words[3:]] for words in lines if not PARTS.fullmatch(words[2])}


def diskstats(roots: Roots) -> Iterable[Metric]:
    """A family for each column."""
    devices = parse_diskstats(read(f"{roots.proc}/diskstats"))
    for column, (name, help_text, scale) in enumerate(FIELDS):
        metric = Metric(f"node_disk_{name}", help_text, "counter" if name.endswith("_total") else "gauge")
        for device, values in devices.items():
            if column < len(values):
                value = values[column] / scale if "seconds" in name else values[column] * scale
                metric.add_sample(metric.name, {"device": device}, value)
        yield metric


collector = reading("diskstats", diskstats)
