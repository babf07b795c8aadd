"""What went through each network interface, as /proc/net/dev counts it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from prometheus_client.metrics_core import Metric

from exporters.host.reading import Roots, read, reading

RECEIVED = ("bytes", "packets", "errs", "drop", "fifo", "frame", "compressed", "multicast")
SENT = ("bytes", "packets", "errs", "drop", "fifo", "colls", "carrier", "compressed")
COLUMNS = [("receive", name) for name in RECEIVED] + [("transmit", name) for name in SENT]


def parse_netdev(text: str) -> Mapping[str, Sequence[int]]:
    """Interface → its columns. The first two lines are the heads of the table."""
    lines = (line.rpartition(":") for line in text.splitlines()[2:])
    return {device.strip(): [int(word) for word in values.split()] for device, _, values in lines}


def netdev(roots: Roots) -> Iterable[Metric]:
    """A family for each column; of the network namespace that the exporter is in."""
    devices = parse_netdev(read(f"{roots.proc}/net/dev"))
    for column, (way, name) in enumerate(COLUMNS):
        metric = Metric(f"node_network_{way}_{name}_total", f"Column {name} of /proc/net/dev, {way}.", "counter")
        for device, values in devices.items():
            metric.add_sample(metric.name, {"device": device}, values[column])
        yield metric


collector = reading("netdev", netdev)
