"""A small HTTP server that answers GET /metrics and GET /healthz, and nothing else."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from socketserver import StreamRequestHandler, TCPServer, ThreadingMixIn
from threading import BoundedSemaphore
from typing import Any, NamedTuple

from exporters.core.exposition import CONTENT_TYPE

TEXT = "text/plain; charset=utf-8"

CONNECTIONS = 16
"""At most so many at once, each with a thread; more are turned away."""

IDLE_SECONDS = 120.0
"""Then a silent connection is closed; longer than the usual scrape intervals."""

HEADERS_SHARE = 0.9
"""Of the time that the scraper says it waits; the rest is for the way there and back."""

LONGEST_LINE, MOST_HEADERS = 1 << 13, 64
"""Bytes, and lines; a scraper's requests have a tenth of either."""

TURNED_AWAY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class _Request(NamedTuple):
    method: bytes
    path: bytes
    headers: dict[bytes, bytes]
    """By their names in small letters."""
    stays: bool
    """Whether more may come over this connection."""


class _Handler(StreamRequestHandler):
    """One connection; it stays open between scrapes.

    Requests are read here and not by the standard library's server, which takes headers for an e-mail's: that alone
    would double what a request costs.
    """

    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    server: ExporterServer

    def handle(self) -> None:
        """Answer what comes, until the scraper goes."""
        stays = True
        while stays and (line := self.rfile.readline(LONGEST_LINE)):
            request = self._read(line)
            if request is None:
                stays = False
                self._answer("400 Bad Request", TEXT, b"this is no request\n", stays=False)
            elif request.method != b"GET":
                stays = False  # a body that nobody reads may follow
                says = b"" if request.method == b"HEAD" else b"only GET is answered\n"
                self._answer("405 Method Not Allowed\r\nAllow: GET", TEXT, says, stays=False)
            else:
                stays = request.stays
                self._answer(*self._page(request), stays=stays)

    def _read(self, line: bytes) -> _Request | None:
        """The request that begins with this line; None when it is none."""
        words, headers = line.split(), {}
        for _ in range(MOST_HEADERS):
            line = self.rfile.readline(LONGEST_LINE)
            if not line.rstrip(b"\r\n"):
                break
            name, _, value = line.partition(b":")
            headers[name.strip().lower()] = value.strip()
        else:
            return None
        if not line or len(words) != 3 or words[2] not in (b"HTTP/1.1", b"HTTP/1.0"):
            return None
        with_body = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
        asks_to_close = headers.get(b"connection", b"").lower() == b"close"
        stays = words[2] == b"HTTP/1.1" and not with_body and not asks_to_close
        return _Request(words[0], words[1].split(b"?", 1)[0], headers, stays)

    def _page(self, request: _Request) -> tuple[str, str, bytes]:
        """Status, type and text of the two pages; anything else is not there."""
        if request.path == b"/metrics":
            body = self.server.scrape(self._budget(request))
            if body is None:
                return "503 Service Unavailable", TEXT, b"another scrape is under way and has not left in time\n"
            return "200 OK", CONTENT_TYPE, body
        if request.path == b"/healthz":
            return "200 OK", TEXT, b"ok\n"
        return "404 Not Found", TEXT, b"only /metrics and /healthz are here\n"

    def _budget(self, request: _Request) -> float:
        """Seconds for this scrape: our own limit, or less when the scraper will not wait so long."""
        try:
            asked = HEADERS_SHARE * float(request.headers.get(b"x-prometheus-scrape-timeout-seconds", b"inf"))
        except ValueError:
            return self.server.timeout_seconds
        return asked if 0 < asked < self.server.timeout_seconds else self.server.timeout_seconds

    def _answer(self, status: str, kind: str, body: bytes, *, stays: bool) -> None:
        closing = "" if stays else "Connection: close\r\n"
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{closing}\r\n"
        self.wfile.write(head.encode() + body)


class ExporterServer(ThreadingMixIn, TCPServer):
    """Serves until told to stop, or until the parent process is gone."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 2 * CONNECTIONS

    def __init__(
        self,
        address: tuple[str, int],
        scrape: Callable[[float], bytes | None],
        timeout_seconds: float,
        parent: int | None = None,
    ) -> None:
        """Listen on `address`. `scrape`: from the seconds it may take to the text, or None. Raises OSError."""
        self.scrape, self.timeout_seconds, self._parent = scrape, timeout_seconds, parent
        self._places = BoundedSemaphore(CONNECTIONS)
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give the connection a thread, while there are any."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            request.sendall(TURNED_AWAY)
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """The connection's thread."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def service_actions(self) -> None:
        """Called twice a second by `serve_forever`."""
        if self._parent is not None and os.getppid() != self._parent:
            raise SystemExit(0)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A scraper that hangs up is no news; anything else is a fault of ours, with its trace on stderr."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)
