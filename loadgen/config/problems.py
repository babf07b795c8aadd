"""What is wrong with a configuration or a request: all of it at once, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

from msgspec import Struct

Path = tuple[str | int, ...]
"""Keys from the top of the YAML down to a value; numbers are places in a list."""

LONGEST = 60
_CREDENTIALS = re.compile(r"//[^/@\s]*@")


class Problem(Struct, frozen=True, kw_only=True):
    """One thing that is wrong. `line` is None for what stands in no file."""

    file: str
    line: int | None
    key: str
    text: str

    def __str__(self) -> str:
        """`file:line: key.path: what was found; allowed: …`."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.key, self.text) if part)


class ConfigError(Exception):
    """Nothing may be sent; `problems` says why, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def key_text(path: Path) -> str:
    """A path for people: `scenarios.spike.criteria[1]`; keys with odd characters stand in quotes."""
    text = ""
    for key in path:
        if isinstance(key, int):
            text += f"[{key}]"
        else:
            text += ("." if text else "") + (key if key.replace("-", "_").isidentifier() else shown(key))
    return text


def shown(value: object) -> str:
    """A found value for people: short, in one line, without anything that could disturb a terminal."""
    if value is None:
        return "nothing"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        text = "{" + ", ".join(f"{key_text((key,))}: {shown(inner)}" for key, inner in value.items()) + "}"
    elif isinstance(value, str):
        plain = _CREDENTIALS.sub("//…@", value)
        text = repr(plain) if plain.isprintable() else ascii(plain)
    else:
        text = repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def one_of(allowed: Iterable[str]) -> str:
    """The allowed names in a sentence."""
    names = sorted(set(allowed))
    return ", ".join(names) if names else "none at all"


def unknown(found: object, allowed: Iterable[str]) -> str:
    """`'chatt'; did you mean 'chat'? allowed: …`."""
    names = sorted(set(allowed))
    near = get_close_matches(str(found), names, n=1)
    hint = f" did you mean {near[0]!r}?" if near else ""
    return f"{shown(found)} is not known;{hint} allowed: {one_of(names)}"
