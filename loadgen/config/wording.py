"""Pydantic's errors in the words of this project: what was found, and what is allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pydantic_core import ErrorDetails

from loadgen.config.problems import Path, shown, unknown
from loadgen.model.quantities import is_duration

_TYPES = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a number that is finite",
    "bool_type": "true or false",
    "string_type": "a text",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
_BOUNDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than": lambda ctx: f"more than {ctx['gt']:g}",
    "greater_than_equal": lambda ctx: f"{ctx['ge']:g} or more",
    "less_than": lambda ctx: f"less than {ctx['lt']:g}",
    "less_than_equal": lambda ctx: f"{ctx['le']:g} or less",
    "too_short": lambda ctx: f"at least {ctx['min_length']}",
    "too_long": lambda ctx: f"at most {ctx['max_length']}",
    "string_too_short": lambda ctx: f"at least {ctx['min_length']} characters",
    "string_too_long": lambda ctx: f"at most {ctx['max_length']} characters",
    "string_pattern_mismatch": lambda ctx: f"the form {ctx['pattern']}",
    "literal_error": lambda ctx: str(ctx["expected"]).replace("'", ""),
    "value_error": lambda ctx: str(ctx["error"]),
}
_LIMITS = frozenset({"greater_than", "greater_than_equal", "less_than", "less_than_equal"})


def place(error: ErrorDetails) -> Path:
    """Where in the block the error is; the mark that pydantic sets behind a bad key is left out."""
    return tuple(part for part in error["loc"] if part != "[key]")


def sentence(error: ErrorDetails, known: Iterable[str] = (), *, secret: bool = False) -> str:
    """`'soon'; allowed: a whole number`.

    `known`: the keys that the block has, for one that is not known. `secret`: what was found is not to be shown.
    """
    kind, context = error["type"], error.get("ctx", {})
    if kind == "missing":
        return "missing; allowed: a value must stand here"
    if kind == "extra_forbidden":
        return f"the key {unknown(str(error['loc'][-1]), known)}"
    allowed = _TYPES.get(kind) or (_BOUNDS[kind](context) if kind in _BOUNDS else error["msg"])
    if kind in _LIMITS and is_duration(error["input"]):
        allowed += ", in seconds"
    return f"a value that is not shown; allowed: {allowed}" if secret else found(error["input"], allowed)


def without_echoes(errors: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """The errors without those of lists that are too short only because pydantic left their bad items out."""
    return [
        error for error in errors if error["type"] != "too_short" or not any(_inside(other, error) for other in errors)
    ]


def _inside(inner: ErrorDetails, outer: ErrorDetails) -> bool:
    depth = len(outer["loc"])
    return len(inner["loc"]) > depth and inner["loc"][:depth] == outer["loc"]


def found(value: object, allowed: str) -> str:
    """What was found and what is allowed."""
    return f"{shown(value)}; allowed: {allowed}"
