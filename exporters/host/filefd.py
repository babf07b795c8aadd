"""File descriptors of the whole machine."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.metrics_core import Metric

from exporters.host.reading import Roots, read, reading, single


def filefd(roots: Roots) -> Iterable[Metric]:
    """How many there are and may be."""
    allocated, _, maximum = read(f"{roots.proc}/sys/fs/file-nr").split()
    yield single("node_filefd_allocated", "File descriptors that are open.", "gauge", int(allocated))
    yield single("node_filefd_maximum", "File descriptors that may be open.", "gauge", int(maximum))


collector = reading("filefd", filefd)
