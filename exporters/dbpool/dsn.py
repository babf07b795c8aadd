"""Where a connection string stands, what it says, and how to speak about it without repeating it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from psycopg import OperationalError, pq

from exporters.core.errors import EnvironmentFault, UsageFault

EXPECTED = "postgresql://user:password@host:port/database or host=… port=… user=… password=… dbname=…"

_PLACES = {
    "env": re.compile(r"[A-Za-z_]\w*", re.ASCII),
    "file": re.compile(r"(?!.*(://|password\s*=|:[^/]+@)).+", re.DOTALL | re.IGNORECASE),
}
"""What a name of a variable, or of a file, can be. Neither can be a connection string, whose text must not be shown."""

BYTES = "surrogateescape"
"""How bytes that are no UTF-8 are carried in text: a password may hold any."""


class Dsn:
    """A connection string in the environment or in a file. Its text is read when it is needed and not kept."""

    def __init__(self, place: str) -> None:
        """`place`: env:NAME or file:PATH.

        Raises UsageFault for anything else, without repeating it: it may be a connection string, given by mistake.
        """
        kind, _, where = place.partition(":")
        if kind not in _PLACES or not _PLACES[kind].fullmatch(where):
            raise UsageFault("a connection string is not given here but its place, env:NAME or file:PATH")
        self.place = place
        self._read: Callable[[str], str] = _READERS[kind]
        self._where = where

    def options(self) -> dict[str, str]:
        """Options of libpq by keyword. Raises EnvironmentFault when it cannot be read, or is no connection string."""
        try:
            text = self._read(self._where).strip()
        except UnicodeDecodeError:
            raise EnvironmentFault(f"{self.place} is not text; expected {EXPECTED}") from None
        except OSError as error:
            raise EnvironmentFault(f"{self.place} cannot be read: {error.strerror}; name a readable file") from None
        options = {} if "\0" in text else _parsed(text)  # libpq would read as far as the NUL
        if not options:  # libpq would take its defaults: whatever server is on this machine
            raise EnvironmentFault(f"{self.place} holds no connection string; expected {EXPECTED}")
        return options


SHORT, WITHHELD = 4, "no more is told: the password is so short that its place in the text would give it away"


def redacted(text: str, options: Mapping[str, str]) -> str:
    """The text with every value of the connection string replaced by its keyword, in angle brackets.

    With a password of fewer than SHORT characters none of it: `p` taken out of `port` can be read off what is left.
    """
    if any("password" in keyword and len(value) < SHORT for keyword, value in options.items()):
        return WITHHELD
    for keyword, value in sorted(options.items(), key=lambda option: -len(option[1])):
        if "password" in keyword:
            text = text.replace(value, f"<{keyword}>")
        else:
            text = re.sub(rf"(?<![\w<]){re.escape(value)}(?![\w>])", f"<{keyword}>", text)
    return " ".join(text.split())


def _parsed(text: str) -> dict[str, str]:
    """What is said in the text; nothing where it is no connection string."""
    try:
        parsed = pq.Conninfo.parse(text.encode(errors=BYTES))
    except OperationalError:  # its text repeats what it stumbled over, which may be the password
        return {}
    return {option.keyword.decode(): option.val.decode(errors=BYTES) for option in parsed if option.val}


def _from_environment(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise EnvironmentFault(f"env:{name} is not set; export it before the exporter is started")
    return value


def _from_file(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


_READERS: Mapping[str, Callable[[str], str]] = {"env": _from_environment, "file": _from_file}
