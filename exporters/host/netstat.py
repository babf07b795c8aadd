"""What the network protocols count: connections, segments sent again, queues that overflowed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from prometheus_client.metrics_core import Metric

from exporters.host.reading import Roots, read, reading, single

SHOWN = re.compile(
    r".*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)"
    r"|TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)"
    r"|Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)"
    r"|Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors)"
)
"""Of some hundred counters those that node_exporter shows."""


def parse_netstat(text: str) -> dict[str, int]:
    """`<protocol>_<what>` → its number, of those that are shown, from pairs of lines: names, then numbers."""
    lines = text.splitlines()
    return {
        name: int(values[column])
        for names, values in zip(lines[::2], map(str.split, lines[1::2]), strict=True)
        for column, name in _shown_columns(names)
    }


@cache
def _shown_columns(names: str) -> Sequence[tuple[int, str]]:
    """Kept, since there are hundreds of names and they are always the same."""
    protocol, *columns = names.split()
    named = ((place, f"{protocol.rstrip(':')}_{name}") for place, name in enumerate(columns, 1))
    return [(place, name) for place, name in named if SHOWN.fullmatch(name)]


def parse_snmp6(text: str) -> dict[str, int]:
    """The same from lines such as `Udp6InDatagrams 12`."""
    lines = (line.split() for line in text.splitlines())
    return {name: int(value) for word, value in lines if (name := _shown_name(word))}


@cache
def _shown_name(word: str) -> str | None:
    name = word.replace("6", "6_", 1)
    return name if SHOWN.fullmatch(name) else None


def netstat(roots: Roots) -> Iterable[Metric]:
    """Untyped, as node_exporter has them."""
    figures = {**parse_netstat(read(f"{roots.proc}/net/netstat")), **parse_netstat(read(f"{roots.proc}/net/snmp"))}
    if (roots.proc / "net/snmp6").exists():
        figures |= parse_snmp6(read(f"{roots.proc}/net/snmp6"))
    for name, value in figures.items():
        yield single(f"node_netstat_{name}", f"{name} of /proc/net.", "unknown", value)


collector = reading("netstat", netstat)
