"""What Alertmanager posts, as lines for people: one for each alert that began or ended."""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

LONGEST = 1000
"""Characters of a line; annotations may hold anything."""

REMEMBERED = 10_000
"""Alerts whose last state is known; more than any run has."""


class Alert(Struct, frozen=True, kw_only=True):
    """One alert of a notification, as far as it is read."""

    status: str
    labels: dict[str, str]
    annotations: dict[str, str] = {}
    startsAt: str = ""  # noqa: N815 - Alertmanager's name


class Notification(Struct, frozen=True, kw_only=True):
    """The body of a webhook: every alert of the group, also those that were told before."""

    alerts: tuple[Alert, ...]


def read(body: bytes) -> Notification:
    """A webhook's body. Raises msgspec.MsgspecError or UnicodeDecodeError for anything else."""
    return msgspec.json.decode(body, type=Notification)


class Changes:
    """Tells what is new in a notification: Alertmanager repeats a whole group when one alert joins it."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[tuple[str, str], ...], tuple[str, str]] = OrderedDict()

    def new(self, notification: Notification) -> list[Alert]:
        """The alerts that began or ended since they were last told."""
        return [alert for alert in notification.alerts if self._known.get(_who(alert)) != _state(alert)]

    def told(self, notification: Notification) -> None:
        """Remember that these were told."""
        for alert in notification.alerts:
            self._known[_who(alert)] = _state(alert)
            self._known.move_to_end(_who(alert))
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def _who(alert: Alert) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(alert.labels.items()))


def _state(alert: Alert) -> tuple[str, str]:
    return alert.status, alert.startsAt


def line_of(alert: Alert, now: float) -> str:
    """`<time> firing LoadtestErrorsBurning errors:rest run spike-…: 12% …`, always one line. `now`: Unix seconds."""
    labels = alert.labels
    at = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    whose = f"run {labels['run_id']}" if labels.get("run_id") else "no run"
    name = labels.get("alertname", "an alert without a name")
    words = (at, alert.status, name, _what(labels), whose)
    return _one_line(f"{' '.join(filter(None, words))}: {_said(alert)}")


def _what(labels: dict[str, str]) -> str:
    """What it is about: the criterion, the check or the resource; a verdict is about its run."""
    if labels.get("kind"):
        return f"{labels['kind']}:{labels.get('subject', '')}"
    return next((labels[name] for name in ("criterion", "check") if labels.get(name)), "")


def _said(alert: Alert) -> str:
    said = [alert.annotations.get(name, "") for name in ("summary", "description")]
    # A verdict's summary is the news; of the others the description says more, with value and bound.
    told = said if alert.labels.get("role") == "verdict" else said[1:] if said[1] else said[:1]
    return " ".join(filter(None, told)) or "it says nothing"


def _one_line(text: str) -> str:
    """Without line breaks and control characters, for these disturb terminals, and not endless."""
    plain = "".join(letter if letter.isprintable() else "�" for letter in " ".join(text.split()))
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…"
