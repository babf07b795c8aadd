"""GitHub Flavored Markdown, which GitLab reads as well: texts that stay texts, and tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from loadgen.model.inert import inert, shortened

MOST = 60_000
"""Bytes of a whole text."""
LONGEST, SHORT = 400, 120
"""Characters of one text, and of a name."""

T = TypeVar("T")

_ACTIVE = re.compile(r"[&<>`*\[\]|~\\$#]|(?<![^\W_])_|_(?![^\W_])")
"""What would be markup. An underscore between letters is none."""
_BEGINNING = re.compile(r"^(?:[-+=](?=[-+=\s]|$)|\d+[.)](?=\s|$))")
"""What would make a list or a heading of a line that begins with it."""
_CALLING = re.compile(r"@(?=\w)|&#35;(?=\w)|\bGH-(?=\d)|:(?=//)|\bwww(?=\.)", re.IGNORECASE)
"""What would notify somebody, be mentioned at an issue, or become a link."""
_BREAK = "&#8203;"
"""A space of no width."""


def plain(text: str, most: int = LONGEST) -> str:
    """The text in one line and of at most so many characters, shown as it stands wherever it is put."""
    line = shortened(" ".join(inert(text).split()), most)
    quiet = _ACTIVE.sub(lambda found: f"&#{ord(found[0])};", line)
    begun = _BEGINNING.sub(lambda found: f"{found[0][:-1]}&#{ord(found[0][-1])};", quiet)
    return _CALLING.sub(lambda found: f"{found[0]}{_BREAK}", begun)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> Iterator[str]:
    """The lines of a table; the first `left` columns hold words, the others figures. Cells are taken as they are."""
    yield _cells(head)
    yield _cells([*["---"] * left, *["---:"] * (len(head) - left)])
    yield from map(_cells, rows)


def _cells(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def first(found: Sequence[T], most: int, line: Callable[[T], str]) -> Iterator[str]:
    """A line for each of the first so many, and how many more there are."""
    yield from map(line, found[:most])
    yield from more(found, most)


def more(found: Sequence[object], most: int) -> Iterator[str]:
    """How many there are beyond so many; nothing when there are none."""
    if len(found) > most:
        yield from ("", f"and {len(found) - most} more")


def fitted(blocks: Iterable[str], foot: str) -> str:
    """The blocks and the foot, at most MOST bytes of them: what is beyond is left out from the end, and said so."""
    left_out = "Some of it is left out here."
    room = MOST - len(f"{foot}\n\n{left_out}\n\n".encode())
    kept: list[str] = []
    for block in blocks:
        room -= len(block.encode()) + 2
        if room < 0:
            kept.append(left_out)
            break
        kept.append(block)
    return "\n\n".join((*kept, foot)) + "\n"


def folded(title: str, lines: Iterable[str]) -> Iterator[str]:
    """What is seen when its title is opened."""
    yield from (f"<details><summary>{title}</summary>", "", *lines, "", "</details>")
