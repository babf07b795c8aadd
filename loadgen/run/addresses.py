"""Which machine a URL means: whether it is this one, and whether two URLs mean the same server."""

from __future__ import annotations

import socket
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

PORTS = {"http": 80, "https": 443}


def host_of(url: str) -> str:
    """The host that a URL names; empty where it names none."""
    return urlsplit(url).hostname or ""


def addresses_of(host: str) -> frozenset[IPv4Address | IPv6Address]:
    """Every address of a host. Raises OSError when it has none."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(0, "it is no host name") from error
    return frozenset(map(_plain, (ip_address(str(one[4][0]).split("%")[0]) for one in found)))


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """An IPv4 address that is written as one of IPv6, as itself."""
    return getattr(address, "ipv4_mapped", None) or address


def trusted(host: str, allowed: Collection[str]) -> bool:
    """Whether a host is this machine's loopback, or was allowed by name. Raises OSError when it has no address."""
    return bool(host) and (host in allowed or all(one.is_loopback for one in addresses_of(host)))


def same_server(one: str, other: str) -> bool:
    """Whether two URLs mean the same server: an address, the port and the path in common."""
    return one == other or (_path(one) == _path(other) and bool(_places(one) & _places(other)))


def _places(url: str) -> frozenset[tuple[IPv4Address | IPv6Address, int]]:
    """Addresses and port; none for a host that has no address."""
    parts = urlsplit(url)
    try:
        port = parts.port or PORTS.get(parts.scheme, 0)
        return frozenset((address, port) for address in addresses_of(parts.hostname or ""))
    except (OSError, ValueError):
        return frozenset()


def _path(url: str) -> str:
    return urlsplit(url).path.rstrip("/")
