"""What each network interface is: up or not, how fast, how large a packet may be."""

from __future__ import annotations

import os
from collections.abc import Iterable

from prometheus_client.metrics_core import Metric

from exporters.core.collector import NOT_HERE, Absent
from exporters.host.reading import Roots, contents, reading

BYTES_IN_MEGABIT = 1_000_000 // 8


def netclass(roots: Roots) -> Iterable[Metric]:
    """Gauges for each interface, where it has them: one that is down or virtual has no speed."""
    folder = roots.sys / "class/net"
    try:
        interfaces = sorted(path.name for path in os.scandir(folder) if path.is_dir())
    except FileNotFoundError as missing:
        raise Absent(NOT_HERE, f"there is no {folder}") from missing
    up = Metric("node_network_up", "1: the interface is operational.", "gauge")
    carrier = Metric("node_network_carrier", "1: there is a signal on the line.", "gauge")
    mtu = Metric("node_network_mtu_bytes", "Largest packet.", "gauge")
    speed = Metric("node_network_speed_bytes", "Bytes a second that the line can carry each way.", "gauge")
    for interface in interfaces:
        labels = {"device": interface}
        up.add_sample(up.name, labels, int(_text(f"{folder}/{interface}/operstate") == "up"))
        for metric, file, scale in ((carrier, "carrier", 1), (mtu, "mtu", 1), (speed, "speed", BYTES_IN_MEGABIT)):
            value = _text(f"{folder}/{interface}/{file}")
            if value.isdecimal():  # -1: not known
                metric.add_sample(metric.name, labels, int(value) * scale)
    return up, carrier, mtu, speed


def _text(path: str) -> str:
    """What stands there; nothing when the interface cannot say or is gone already."""
    try:
        return contents(path).strip()
    except OSError:
        return ""


collector = reading("netclass", netclass)
