"""Retry-After, as servers write it."""

from __future__ import annotations

import math
from email.utils import parsedate_to_datetime


def retry_after_of(value: str | None, date: str | None = None) -> float | None:
    """Seconds to wait: a number, or an HTTP date measured from the answer's own `Date`. None when it says nothing."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        return _until(value, date)
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _until(value: str, date: str | None) -> float | None:
    try:
        return max(0.0, (parsedate_to_datetime(value) - parsedate_to_datetime(date or "")).total_seconds())
    except (ValueError, TypeError):
        return None
