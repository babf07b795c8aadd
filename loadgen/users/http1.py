"""One keep-alive HTTP/1.1 connection: bytes out, one answer back, parsed in C.

A general client costs three to four times as much for each request; what it does beyond this (redirects, cookies,
retries, decompression) would each blur what is measured.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import httptools

from loadgen.protocols.rest import Answer, Request
from loadgen.users.failure import Failure, from_os_error
from loadgen.users.sockets import RECEIVE, Place, connect, has_gone, remaining


def head_lines(headers: dict[str, str]) -> bytes:
    """Header lines as they go on the wire. Raises ValueError for a header that would break out of its line."""
    for name, value in headers.items():
        if not name.isascii() or any(sign in name + value for sign in "\r\n\0"):
            raise ValueError(f"the header {name!r} holds a line break or another control character")
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("latin-1")


def encode(request: Request, prefix: str, *lines: bytes) -> bytes:
    """The whole request as it is sent; `lines` are header lines made by `head_lines`."""
    body = request.body
    start = f"{request.method} {prefix}{request.target} HTTP/1.1\r\n".encode("ascii")
    if request.method == "GET":
        return b"".join((start, *lines, b"\r\n"))
    kind = f"content-type: {request.content_type}\r\n" if request.content_type else ""
    return b"".join((start, *lines, f"{kind}content-length: {len(body)}\r\n\r\n".encode("ascii"), body))


IDLE = 0.5
"""Seconds after which a kept connection is looked at before it is used: servers close those that rest for long."""

_WANTED = {
    name.encode(): name
    for name in ("connection", "content-length", "transfer-encoding", "retry-after", "date", "location")
}
"""Headers that anybody here asks for; decoding the others would be for nothing."""


class _Reply:
    """Collects one answer from the parser's callbacks."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.pieces: list[bytes] = []
        self.in_body = False
        self.complete = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header line."""
        wanted = _WANTED.get(name.lower())
        if wanted is not None:
            self.headers[wanted] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """The body follows."""
        self.in_body = True

    def on_body(self, piece: bytes) -> None:
        """A piece of the body, already out of its chunk."""
        self.pieces.append(piece)

    def on_message_complete(self) -> None:
        """The answer is whole."""
        self.complete = True

    def ends_with_connection(self) -> bool:
        """The body has no other end than the connection's."""
        return self.in_body and not self.headers.keys() & {"content-length", "transfer-encoding"}

    def keeps(self, version: str) -> bool:
        """Whether the connection may be used again."""
        return self.complete and version == "1.1" and "close" not in self.headers.get("connection", "").lower()


class HttpConnection:
    """Connects when it must and keeps the connection. `watch(+1 | -1)` hears of each opening and closing."""

    def __init__(self, place: Place, watch: Callable[[int], None]) -> None:
        self._place = place
        self._watch = watch
        self._socket: socket.socket | None = None
        self._used = 0.0
        self.lost = False
        """The peer closed the last connection."""

    def exchange(self, data: bytes, deadline: float) -> tuple[Answer, float]:
        """Send a request; return the answer and when it was complete (CLOCK_MONOTONIC). Raises Failure.

        After a failure the connection is closed: a late answer must not be taken for that of the next request.
        """
        try:
            return self._exchange(data, deadline)
        except OSError as fault:
            raise from_os_error(fault, connected=True, awaited="answer") from None
        except httptools.HttpParserError as fault:
            raise Failure("bad_answer", f"no HTTP: {fault}") from None

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
            self._watch(-1)

    def _exchange(self, data: bytes, deadline: float) -> tuple[Answer, float]:
        kept = False
        try:
            connection = self._connected(deadline)
            connection.settimeout(remaining(deadline))
            connection.sendall(data)
            answer, kept = self._receive(connection, deadline)
            self._used = time.monotonic()
            return answer, self._used
        finally:
            if not kept:
                self.close()

    def _connected(self, deadline: float) -> socket.socket:
        if self._socket is not None and time.monotonic() - self._used > IDLE and has_gone(self._socket):
            self.close()
            self.lost = True
        if self._socket is None:
            self._socket = connect(self._place, deadline)
            self._watch(1)
        return self._socket

    def _receive(self, connection: socket.socket, deadline: float) -> tuple[Answer, bool]:
        reply = _Reply()
        parser = httptools.HttpResponseParser(reply)
        while not reply.complete:
            connection.settimeout(remaining(deadline))
            data = connection.recv(RECEIVE)
            if not data:
                if reply.ends_with_connection():
                    break
                self.lost = True
                raise Failure("closed", "the connection was closed before the whole answer had come")
            parser.feed_data(data)
        answer = Answer(status=parser.get_status_code(), headers=reply.headers, body=b"".join(reply.pieces))
        return answer, reply.keeps(parser.get_http_version())
