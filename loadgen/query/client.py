"""A small client of Prometheus' HTTP API."""

from __future__ import annotations

import http.client
import math
import socket
import time
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
from msgspec import Struct

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PAUSE = 0.1


class PrometheusFault(Exception):
    """Prometheus gave no usable answer; the text is one sentence for the user.

    `reached`: whether anything was listening there at all. `wrong`: why it does not take the question itself, for
    example the place of a mistake in an expression.
    """

    def __init__(self, text: str, *, reached: bool = True, wrong: str | None = None) -> None:
        super().__init__(text)
        self.reached = reached
        self.wrong = wrong


class Answer(Struct, frozen=True, kw_only=True):
    """What Prometheus said. A `warning` means that the data may be incomplete."""

    data: Any
    warnings: tuple[str, ...] = ()


class Prometheus:
    """Asks one Prometheus. Every method raises PrometheusFault.

    `timeout`: seconds for one question. `patience`: seconds for which a refused connection is tried again; nothing
    else is. Redirects are not followed.
    """

    def __init__(self, url: str, timeout: float = 15.0, patience: float = 1.0) -> None:
        """Takes http(s)://host:port/prefix. ValueError for anything else."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is not the URL of a Prometheus, such as http://127.0.0.1:9090")
        self.url = url.rstrip("/")
        self._kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._place = (parts.hostname, parts.port)
        self._prefix = parts.path.rstrip("/")
        self._timeout, self._patience = timeout, patience

    def instant(self, expression: str, at: float) -> Answer:
        """The value of an expression at a Unix time, in seconds."""
        return self._query("/api/v1/query", {"query": expression, "time": moment(at)})

    def range(self, expression: str, start: float, end: float, step: float) -> Answer:
        """The values at start, start + step, … up to end; at most 11,000 of them."""
        return self._query(
            "/api/v1/query_range",
            {"query": expression, "start": moment(start), "end": moment(end), "step": f"{step:.3f}"},
        )

    def rules(self) -> list[dict[str, Any]]:
        """The rule groups that are loaded, with their alerts and their last evaluation."""
        groups: list[dict[str, Any]] = self._query("/api/v1/rules").data["groups"]
        return groups

    def targets(self) -> list[dict[str, Any]]:
        """The active scrape targets, with labels, health and last error."""
        targets: list[dict[str, Any]] = self._query("/api/v1/targets?state=active").data["activeTargets"]
        return targets

    def version(self) -> str:
        """Its version, e.g. `2.42.0`."""
        return str(self._query("/api/v1/status/buildinfo").data["version"])

    def configuration(self) -> str:
        """Its prometheus.yml, with everything filled in that the file leaves out."""
        return str(self._query("/api/v1/status/config").data["yaml"])

    def alertmanagers(self) -> tuple[str, ...]:
        """URLs of those that it sends alerts to, with the path of their API."""
        found: list[dict[str, str]] = self._query("/api/v1/alertmanagers").data["activeAlertmanagers"]
        return tuple(one["url"] for one in found)

    def formatted(self, expression: str) -> str:
        """The expression as it writes it: however one was put down, it comes out the same."""
        return str(self._query("/api/v1/format_query", {"query": expression}).data)

    def ready(self) -> bool:
        """Whether it serves queries: False while it starts, or when nothing listens there."""
        try:
            return self._ask("GET", "/-/ready", None)[0] == 200
        except PrometheusFault:
            return False

    def reload(self) -> None:
        """Read configuration and rules again; needs --web.enable-lifecycle."""
        status, body = self._ask("POST", "/-/reload", b"")
        if status != 200:
            raise PrometheusFault(f"{self.url} does not reload: {_said(body)} (status {status})")

    def _query(self, path: str, form: dict[str, str] | None = None) -> Answer:
        status, body = self._ask("POST" if form else "GET", path, urlencode(form).encode() if form else None)
        try:
            answer = msgspec.json.decode(body)
            if status == 200 and answer["status"] == "success":
                return Answer(data=answer["data"], warnings=tuple(answer.get("warnings") or ()))
            text = str(answer["error"])
        except (msgspec.DecodeError, KeyError, TypeError):
            text = f"that is no answer of a Prometheus: {_said(body)!r}"
        wrong = text if status == http.HTTPStatus.BAD_REQUEST else None
        raise PrometheusFault(f"{self.url}{path.partition('?')[0]} answers {status}: {text}", wrong=wrong)

    def _ask(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        give_up = time.monotonic() + self._patience
        while True:
            try:
                return self._once(method, path, body)
            except ConnectionRefusedError as fault:
                if time.monotonic() >= give_up:
                    raise PrometheusFault(f"no Prometheus listens at {self.url}", reached=False) from fault
                time.sleep(PAUSE)
            except TimeoutError as fault:
                raise PrometheusFault(f"{self.url} gave no answer within {self._timeout:g} s") from fault
            except (OSError, http.client.HTTPException) as fault:
                reason = str(fault) or type(fault).__name__
                raise PrometheusFault(f"{self.url} cannot be asked: {reason}", reached=False) from fault

    def _once(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        connection = self._kind(*self._place, timeout=self._timeout)
        try:
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.request(method, self._prefix + path, body, FORM if body else {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def moment(unix: float) -> str:
    """A Unix time for Prometheus, which counts in milliseconds: never earlier than what was meant."""
    return f"{math.ceil(unix * 1000 - 1e-3) / 1000:.3f}"


def _said(body: bytes) -> str:
    return " ".join(body[:200].decode(errors="replace").split())
