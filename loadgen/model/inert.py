"""Texts of others (names, errors, answers) made fit for any terminal and any file."""

from __future__ import annotations

REPLACEMENT = "�"


def inert(text: str) -> str:
    """The text in one line: every kind of white space is a space, and what cannot be printed is replaced.

    That takes escape sequences, signs that turn the direction of writing, what XML forbids and half surrogate pairs.
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else " " if letter.isspace() else REPLACEMENT for letter in text)


def shortened(text: str, most: int) -> str:
    """At most so many characters; one that was cut says so by its end."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
