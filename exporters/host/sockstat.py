"""Sockets in use, as /proc/net/sockstat counts them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from prometheus_client.metrics_core import Metric

from exporters.host.reading import Roots, read, reading, single


def parse_sockstat(text: str) -> Mapping[str, int]:
    """`<protocol>_<what>` → its number."""
    figures: dict[str, int] = {}
    for line in text.splitlines():
        protocol, _, rest = line.partition(":")
        words = rest.split()
        figures |= {f"{protocol}_{what}": int(number) for what, number in zip(words[::2], words[1::2], strict=True)}
    return figures


def sockstat(roots: Roots) -> Iterable[Metric]:
    """A gauge for each number; `mem` is pages, and shown in bytes as well."""
    figures = dict(parse_sockstat(read(f"{roots.proc}/net/sockstat")))
    if (roots.proc / "net/sockstat6").exists():
        figures |= parse_sockstat(read(f"{roots.proc}/net/sockstat6"))
    page = os.sysconf("SC_PAGE_SIZE")
    for name, number in figures.items():
        yield single(f"node_sockstat_{name}", f"{name} of /proc/net/sockstat.", "gauge", number)
        if name.endswith("_mem"):
            yield single(f"node_sockstat_{name}_bytes", f"{name} in bytes.", "gauge", number * page)


collector = reading("sockstat", sockstat)
