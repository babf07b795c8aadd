"""Which of the rules that a Prometheus has loaded are a plan's own: told by name, labels and expression.

In which file or group they stand does not count: in a Prometheus of somebody else they may have been put anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from loadgen.query.client import Prometheus
from loadgen.query.selectors import speaks_of

Rule = dict[str, Any]
"""As it stands in a file, or as Prometheus tells it."""


class Loaded(Struct, frozen=True):
    """A rule that Prometheus has, and the group that it stands in."""

    rule: Rule
    group: Rule


class Expressions:
    """Compares expressions as Prometheus writes them; each is asked for once. Raises PrometheusFault."""

    def __init__(self, client: Prometheus) -> None:
        self._client = client
        self._known: dict[str, str] = {}

    def same(self, one: str, other: str) -> bool:
        """Whether they are the same, however they were put down."""
        return one == other or self.written(one) == self.written(other)

    def written(self, expression: str) -> str:
        """As Prometheus writes it."""
        if expression not in self._known:
            self._known[expression] = self._client.formatted(expression)
        return self._known[expression]


def loaded(groups: Iterable[Rule]) -> tuple[Loaded, ...]:
    """Every rule of these groups."""
    return tuple(Loaded(rule, group) for group in groups for rule in group["rules"])


def own(wanted: Iterable[Rule], there: Sequence[Loaded], expressions: Expressions) -> list[Loaded]:
    """Those that are among the wanted ones. Raises PrometheusFault."""
    return [one for rule in wanted for one in alike(rule, there) if expressions.same(one.rule["query"], rule["expr"])]


def alike(wanted: Rule, there: Sequence[Loaded]) -> list[Loaded]:
    """Those with the name and the labels of the wanted one, whatever they ask."""
    name, labels = name_of(wanted), labels_of(wanted)
    return [one for one in there if one.rule["name"] == name and labels_of(one.rule) == labels]


def name_of(rule: Rule) -> str:
    """What an alert is called, or what a rule records."""
    return str(rule.get("alert") or rule.get("record") or rule.get("name"))


def labels_of(rule: Rule) -> dict[str, str]:
    """Its labels; none where it has none."""
    return dict(rule.get("labels") or {})


def named(rule: Rule) -> str:
    """It, for people: the name, and of what it speaks."""
    labels = labels_of(rule)
    of = labels.get("criterion") or labels.get("check")
    return f"{name_of(rule)}{{{of}}}" if of else name_of(rule)


def may_speak_of(rule: Rule, run_id: str, scenario: str) -> bool:
    """Whether a loaded rule can have something to say of a run: its selectors do not leave that out."""
    return speaks_of(str(rule["query"]), {"run_id": run_id, "scenario": scenario})
