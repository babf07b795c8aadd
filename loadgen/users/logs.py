"""The worker's logs: the first failures of each kind with their details, and on request every operation."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from loadgen.model.outcome import Outcome

EXCERPT = 300
"""Characters of an answer that are kept."""
MESSAGE = 300

_TOKEN = re.compile(r"(?i)\b(bearer)\s+[^\s\"',;]+")
_JWT = re.compile(r"eyJ[\w-]{5,}(?:\.[\w-]*){1,2}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

_encode = msgspec.json.Encoder().encode


def redacted(text: str, secrets: Sequence[str], length: int) -> str:
    """A text that may be shown: secrets and tokens taken out, control characters escaped, cut to `length`."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):  # one may be the beginning of another
        text = text.replace(secret, "[secret]")
    text = _JWT.sub("[token]", _TOKEN.sub(r"\1 [token]", text))
    text = _CONTROL.sub(lambda sign: ascii(sign[0])[1:-1], text)
    return text if len(text) <= length else text[: length - 1] + "…"


class UnixClock:
    """Unix seconds of moments of CLOCK_MONOTONIC, as they go into one file.

    Compared with the machine's clock only once, so that a clock which is put right meanwhile shifts no line against
    the others; and never going back, for operations that end together may be written down in another order.
    """

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()
        self._last = 0.0

    def at(self, monotonic: float) -> float:
        """That moment, or the latest one asked for before if that was later."""
        self._last = max(self._last, self._offset + monotonic)
        return self._last


class FailureLog:
    """Appends the first `samples` failures of each operation and reason to a file of JSON lines, at once.

    One worker's file, its lines in the order of their `time`.
    """

    def __init__(self, path: Path, samples: int, secrets: Sequence[str]) -> None:
        self._path = path
        self._samples = samples
        self._secrets = secrets
        self._clock = UnixClock()
        self._kept: Counter[tuple[str, str, str | None]] = Counter()

    def add(self, outcome: Outcome) -> None:
        """Keep the outcome if it failed and is among the first of its kind. Raises OSError."""
        kind = (outcome.test_type, outcome.name, outcome.reason)
        if outcome.reason is None or self._kept[kind] >= self._samples:
            return
        self._kept[kind] += 1
        with self._path.open("ab") as file:
            file.write(_encode(self._line(outcome)) + b"\n")

    def _line(self, outcome: Outcome) -> dict[str, Any]:
        return {
            "time": self._clock.at(outcome.finished),
            "test_type": outcome.test_type,
            "operation": outcome.name,
            "phase": outcome.phase,
            "reason": outcome.reason,
            "status": outcome.status,
            "message": redacted(outcome.message, self._secrets, MESSAGE),
            "excerpt": redacted(outcome.excerpt, self._secrets, EXCERPT),
            "request_id": outcome.request_id,
            "response_time": outcome.response_time,
        }


class RequestLog:
    """Every operation as a JSON line, buffered; `flush` writes what has come together."""

    def __init__(self, path: Path, secrets: Sequence[str]) -> None:
        self._path = path
        self._secrets = secrets
        self._clock = UnixClock()
        self._lines: list[bytes] = []

    def add(self, outcome: Outcome) -> None:
        """Keep the outcome until the next flush."""
        self._lines.append(_encode(self._line(outcome)))

    def flush(self) -> None:
        """Append what was kept. Raises OSError."""
        lines, self._lines = self._lines, []
        if lines:
            with self._path.open("ab") as file:
                file.write(b"\n".join(lines) + b"\n")

    def _line(self, outcome: Outcome) -> dict[str, Any]:
        line: dict[str, Any] = {
            "time": self._clock.at(outcome.finished),
            "test_type": outcome.test_type,
            "operation": outcome.name,
            "phase": outcome.phase,
            "reason": outcome.reason,
            "status": outcome.status,
            "response_time": outcome.response_time,
            "service_time": outcome.service_time,
            "lag": outcome.lag,
            "started": outcome.started,
            "finished": outcome.finished,
            "request_id": outcome.request_id,
            "user": outcome.user,
        }
        if outcome.message:
            line["message"] = redacted(outcome.message, self._secrets, MESSAGE)
        return line
