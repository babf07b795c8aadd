"""A YAML text as plain data that remembers its lines.

Numbers and booleans are those of YAML 1.2: `yes` and `1:30` are texts here, not a boolean and not a number of minutes.
"""

from __future__ import annotations

import re
from typing import Any

import yaml
from msgspec import Struct

from loadgen.config.problems import Path, Problem, key_text, shown

MOST_VALUES = 50_000
"""More than any configuration has; aliases inside aliases could make millions."""

_INTEGER = re.compile(r"[-+]?[0-9]{1,18}", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_WORDS = {"true": True, "True": True, "false": False, "False": False, "null": None, "~": None, "": None}
_TAGS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))


class Document(Struct, frozen=True, kw_only=True):
    """The data of a YAML file; `lines` has the line of every key, by its path."""

    file: str
    data: Any
    lines: dict[Path, int]
    problems: tuple[Problem, ...]

    def problem(self, path: Path, text: str) -> Problem:
        """A problem at `path`, with the line of the nearest thing above it that is there."""
        near = path
        while near and near not in self.lines:
            near = near[:-1]
        return Problem(file=self.file, line=self.lines.get(near, 1), key=key_text(path), text=text)


class _Reading:
    """One pass over the nodes: data on the way out, lines and problems beside it."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []
        self.values = 0

    def value(self, node: yaml.Node, path: Path) -> Any:
        self.values += 1
        if self.values > MOST_VALUES:
            raise yaml.MarkedYAMLError(problem=f"more than {MOST_VALUES} values", problem_mark=node.start_mark)
        self.lines.setdefault(path, node.start_mark.line + 1)
        if node.tag not in _TAGS:
            self.problem(node, path, f"the tag {shown(node.tag)}; allowed: no tags")
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, place)) for place, item in enumerate(node.value)]
        plain = isinstance(node, yaml.ScalarNode) and node.style is None
        return _plain(node.value) if plain else node.value

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.problem(key_node, path, "a list or mapping as a key; allowed: a name")
                continue
            key = key_node.value
            if key in data:
                first = self.lines[*path, key]
                self.problem(key_node, (*path, key), f"a second time (first in line {first}); allowed: once")
                continue
            self.lines[*path, key] = key_node.start_mark.line + 1
            data[key] = self.value(value_node, (*path, key))
        return data

    def problem(self, node: yaml.Node, path: Path, text: str) -> None:
        line = node.start_mark.line + 1
        self.problems.append(Problem(file=self.file, line=line, key=key_text(path), text=text))


def parse(content: bytes, file: str) -> Document:
    """Read a YAML text. What is not YAML at all is one problem and no data; duplicate keys are problems beside it."""
    reading = _Reading(file)
    try:
        node = yaml.compose(content.decode("utf-8-sig"), Loader=yaml.BaseLoader)
        data = None if node is None else reading.value(node, ())
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        return Document(file=file, data=None, lines={}, problems=(_not_yaml(error, content, file),))
    problems = reading.problems
    if not isinstance(data, dict):
        problems = [Problem(file=file, line=1, key="", text=f"{shown(data)}; allowed: a mapping with the sections")]
    return Document(file=file, data=data, lines=reading.lines, problems=tuple(problems))


def _plain(text: str) -> Any:
    """What an unquoted scalar means."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _not_yaml(error: Exception, content: bytes, file: str) -> Problem:
    line: int | None = 1
    what = "too deeply nested"
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        what = ", ".join(part for part in (error.context, error.problem) if part)
    elif isinstance(error, UnicodeDecodeError):
        line = content.count(b"\n", 0, error.start) + 1
        what = f"the byte 0x{content[error.start]:02x}, which is not UTF-8"
    elif isinstance(error, yaml.reader.ReaderError):
        line = content.decode("utf-8-sig").count("\n", 0, error.position) + 1
        what = f"the character {chr(int(error.character))!a}"
    return Problem(file=file, line=line, key="", text=f"not YAML: {what}")
