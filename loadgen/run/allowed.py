"""Which targets may be loaded: loopback, and hosts that were named on purpose."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

import msgspec

from loadgen.model.plan import Target
from loadgen.run.errors import EnvironmentFault


def endpoints(target: Target) -> dict[str, tuple[str, int]]:
    """Every place the load goes to: what it is → (host, port). What the target does not have is absent."""
    found: dict[str, tuple[str, int]] = {}
    for what, url in (("rest", target.rest), ("websocket", target.websocket)):
        parts = urlsplit(url)
        secure = parts.scheme in ("https", "wss")
        found[what] = (parts.hostname or "", parts.port or (443 if secure else 80))
    for what in ("llm", "stt", "tts"):
        host, _, port = getattr(target, what).rpartition(":")
        found[what] = (host.strip("[]"), int(port or 0))
    return {what: place for what, place in found.items() if place[0]}


def check_allowed(target: Target) -> Target:
    """The target with `addresses` filled in: each host's checked IP address, which is the one to connect to.

    Resolving once and connecting to that address leaves no gap in which a name could come to mean another machine.
    Raises EnvironmentFault naming every host that is not on the allow-list or has no address.
    """
    problems: list[str] = []
    addresses: dict[str, str] = {}
    for host in sorted({host for host, _ in endpoints(target).values()}):
        try:
            addresses[host] = _checked_address(host, host in target.allow)
        except ValueError as problem:
            problems.append(f"target {target.name}: {problem}")
    if problems:
        raise EnvironmentFault(*problems)
    return msgspec.structs.replace(target, addresses=addresses)


def _checked_address(host: str, named: bool) -> str:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise ValueError(
            f"the host name {host!r} has no address ({error.strerror}); check its spelling and the network"
        ) from None
    # IPv4 first: the stand-in and most servers listen there, and a loopback name has both.
    address = min((str(info[4][0]) for info in found), key=lambda a: ":" in a)
    if not named and not ipaddress.ip_address(address.split("%")[0]).is_loopback:
        raise ValueError(
            f"{host!r} ({address}) is not on the allow-list, so no load goes there; if you may load it, name it under "
            f"`allow:` of the target or pass --allow-host {host}"
        )
    return address
