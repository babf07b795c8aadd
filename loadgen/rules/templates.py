"""What Prometheus makes of the templates in our annotations: so much of its language as they use."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

_ACTION = re.compile(r'\{\{ (?:\$labels\.(?P<label>\w+)|\$value(?: \| (?P<form>\w+))?|"(?P<text>\{\{)") \}\}')


def expanded(template: str, value: float, labels: Mapping[str, str]) -> str:
    """The text for an alert with this value and the labels of its series. KeyError for what is not known here."""

    def replace(action: re.Match[str]) -> str:
        if action["label"]:
            return labels[action["label"]]
        return action["text"] or _FORMS[action["form"] or ""](value)

    return _ACTION.sub(replace, template)


def _plain(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) else repr(value)


def _percentage(value: float) -> str:
    return f"{value * 100:.4g}%"


def _humanize(value: float) -> str:
    prefix = ""
    if abs(value) >= 1:
        for larger in ("k", "M", "G"):
            if abs(value) < 1000:
                break
            value, prefix = value / 1000, larger
    elif value:
        for smaller in ("m", "u", "n"):
            if abs(value) >= 1:
                break
            value, prefix = value * 1000, smaller
    return f"{value:.4g}{prefix}"


def _humanize1024(value: float) -> str:
    prefix = ""
    if abs(value) > 1 and math.isfinite(value):
        for larger in ("ki", "Mi", "Gi", "Ti"):
            if abs(value) < 1024:
                break
            value, prefix = value / 1024, larger
    return f"{value:.4g}{prefix}"


_FORMS = {"": _plain, "humanizePercentage": _percentage, "humanize": _humanize, "humanize1024": _humanize1024}
