"""Whether an expression can speak of a run: what its selectors say of the labels that tell runs apart.

Read as Prometheus writes it, and only as far as that needs. What is not understood here is taken to speak of the run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

_STRING = r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`'
_TOKEN = re.compile(rf"\s+|(?P<text>{_STRING})|(?P<number>\d[\w.]*)|(?P<name>[A-Za-z_][\w:]*)|(?P<sign>.)", re.DOTALL)
_MATCHER = re.compile(rf"\s*(?P<label>\w+)\s*(?P<operator>=~|!~|!=|=)\s*(?P<value>{_STRING})\s*,?", re.DOTALL)

_GROUPING = {"by", "without", "on", "ignoring", "group_left", "group_right"}
_WORDS = {"and", "or", "unless", "atan2", "bool", "offset", "inf", "nan", "start", "end"} | _GROUPING
_CALLED = {"(", *_GROUPING}
"""What comes after the name of a function or an aggregation."""


class Matcher(Struct, frozen=True):
    """A label, how it is compared, and with what."""

    label: str
    operator: str
    value: str

    def excludes(self, value: str) -> bool:
        """Whether nothing with this value of the label is selected."""
        if self.operator in ("=", "!="):
            return (self.value == value) == (self.operator == "!=")
        try:
            found = re.fullmatch(self.value, value) is not None
        except re.error:
            return False
        return found == (self.operator == "!~")


def speaks_of(expression: str, labels: Mapping[str, str]) -> bool:
    """Whether any selector of the expression can select a series with these labels."""
    return any(
        not any(one.label in labels and one.excludes(labels[one.label]) for one in matchers)
        for matchers in selectors(expression)
    )


def selectors(expression: str) -> Iterator[tuple[Matcher, ...]]:
    """What each vector selector of the expression demands, in the order of the text."""
    tokens = [token for token in _TOKEN.finditer(expression) if token.lastgroup]
    at = 0
    while at < len(tokens):
        kind, text = tokens[at].lastgroup, tokens[at][0]
        after = tokens[at + 1][0].lower() if at + 1 < len(tokens) else ""
        if kind == "name" and text.lower() in _GROUPING and after == "(":
            at = _closing(tokens, at + 1, ")")
        elif text == "{":
            end = _closing(tokens, at, "}")
            yield _matchers(expression[tokens[at].end() : tokens[end].start()])
            at = end
        elif kind == "name" and text.lower() not in _WORDS and after not in _CALLED and after != "{":
            yield ()
        at += 1


def _closing(tokens: list[re.Match[str]], at: int, sign: str) -> int:
    """The place of the next `sign`; the last token where there is none."""
    return next((n for n in range(at, len(tokens)) if tokens[n][0] == sign), len(tokens) - 1)


def _matchers(text: str) -> tuple[Matcher, ...]:
    return tuple(Matcher(one["label"], one["operator"], _unquoted(one["value"])) for one in _MATCHER.finditer(text))


def _unquoted(text: str) -> str:
    """The text that a PromQL string stands for; its escapes are Python's."""
    if text.startswith("`"):
        return text[1:-1]
    try:
        return str(ast.literal_eval(text))
    except (SyntaxError, ValueError):
        return text[1:-1]
