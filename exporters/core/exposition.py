"""Metric families as Prometheus' text format 0.0.4.

Written anew and not taken from the client library: docs/decisions/0015 says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache

from msgspec import Struct
from prometheus_client.metrics_core import Metric

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

TYPES = {"unknown": "untyped", "info": "gauge", "stateset": "gauge", "gaugehistogram": "histogram"}
"""Types that the text format calls otherwise."""

MANY_NAMES = ("histogram", "summary", "gaugehistogram")
"""Types whose samples have other names than the family."""

NOT_FINITE = {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN"}
"""How Python writes a number → how Prometheus does."""

REMEMBERED = 4096
"""Texts of labels that are kept, since they are mostly those of the last scrape."""

ESCAPED_IN_VALUE = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
ESCAPED_IN_HELP = str.maketrans({"\\": r"\\", "\n": r"\n"})


class Family(Struct, frozen=True):
    """A family as text: its two comment lines, and its samples, a line each."""

    name: str
    head: str
    lines: Sequence[str]


def family(metric: Metric) -> Family | None:
    """The family as text; None when it has no samples. Raises ValueError or TypeError for what is no sample of it."""
    many, created = metric.type in MANY_NAMES, f"{metric.name}_created"
    shown = metric.name if many else None
    lines = []
    for name, labels, value, at, _, _ in metric.samples:
        if name == created:
            continue
        if not many and name != (shown := shown or name):
            raise ValueError(f"the family {metric.name} has samples of several names")
        number = str(+value)
        number = NOT_FINITE.get(number, number)
        moment = "" if at is None else f" {int(float(at) * 1000)}"
        lines.append(f"{name}{_labels(tuple(labels.items())) if labels else ''} {number}{moment}\n")
    if shown is None or not lines:
        return None
    return Family(shown, _head(shown, metric.documentation, metric.type), lines)


def text(families: Iterable[Family]) -> bytes:
    """The whole answer. Families of the same name, of two collectors, are put together under one head."""
    parts: dict[str, list[str]] = {}
    for each in families:
        parts.setdefault(each.name, [each.head]).extend(each.lines)
    return "".join(line for lines in parts.values() for line in lines).encode(errors="replace")


@cache
def _head(name: str, documentation: str, kind: str) -> str:
    """The comments; their number is bounded by the code's families, whose texts are constant."""
    return f"# HELP {name} {documentation.translate(ESCAPED_IN_HELP)}\n# TYPE {name} {TYPES.get(kind, kind)}\n"


@lru_cache(REMEMBERED)
def _labels(labels: tuple[tuple[str, str], ...]) -> str:
    return "{" + ",".join([f'{name}="{_value(value)}"' for name, value in labels]) + "}"


def _value(value: str) -> str:
    """Bytes that are no UTF-8, of a path or a program's name, are shown in hexadecimal: two of them stay two."""
    if not value.isascii():
        value = value.encode(errors="surrogateescape").decode(errors="backslashreplace")
    return value.translate(ESCAPED_IN_VALUE)
