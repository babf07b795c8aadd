"""The verdict's own notification: an alert that the run posts to Alertmanager when it has judged itself."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from loadgen.model.plan import Plan
from loadgen.model.verdict import FAIL, FAILED, INVALID, PASS, UNKNOWN, Line, Verdict
from loadgen.rules.alertmanager import VERDICT
from loadgen.rules.alerts import RUNBOOK
from loadgen.run.alertmanager_client import AlertmanagerFault, moment, post_alerts
from loadgen.verdict.sentences import figures

ALERT = "LoadtestVerdict"
SEVERITIES = {PASS: "info", FAIL: "critical", INVALID: "warning"}

LASTS = 300.0
"""Seconds after which Alertmanager may forget it: far longer than it waits before it notifies."""

MOST_LINES = 20


def announce(alertmanagers: Sequence[str], plan: Plan, verdict: Verdict, folder: Path) -> str | None:
    """Post the verdict to every Alertmanager; None when one took it, or there is none, else a sentence why not.

    `alertmanagers`: URLs as Prometheus tells them, with or without the path of the API. Never raises for what another
    program does: a verdict stands whether or not anybody was told.
    """
    alert, refusals = alert_of(plan, verdict, folder, time.time()), []
    for url in alertmanagers:
        try:
            post_alerts(url, [alert])
        except AlertmanagerFault as fault:
            refusals.append(str(fault))
    if len(refusals) < len(alertmanagers) or not refusals:
        return None
    return f"Nobody was notified of the verdict: {'; '.join(refusals)}."


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
        "startsAt": moment(now),
        "endsAt": moment(now + LASTS),
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
