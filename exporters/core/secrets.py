"""Words given by mistake that hold a password are not repeated in an error, which ends in logs."""

from __future__ import annotations

import re
from collections.abc import Sequence

SECRET = re.compile(r"\w+://.*@.*|\w*(?:passw(?:or)?d|passfile)\s*=.*", re.IGNORECASE | re.DOTALL)
"""A connection string, from where it begins in a word: as a URL, or as libpq's keywords."""

IN_TEXT = re.compile(r"\w+://\S*@\S*|\w*passw(?:or)?d\s*=\s*\S*", re.IGNORECASE)

HIDDEN = "<not repeated, it looks like a connection string>"


def without_secrets(text: str, words: Sequence[str]) -> str:
    """The text of an error about these words of a command line, without what looks like a connection string."""
    for word in words:
        if found := SECRET.search(word):
            for said in (word, repr(word)[1:-1], found[0], repr(found[0])[1:-1]):
                text = text.replace(said, HIDDEN)
    return IN_TEXT.sub(HIDDEN, text)
