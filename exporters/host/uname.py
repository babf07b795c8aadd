"""Which kernel this is."""

from __future__ import annotations

import os
from collections.abc import Iterable

from prometheus_client.metrics_core import Metric

from exporters.host.reading import Roots, read, reading, single


def uname(roots: Roots) -> Iterable[Metric]:
    """node_uname_info; dashboards take their list of machines from it."""
    system = os.uname()
    labels = {
        "domainname": read(f"{roots.proc}/sys/kernel/domainname").strip(),
        "machine": system.machine,
        "nodename": system.nodename,
        "release": system.release,
        "sysname": system.sysname,
        "version": system.version,
    }
    yield single("node_uname_info", "The kernel and the name of the machine.", "gauge", 1, labels)


collector = reading("uname", uname)
