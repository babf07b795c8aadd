"""One HTTP request to a checked address, for the preflight."""

from __future__ import annotations

import http.client
import socket
import ssl
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Struct

from loadgen.model.plan import Target


class Answer(Struct, frozen=True, kw_only=True):
    """Status, headers (names in lower case) and body of an answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> object:
        """The body read as JSON; None when it is none."""
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            return None


def tls_context(target: Target) -> ssl.SSLContext:
    """TLS with verification on, the target's own authority and client certificate where it has them."""
    context = ssl.create_default_context(cafile=target.tls.ca_file)
    if target.tls.cert_file:
        context.load_cert_chain(target.tls.cert_file, target.tls.key_file)
    return context


def open_socket(target: Target, url: str, timeout: float) -> socket.socket:
    """A connection to the checked address of the URL's host, wrapped in TLS for https and wss. Raises OSError."""
    parts = urlsplit(url)
    secure = parts.scheme in ("https", "wss")
    host = parts.hostname or ""
    port = parts.port or (443 if secure else 80)
    plain = socket.create_connection((target.addresses[host], port), timeout=timeout)
    return tls_context(target).wrap_socket(plain, server_hostname=host) if secure else plain


def ask(target: Target, method: str, path: str, headers: dict[str, str], timeout: float = 5.0) -> Answer:
    """One request without a body to the target's REST base. Redirects are not followed.

    Raises OSError or http.client.HTTPException when no whole answer came in `timeout` seconds.
    """
    parts = urlsplit(target.rest)
    connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
    connection.sock = open_socket(target, target.rest, timeout)
    try:
        connection.request(method, parts.path.rstrip("/") + path, headers=headers)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(status=answer.status, headers=found, body=answer.read(1 << 20))
    finally:
        connection.close()


def token_path(user: str) -> str:
    """Where a token for that user is had."""
    return f"/auth/token?user_id={quote(user, safe='')}"
