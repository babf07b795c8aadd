"""A small HTTP server: GET /metrics, /sd (what Prometheus is to scrape) and /healthz, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
TARGETS_TYPE = "application/json"
TEXT_TYPE = "text/plain; charset=utf-8"


class _Handler(BaseHTTPRequestHandler):
    """One connection; it stays open between scrapes."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 60
    server: TelemetryServer

    def do_GET(self) -> None:
        """The three pages; anything else is 404."""
        path, _, query = self.path.partition("?")
        if path == "/metrics" and parse_qs(query).get("run_id", [self.server.run_id]) != [self.server.run_id]:
            # Prometheus learns seconds late that a run is over: the next one's numbers must not come under its name.
            self._answer(404, TEXT_TYPE, b"the run that was asked for is over\n")
        elif path == "/metrics":
            self._answer(200, METRICS_TYPE, self.server.metrics())
        elif path == "/sd":
            # The address at which the asker reached this one is one at which it can scrape it too.
            host, port = self.connection.getsockname()[:2]
            self._answer(200, TARGETS_TYPE, self.server.targets(f"{host}:{port}"))
        elif path == "/healthz":
            self._answer(200, TEXT_TYPE, b"ok\n")
        else:
            self._answer(404, TEXT_TYPE, b"only /metrics, /sd and /healthz are here\n")

    def version_string(self) -> str:
        """The header `Server`."""
        return "loadgen"

    def _refuse(self) -> None:
        self.close_connection = True  # a body that nobody reads may follow
        self._answer(405, TEXT_TYPE, b"only GET is answered\n", {"Allow": "GET"})

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

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: there is a scrape every second."""


class TelemetryServer(ThreadingHTTPServer):
    """Serves until told to stop, or until the parent process is gone."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self,
        address: tuple[str, int],
        *,
        run_id: str,
        metrics: Callable[[], bytes],
        targets: Callable[[str], bytes],
        parent: int | None = None,
    ) -> None:
        """Listen on `address`. `targets(own)`: the page for a Prometheus that reaches this server at `own`.

        Raises OSError when the port is taken.
        """
        self.run_id, self.metrics, self.targets = run_id, metrics, targets
        self._parent = parent
        super().__init__(address, _Handler)

    def service_actions(self) -> None:
        """Called twice a second by `serve_forever`."""
        if self._parent is not None and os.getppid() != self._parent:
            raise SystemExit(0)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A scraper that hangs up is no news."""
