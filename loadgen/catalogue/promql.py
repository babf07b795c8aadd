"""PromQL text, put together so that no value can change the query it stands in."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

_UNITS = {"y": 365 * 86400, "w": 7 * 86400, "d": 86400, "h": 3600, "m": 60, "s": 1, "ms": 0.001}
_DURATION = re.compile(rf"(\d+)({'|'.join(sorted(_UNITS, key=len, reverse=True))})", re.ASCII)

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Regex(Struct, frozen=True):
    """A label value to be matched with `=~`: an RE2 pattern, anchored at both ends by Prometheus."""

    pattern: str


def any_of(values: Iterable[str]) -> Regex:
    """Matches exactly the given values, whatever characters they hold."""
    return Regex("|".join(re.escape(value) for value in values))


def quote(value: str) -> str:
    """`value` as a PromQL string in double quotes."""
    return '"' + "".join(_escaped(character) for character in value) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    return f"\\x{ord(character):02x}" if ord(character) < 0x20 or ord(character) == 0x7F else character


def selector(name: str, labels: Mapping[str, str | Regex] | None = None) -> str:
    """A vector selector, e.g. `loadtest_users{test_type="rest"}`. `name` and label names come from the catalogue."""
    matchers = ",".join(_matcher(label, value) for label, value in (labels or {}).items())
    return f"{name}{{{matchers}}}" if matchers else name


def _matcher(label: str, value: str | Regex) -> str:
    if isinstance(value, Regex):
        return f"{label}=~{quote(value.pattern)}"
    return f"{label}={quote(value)}"


def number(value: float) -> str:
    """A PromQL number that reads back as the same float."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(value)


def duration(seconds: float) -> str:
    """A PromQL duration, to the millisecond: `10s`, `2500ms`. Raises ValueError below a millisecond."""
    milliseconds = round(seconds * 1000)
    if milliseconds < 1:
        raise ValueError(f"{seconds} s is no PromQL duration: the shortest is 1 ms")
    return f"{milliseconds // 1000}s" if milliseconds % 1000 == 0 else f"{milliseconds}ms"


def seconds_in(text: str) -> float:
    """Seconds in a duration as Prometheus writes it: `1s500ms` → 1.5. ValueError for anything else."""
    parts = _DURATION.findall(text)
    if "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is no duration")
    return round(sum(int(number) * _UNITS[unit] for number, unit in parts), 3)
