"""The JSON Schema of a record with the words that stand beside its fields in the source."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, get_args, get_type_hints

import msgspec
from msgspec import Struct

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(kind: type[Struct], version: int, title: str) -> str:
    """The schema of such records, of this version alone; ends with a line break."""
    made = msgspec.json.schema(kind)
    for struct in {kind, *_within(kind)}:
        properties = made["$defs"][struct.__name__]["properties"]
        for field, words in _words(struct):
            properties[field] = {**properties[field], "description": words}
    made["$defs"][kind.__name__]["properties"]["schema_version"] = {"const": version}
    return json.dumps({"$schema": DIALECT, "title": title} | made, indent=2, ensure_ascii=False) + "\n"


def _within(kind: Any) -> Iterator[type[Struct]]:
    """Every struct that a struct's fields hold, however deep."""
    for hint in get_type_hints(kind).values():
        for part in (hint, *_parts(hint)):
            if isinstance(part, type) and issubclass(part, Struct):
                yield part
                yield from _within(part)


def _parts(hint: Any) -> Iterator[Any]:
    for part in get_args(hint):
        yield part
        yield from _parts(part)


def _words(struct: type[Struct]) -> Iterator[tuple[str, str]]:
    """Fields with the text below them."""
    (definition,) = ast.parse(inspect.getsource(struct)).body
    statements = definition.body if isinstance(definition, ast.ClassDef) else []
    for field, text in pairwise(statements):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
            words = " ".join(str(ast.literal_eval(text.value)).split())
            yield field.target.id, re.sub(r"\bNone\b", "null", words)
