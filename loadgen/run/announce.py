"""The verdict's own notification: an alert that the run posts to Alertmanager when it has judged itself."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from loadgen.model.plan import Plan
from loadgen.model.verdict import FAIL, FAILED, INVALID, PASS, UNKNOWN, Line, Verdict
from loadgen.rules.alertmanager import VERDICT
from loadgen.rules.alerts import RUNBOOK
from loadgen.verdict.sentences import figures

ALERT = "LoadtestVerdict"
SEVERITIES = {PASS: "info", FAIL: "critical", INVALID: "warning"}

LASTS = 300.0
"""Seconds after which Alertmanager may forget it: far longer than it waits before it notifies."""

TIMEOUT = 5.0
"""Seconds for one Alertmanager: nobody waits long for a run's end."""

MOST_LINES = 20
API = "/api/v2/alerts"


def announce(alertmanagers: Sequence[str], plan: Plan, verdict: Verdict, folder: Path) -> str | None:
    """Post the verdict to every Alertmanager; None when one took it, or there is none, else a sentence why not.

    `alertmanagers`: URLs as Prometheus tells them, with or without the path of the API. Never raises for what another
    program does: a verdict stands whether or not anybody was told.
    """
    body = msgspec.json.encode([alert_of(plan, verdict, folder, time.time())])
    refusals = [_post(url, body) for url in alertmanagers]
    if None in refusals or not refusals:
        return None
    return f"Nobody was notified of the verdict: {'; '.join(map(str, refusals))}."


def alert_of(plan: Plan, verdict: Verdict, folder: Path, now: float) -> dict[str, Any]:
    """The alert as Alertmanager's API takes it. `now`: Unix seconds."""
    return {
        "labels": {
            "alertname": ALERT,
            "run_id": plan.run_id,
            "scenario": plan.scenario,
            "verdict": verdict.verdict,
            "role": VERDICT,
            "severity": SEVERITIES[verdict.verdict],
        },
        "annotations": {
            "summary": f"{verdict.verdict}: {verdict.sentence}",
            "description": "\n".join(_description(verdict, folder)),
            "runbook_url": f"{RUNBOOK}#{ALERT.lower()}",
        },
        "startsAt": _moment(now),
        "endsAt": _moment(now + LASTS),
    }


def _description(verdict: Verdict, folder: Path) -> Iterator[str]:
    """What decided it, each with its value and bound, then what gave way first, then where to read on."""
    told = [_told(line) for line in verdict.criteria if line.status in (FAILED, UNKNOWN)]
    if verdict.verdict == INVALID:
        told = [f"{check.id}: {check.sentence}" for check in verdict.validity if not check.ok] + told
    yield from told[:MOST_LINES]
    if len(told) > MOST_LINES:
        yield f"… and {len(told) - MOST_LINES} more"
    if verdict.saturation is not None:
        yield verdict.saturation.sentence
    yield f"Results: {folder}"


def _told(line: Line) -> str:
    measured, bound = figures(line.measured, line.bound, line.unit)
    return f"{line.criterion} {line.status}: {measured} against {bound}"


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def _post(url: str, body: bytes) -> str | None:
    """Post it to one; why that failed, or None."""
    # Not urllib: it would obey a proxy from the environment.
    try:
        connection, prefix = _connection(url)
        try:
            connection.request("POST", f"{prefix}{API}", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            said = answer.read(500).decode(errors="replace")
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException) as error:
        return f"Alertmanager at {_place(url)} cannot be asked ({error or type(error).__name__})"
    return None if answer.status == 200 else f"Alertmanager at {_place(url)} answered {answer.status}: {_plain(said)}"


def _connection(url: str) -> tuple[http.client.HTTPConnection, str]:
    """To it, and the path before that of the API. ValueError for what is no URL."""
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError("it is no URL")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname, parts.port, timeout=TIMEOUT), parts.path.rstrip("/").removesuffix(API)


def _place(url: str) -> str:
    """The URL without what may be a secret in it."""
    return url.rpartition("@")[2].partition("?")[0]


def _plain(text: str) -> str:
    return " ".join(text.split()) or "nothing"
