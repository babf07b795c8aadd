"""Lines of Prometheus' text exposition format."""

from __future__ import annotations

from collections.abc import Iterable

from loadgen.catalogue import Metric

Sample = tuple[tuple[str, ...], float]
"""Label values and the value."""


def family_text(each: Metric, samples: Iterable[Sample]) -> str:
    """HELP, TYPE and a line for each sample; nothing at all without samples."""
    lines = [f"{each.name}{labels_text(each.labels, key)} {_value(value)}\n" for key, value in samples]
    return head(each) + "".join(lines) if lines else ""


def head(each: Metric) -> str:
    """The two lines before a family."""
    text = each.help.replace("\\", "\\\\").replace("\n", "\\n")
    return f"# HELP {each.name} {text}\n# TYPE {each.name} {each.type}\n"


def labels_text(names: tuple[str, ...], values: tuple[str, ...]) -> str:
    """`{name="value",…}`, whatever the values hold; nothing without labels."""
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True))
    return f"{{{pairs}}}" if pairs else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _value(value: float) -> str:
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    return str(value)
