"""Metric families as Prometheus' text format 0.0.4.

Written anew and not taken from the client library, whose own rendering costs four times as much a line and calls every
counter `…_total`, also one that the field knows without that ending.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache

from msgspec import Struct
from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Sample

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

TYPES = {"unknown": "untyped", "info": "gauge", "stateset": "gauge", "gaugehistogram": "histogram"}
"""Types that the text format calls otherwise."""

MANY_NAMES = ("histogram", "summary", "gaugehistogram")
"""Types whose samples have other names than the family."""

ESCAPED_IN_VALUE = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
ESCAPED_IN_HELP = str.maketrans({"\\": r"\\", "\n": r"\n"})


class Family(Struct, frozen=True):
    """A family as text: its two comment lines, and its samples, a line each."""

    name: str
    head: str
    lines: Sequence[str]


def family(metric: Metric) -> Family | None:
    """The family as text; None when it has no samples. Raises ValueError or TypeError for what is no sample of it."""
    created = f"{metric.name}_created"
    samples = [sample for sample in metric.samples if sample.name != created]
    if not samples:
        return None
    name = metric.name if metric.type in MANY_NAMES else samples[0].name
    if metric.type not in MANY_NAMES and len({sample.name for sample in samples}) > 1:
        raise ValueError(f"the family {metric.name} has samples of several names")
    return Family(name, _head(name, metric.documentation, metric.type), [_line(sample) for sample in samples])


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


def _line(sample: Sample) -> str:
    line = f"{sample.name}{_labels(sample.labels)} {_number(sample.value)}"
    return f"{line}\n" if sample.timestamp is None else f"{line} {int(float(sample.timestamp) * 1000)}\n"


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join([f'{name}="{_value(value)}"' for name, value in labels.items()]) + "}"


def _value(value: str) -> str:
    if '"' in value or "\\" in value or "\n" in value:
        return value.translate(ESCAPED_IN_VALUE)
    return value


def _number(value: float) -> str:
    if math.isfinite(value):
        return str(+value)
    return "NaN" if math.isnan(value) else ("+Inf" if value > 0 else "-Inf")
