"""A process group as it is asked for: `NAME:KIND=VALUE`."""

from __future__ import annotations

import re
import warnings
from re import _parser  # type: ignore[attr-defined]  # how a pattern was understood is told nowhere else
from typing import Any

from msgspec import Struct

from exporters.core.errors import UsageFault
from exporters.host.processes_proc import BYTES

NAME, CMDLINE, PID_FILE, CGROUP = "name", "cmdline", "pid_file", "cgroup"

FORM = f"NAME:KIND=VALUE, with KIND one of {NAME}, {CMDLINE}, {PID_FILE}, {CGROUP}"

COMM_BYTES = 15
"""The kernel keeps no more of a process' name."""


class Group(Struct, frozen=True, kw_only=True):
    """Processes that are counted together."""

    name: str
    """The label `groupname`."""
    kind: str
    value: str
    pattern: re.Pattern[str] | None = None
    """The compiled `value`, where the kind is `cmdline`."""

    def chooses(self, comm: str, command_line: str) -> bool:
        """Whether a process belongs here by its name or its command line.

        A command line that holds this group's own definition is never meant: it is an exporter, or what started one.
        """
        if self.kind == NAME:
            return comm == self.value
        if self.pattern is None or self.pattern.search(command_line) is None:
            return False
        return f"{self.name}:{self.kind}={self.value}" not in command_line


def parse_group(words: str) -> Group:
    """The group that a `--group` asks for. Raises UsageFault."""
    name, _, rest = words.partition(":")
    kind, equals, value = rest.partition("=")
    if not (name and equals and value):
        raise UsageFault(f"--group {words!r} is not {FORM}")
    if kind not in (NAME, CMDLINE, PID_FILE, CGROUP):
        raise UsageFault(f"--group {words!r}: there is no kind {kind!r}; write {FORM}")
    if kind == CGROUP and ".." in value.split("/"):
        raise UsageFault(f"--group {words!r}: a cgroup is a path below the cgroup root, without '..'")
    if kind == NAME:
        value = value.encode(errors=BYTES)[:COMM_BYTES].decode(errors=BYTES)
    return Group(name=name, kind=kind, value=value, pattern=_compiled(words, value) if kind == CMDLINE else None)


def _compiled(words: str, value: str) -> re.Pattern[str]:
    try:
        with warnings.catch_warnings():  # of a way to write it that may mean something else one day
            warnings.simplefilter("ignore")
            pattern, parts = re.compile(value), _parser.parse(value)
            endless = _repeats_repetition(parts, inside=False)
    except (re.error, OverflowError, RecursionError) as fault:
        raise UsageFault(f"--group {words!r}: the regular expression does not compile: {fault}") from fault
    if endless:
        raise UsageFault(
            f"--group {words!r}: a repetition is repeated, which some process' command line could make last for ever; "
            r"write it with one, such as \S+ for (\w+/?)+"
        )
    return pattern


def _repeats_repetition(part: Any, *, inside: bool) -> bool:
    """Whether `*`, `+` or `{n,}` stands inside another; the search then takes time exponential in the text's length.

    Nothing can interrupt it, and while it lasts the whole exporter stands still. `part`: of a pattern as it was parsed.
    """
    if isinstance(part, tuple) and len(part) == 2 and part[0] in (_parser.MAX_REPEAT, _parser.MIN_REPEAT):
        _, most, body = part[1]
        many = most == _parser.MAXREPEAT
        return (many and inside) or _repeats_repetition(body, inside=inside or many)
    if isinstance(part, tuple | list | _parser.SubPattern):
        return any(_repeats_repetition(each, inside=inside) for each in part)
    return False
