"""Rule groups and their YAML, as Prometheus 2.42 and later read it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml
from msgspec import Struct

from loadgen.catalogue.promql import duration

WIDTH = 118


class Group(Struct, frozen=True, kw_only=True):
    """A rule group. Its rules are evaluated one after the other; each is a mapping as it stands in the file."""

    name: str
    rules: tuple[dict[str, Any], ...]
    interval: float | None = None
    """Seconds between its evaluations, for rules that count them; None: as the server does it."""


def render(groups: Iterable[Group], heading: str = "") -> str:
    """The text of a rule file: the same groups always give the same text. `heading` becomes its comment."""
    return as_yaml({"groups": [_as_mapping(group) for group in groups]}, heading)


def _as_mapping(group: Group) -> dict[str, Any]:
    how_often = {} if group.interval is None else {"interval": duration(group.interval)}
    return {"name": group.name, **how_often, "rules": list(group.rules)}


def as_yaml(content: dict[str, Any], heading: str = "") -> str:
    """YAML in the order given, without anchors."""
    comment = "".join(f"# {line}\n" for line in heading.splitlines())
    return comment + yaml.dump(content, Dumper=_Plain, sort_keys=False, width=WIDTH, allow_unicode=True)


_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # several times as fast, where libyaml is there


class _Plain(_Dumper):
    """Writes everything out: a reader of rules should not have to follow anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 the base class asks for it
        return True
