"""Connections to the address that was checked, under gevent; every wait ends at a deadline."""

from __future__ import annotations

import socket
import ssl
import time
from urllib.parse import urlsplit

from msgspec import Struct

from loadgen.model.plan import Target, Tls
from loadgen.users.failure import Failure, from_os_error

RECEIVE = 65536


class Place(Struct, frozen=True, kw_only=True):
    """Where a URL leads: the name for Host and TLS, the address to connect to."""

    host: str
    port: int
    address: str
    prefix: str
    """Path of the base URL, without a slash at its end."""
    authority: str
    """Value of the Host header."""
    context: ssl.SSLContext | None
    """None: no TLS."""


def place_of(url: str, target: Target) -> Place:
    """The place behind a base URL (http, https, ws, wss). KeyError when its host was not checked."""
    parts = urlsplit(url)
    secure = parts.scheme in ("https", "wss")
    usual = 443 if secure else 80
    host, port = parts.hostname or "", parts.port or usual
    name = f"[{host}]" if ":" in host else host
    return Place(
        host=host,
        port=port,
        address=target.addresses[host],
        prefix=parts.path.rstrip("/"),
        authority=name if port == usual else f"{name}:{port}",
        context=tls_context(target.tls) if secure else None,
    )


def tls_context(tls: Tls) -> ssl.SSLContext:
    """Certificates are verified, always. Raises OSError when a file cannot be read."""
    context = ssl.create_default_context(cafile=tls.ca_file)
    if tls.cert_file:
        context.load_cert_chain(tls.cert_file, tls.key_file)
    return context


def connect(place: Place, deadline: float) -> socket.socket:
    """A connected socket, TLS included. `deadline`: seconds of CLOCK_MONOTONIC. Raises Failure(connect)."""
    plain = socket.socket(socket.AF_INET6 if ":" in place.address else socket.AF_INET)
    try:
        plain.settimeout(remaining(deadline))
        plain.connect((place.address, place.port))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as fault:
        plain.close()
        raise from_os_error(fault, connected=False, awaited="connection") from None
    if place.context is None:
        return plain
    try:
        plain.settimeout(remaining(deadline))
        return place.context.wrap_socket(plain, server_hostname=place.host)
    except OSError as fault:
        plain.close()
        raise Failure("connect", f"no TLS connection: {fault}") from None


def remaining(deadline: float) -> float:
    """Seconds until the deadline, as a socket's timeout (which must be above 0)."""
    return max(1e-6, deadline - time.monotonic())


def has_gone(connection: socket.socket) -> bool:
    """Whether the peer closed an idle connection (or sent what nobody asked for, which makes it useless too)."""
    connection.settimeout(0.0)
    try:
        if isinstance(connection, ssl.SSLSocket):
            connection.recv(1)
        else:
            connection.recv(1, socket.MSG_PEEK)
    except (BlockingIOError, TimeoutError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True
    return True
