"""The dashboards as they are shipped, and what PromQL names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]

DASHBOARDS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "grafana" / "dashboards").glob("*.json"))
}
"""By the name of their file, which is their uid."""

RULES = [ROOT / "prometheus" / "rules", ROOT / "alerts"]

_BESIDE = re.compile(
    r"""
    "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*'                                      # texts
    | \[[^\]]*\] | \{(?:"(?:\\.|[^"\\])*"|[^{}"])*\}  # windows, matchers
    | \b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)         # labels
    | \boffset\s+-?\S+                                                         # shifts
    | (?<![\w:])-?(?:\d[\d.]*(?:e[+-]?\d+)?\w*|[+-]?Inf|NaN)                   # numbers, durations
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NAME = re.compile(r"[a-zA-Z_:][\w:]*(?!\s*\()\b(?!\s*\()")
_WORDS = {
    "and",
    "or",
    "unless",
    "bool",
    "by",
    "on",
    "without",
    "ignoring",
    "group_left",
    "group_right",
    "offset",
    "end",
}


def names_in(expression: str) -> set[str]:
    """The names of the series in PromQL, variables filled in or not."""
    named = set(re.findall(r'__name__=~?"([^"]+)"', expression))
    plain = _BESIDE.sub(" ", re.sub(r"\$\{?\w+\}?", "1", expression))
    found = {name for name in _NAME.findall(plain) if name.lower() not in _WORDS}
    return found | {part for one in named for part in one.split("|")}


def committed_rules() -> Iterator[dict[str, Any]]:
    """Every recording and alert rule that is shipped."""
    for folder in RULES:
        for path in sorted(folder.rglob("*.yml")):
            if path.parent.name == "tests":  # what promtool asks of the rules
                continue
            content = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)
            for group in content.get("groups") or ():
                yield from (rule for rule in group.get("rules") or () if "expr" in rule)
