"""A small HTTP server that takes POST /alerts, as Alertmanager's webhook sends it, and answers GET /healthz."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

from loadgen.alertlog.lines import Changes, Notification, line_of, read

MOST_BYTES = 4 << 20
"""Of a body: a thousand alerts, and more."""

TEXT_TYPE = "text/plain; charset=utf-8"

Write = Callable[[list[str]], None]
"""Takes finished lines; raises OSError when they cannot be kept."""


class _Refused(Exception):
    """A request that cannot be taken: the status and why."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    """One connection; Alertmanager keeps it open."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 60
    server: AlertLogServer

    def do_GET(self) -> None:
        """The page that says it is alive; anything else is 404."""
        if self.path.split("?", 1)[0] == "/healthz":
            self._answer(200, "ok")
        else:
            self._answer(404, "only POST /alerts and GET /healthz are here")

    def do_POST(self) -> None:
        """Take a notification."""
        try:
            self.server.take(self._notification())
        except _Refused as refusal:
            self.close_connection = True  # its body may not have been read
            self._answer(refusal.status, str(refusal))
        except OSError as error:
            self._answer(500, f"the lines cannot be written: {error.strerror or error}")
        else:
            self._answer(200, "ok")

    def _notification(self) -> Notification:
        if self.path != "/alerts":
            raise _Refused(404, "only POST /alerts and GET /healthz are here")
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit() and len(length) < 20):
            raise _Refused(411, "a body with its length is needed")
        if int(length) > MOST_BYTES:
            raise _Refused(413, f"at most {MOST_BYTES} bytes are taken")
        try:
            body = self.rfile.read(int(length))
        except OSError as error:
            raise _Refused(408, "the body did not come") from error
        try:
            return read(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise _Refused(400, f"not a notification of Alertmanager: {error}") from error

    def version_string(self) -> str:
        """The header `Server`."""
        return "loadgen"

    def _refuse(self) -> None:
        self.close_connection = True  # a body that nobody reads may follow
        self._answer(405, "only GET and POST are answered", {"Allow": "GET, POST"})

    do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = _refuse  # noqa: N815 - the base class looks for these names

    def _answer(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        body = f"{text}\n".encode(errors="replace")
        self.send_response(status)
        for name, value in {"Content-Type": TEXT_TYPE, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: what is to be said are the alerts."""


class AlertLogServer(ThreadingHTTPServer):
    """Serves until told to stop, or until the parent process is gone."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self, address: tuple[str, int], write: Write, clock: Callable[[], float], parent: int | None = None
    ) -> None:
        """Listen on `address`. Raises OSError when the port is taken."""
        self._write, self._clock, self._parent = write, clock, parent
        self._changes = Changes()
        self._lock = threading.Lock()
        super().__init__(address, _Handler)

    def take(self, notification: Notification) -> None:
        """Write a line for each alert that began or ended. Raises OSError: Alertmanager then tries again."""
        with self._lock:
            lines = [line_of(alert, self._clock()) for alert in self._changes.new(notification)]
            if lines:
                self._write(lines)
            self._changes.told(notification)

    def service_actions(self) -> None:
        """Called twice a second by `serve_forever`."""
        if self._parent is not None and os.getppid() != self._parent:
            raise SystemExit(0)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""
