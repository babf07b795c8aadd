"""Durations, shares and sizes as people write them (`300ms`, `5m`, `1%`, `64MiB`), read exactly."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, TypeGuard

from pydantic import BeforeValidator

_UNITS = {"ms": Decimal("0.001"), "s": Decimal(1), "m": Decimal(60), "h": Decimal(3600)}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|h)", re.ASCII)
_SHARE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*%", re.ASCII)
_BYTES = {"B": 1, **{f"{prefix}iB": 1024**power for power, prefix in enumerate("KMGT", 1)}}
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(B|KiB|MiB|GiB|TiB)", re.ASCII)
_LONGEST = 366 * 24 * 3600.0
_LARGEST = 2.0**60

DURATION_FORM = "a duration such as 300ms, 2s, 5m or 1h (a bare number is seconds)"
SHARE_FORM = "a share such as 1% or 0.01"
SIZE_FORM = "a size such as 512KiB, 64MiB or 1.5GiB (a bare number is bytes)"


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_duration(value: object) -> bool:
    """True for a text with a unit of time, such as `300ms`."""
    return isinstance(value, str) and _DURATION.fullmatch(value.strip()) is not None


def seconds_of(value: object) -> float:
    """Seconds in a duration: `300ms` → 0.3; a bare number is seconds. ValueError for anything else."""
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is not None:
        seconds = float(Decimal(match[1]) * _UNITS[match[2]])
    elif _is_number(value):
        seconds = float(value)
    else:
        raise ValueError(DURATION_FORM)
    if not math.isfinite(seconds) or not 0 <= seconds <= _LONGEST:
        raise ValueError(f"{DURATION_FORM}, from 0 to a year")
    return seconds


def share_of(value: object) -> float:
    """A share in 0…1: `95%` and 0.95 → the float nearest to 0.95. ValueError for anything else."""
    match = _SHARE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is not None:
        share = float(Decimal(match[1]) / 100)
    elif _is_number(value):
        share = float(value)
    else:
        raise ValueError(SHARE_FORM)
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"{SHARE_FORM}, from 0 to 1 (100%)")
    return share


def bytes_of(value: object) -> float:
    """Bytes in a size: `64MiB` → 67108864.0; a bare number is bytes. ValueError for anything else."""
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is not None:
        size = float(Decimal(match[1]) * _BYTES[match[2]])
    elif _is_number(value):
        size = float(value)
    else:
        raise ValueError(SIZE_FORM)
    if not 0 <= size <= _LARGEST:
        raise ValueError(f"{SIZE_FORM}, from 0 to 1 EiB")
    return size


def complement(share: float) -> float:
    """1 - share in decimal arithmetic: 0.95 → 0.05, where floats would give 0.050000000000000044."""
    return float(1 - Decimal(repr(share)))


def product(share: float, factor: float) -> float:
    """The product share × factor in decimal arithmetic: 0.05 × 2.0 → 0.1 and never 0.1000…01."""
    return float(Decimal(repr(share)) * Decimal(repr(factor)))


def duration_text(seconds: float) -> str:
    """A duration for people, shortest exact form: 0.05 → `50ms`, 90 → `90s`, 300 → `5m`."""
    for unit in ("h", "m", "s"):
        amount = Decimal(repr(seconds)) / _UNITS[unit]
        if amount >= 1 and (amount == amount.to_integral_value() or unit == "s"):
            return f"{amount.normalize():f}{unit}"
    return f"{(Decimal(repr(seconds)) * 1000).normalize():f}ms" if seconds else "0s"


def clock_text(seconds: float) -> str:
    """A moment since the start of the load, for people: 83 → `1:23`; what lies before it is 0:00."""
    whole = max(0, int(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


def share_text(share: float) -> str:
    """A share for people: 0.05 → `5%`."""
    return f"{(Decimal(repr(share)) * 100).normalize():f}%"


def size_text(size: float) -> str:
    """A size for people, to three digits that count: 67108864 → `64 MiB`, -1536 → `-1.5 KiB`."""
    unit = max((name for name in _BYTES if abs(size) >= _BYTES[name]), key=_BYTES.__getitem__, default="B")
    return f"{float(f'{size / _BYTES[unit]:.3g}'):g} {unit}"


def amount(value: float, unit: str) -> str:
    """A value with its unit for people: 1024 `bytes per hour` → `1 KiB per hour`, 8 `calls` → `8 calls`, 8 → `8`."""
    first, _, rest = unit.partition(" ")
    plain = f"{value:.4g}" if abs(value) < 10_000 else f"{value:.0f}"
    number = size_text(value) if first == "bytes" else f"{plain} {first}"
    return f"{number} {rest}".strip()


def told_apart(value: float, bound: float, unit: str, told: Callable[[float, str], str] = amount) -> tuple[str, str]:
    """Both as `told`; in full where they would look equal and are not."""
    short = told(value, unit), told(bound, unit)
    if short[0] != short[1] or value == bound:
        return short
    return f"{value!r} {unit}".strip(), f"{bound!r} {unit}".strip()


Duration = Annotated[float, BeforeValidator(seconds_of)]
"""A pydantic field in seconds, written as a duration."""

Share = Annotated[float, BeforeValidator(share_of)]
"""A pydantic field in 0…1, written as a share."""

Size = Annotated[float, BeforeValidator(bytes_of)]
"""A pydantic field in bytes, written as a size."""
