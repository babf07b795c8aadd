"""A small HTTP server that answers GET /metrics and GET /healthz, and nothing else."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import BoundedSemaphore
from typing import Any

from exporters.core.exposition import CONTENT_TYPE

TEXT = "text/plain; charset=utf-8"

CONNECTIONS = 16
"""At most so many at once, each with a thread; more are turned away."""

IDLE_SECONDS = 120.0
"""Then a silent connection is closed; longer than the usual scrape intervals."""

HEADERS_SHARE = 0.9
"""Of the time that the scraper says it waits; the rest is for the way there and back."""

TURNED_AWAY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class _Handler(BaseHTTPRequestHandler):
    """One connection; it stays open between scrapes."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = IDLE_SECONDS
    server: ExporterServer

    def do_GET(self) -> None:
        """The two pages; anything else is 404."""
        path = self.path.split("?", 1)[0]
        if path == "/metrics":
            body = self.server.scrape(self._budget())
            if body is None:
                self._answer(503, TEXT, b"another scrape is under way and has not left in time\n")
            else:
                self._answer(200, CONTENT_TYPE, body)
        elif path == "/healthz":
            self._answer(200, TEXT, b"ok\n")
        else:
            self._answer(404, TEXT, b"only /metrics and /healthz are here\n")

    def _budget(self) -> float:
        """Seconds for this scrape: our own limit, or less when the scraper will not wait so long."""
        try:
            asked = HEADERS_SHARE * float(self.headers.get("X-Prometheus-Scrape-Timeout-Seconds", "inf"))
        except ValueError:
            return self.server.timeout_seconds
        return asked if 0 < asked < self.server.timeout_seconds else self.server.timeout_seconds

    def _refuse(self) -> None:
        self.close_connection = True  # a body that nobody reads may follow
        self._answer(405, TEXT, b"only GET is answered\n", {"Allow": "GET"})

    do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = _refuse  # noqa: N815 - the base class looks for these names

    def _answer(self, status: int, kind: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def version_string(self) -> str:
        """The header `Server`."""
        return "exporter"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: there is a scrape every second."""


class ExporterServer(ThreadingHTTPServer):
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

    def server_bind(self) -> None:
        """Bind, and ask no name server who we are, as the base class does."""
        TCPServer.server_bind(self)

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
