"""A process group as it is asked for: `NAME:KIND=VALUE`."""

from __future__ import annotations

import re

from msgspec import Struct

from exporters.core.errors import UsageFault

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
        value = value.encode()[:COMM_BYTES].decode(errors="ignore")
    return Group(name=name, kind=kind, value=value, pattern=_compiled(words, value) if kind == CMDLINE else None)


def _compiled(words: str, value: str) -> re.Pattern[str]:
    try:
        return re.compile(value)
    except re.error as fault:
        raise UsageFault(f"--group {words!r}: the regular expression does not compile: {fault}") from fault
