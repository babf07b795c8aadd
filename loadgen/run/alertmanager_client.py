"""A small client of Alertmanager's API. What another program does raises nothing but AlertmanagerFault."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from loadgen.rules.alertmanager import VERDICT

TIMEOUT = 5.0
"""Seconds for one Alertmanager: nobody waits long for a run's end."""

API = "/api/v2/alerts"
GIVEN = ("labels", "annotations", "startsAt", "generatorURL")
"""Of an alert that Alertmanager tells: what it is given again with it."""


class AlertmanagerFault(Exception):
    """It gave no usable answer; the text is one sentence without secrets."""


def post_alerts(url: str, alerts: Sequence[Mapping[str, Any]], timeout: float = TIMEOUT) -> None:
    """Give it alerts. `url`: as Prometheus tells it, with or without the path of the API. Raises AlertmanagerFault."""
    _ask(url, "POST", API, msgspec.json.encode(alerts), timeout)


def end_alerts(urls: Iterable[str], run_id: str, timeout: float = TIMEOUT) -> None:
    """End what fires of a run whose rules are gone: Prometheus says nothing of the end of an alert without a rule.

    The verdict is left as it is: it ends by itself. Never raises for what another program does: without this the alerts
    end minutes later.
    """
    filters = urlencode([("filter", f'run_id="{run_id}"'), ("filter", f'role!="{VERDICT}"')])
    for url in urls:
        try:
            found: list[dict[str, Any]] = msgspec.json.decode(_ask(url, "GET", f"{API}?{filters}", None, timeout))
            now = {"endsAt": moment(time.time())}
            ended = [{key: one[key] for key in GIVEN if key in one} | now for one in found]
            if ended:
                post_alerts(url, ended, timeout)
        except (AlertmanagerFault, msgspec.DecodeError, TypeError):
            continue


def moment(at: float) -> str:
    """A Unix time as the API takes it."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def _ask(url: str, method: str, path: str, body: bytes | None, timeout: float) -> bytes:
    """What it answers with 200. Not urllib: it would obey a proxy from the environment."""
    try:
        connection, prefix = _connection(url, timeout)
        try:
            connection.request(method, f"{prefix}{path}", body, {"Content-Type": "application/json"} if body else {})
            answer = connection.getresponse()
            said = answer.read()
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise AlertmanagerFault(
            f"Alertmanager at {_place(url)} cannot be asked ({error or type(error).__name__})"
        ) from error
    if answer.status != http.HTTPStatus.OK:
        raise AlertmanagerFault(f"Alertmanager at {_place(url)} answered {answer.status}: {_plain(said)}")
    return said


def _connection(url: str, timeout: float) -> tuple[http.client.HTTPConnection, str]:
    """To it, and the path before that of the API. ValueError for what is no URL."""
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError("it is no URL")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname, parts.port, timeout=timeout), parts.path.rstrip("/").removesuffix(API)


def _place(url: str) -> str:
    """The URL without what may be a secret in it."""
    return url.rpartition("@")[2].partition("?")[0]


def _plain(said: bytes) -> str:
    return " ".join(said[:500].decode(errors="replace").split()) or "nothing"
