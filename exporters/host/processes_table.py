"""Which processes there are, and which of them belong to a group."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import takewhile
from pathlib import Path
from stat import S_ISREG

from msgspec import Struct

from exporters.host.processes_cgroup import cgroup_pids
from exporters.host.processes_groups import CGROUP, CMDLINE, NAME, PID_FILE, Group
from exporters.host.processes_proc import GONE, MOST_BYTES, TICK, Identity, command_line, stat
from exporters.host.reading import Roots

YOUNG_SECONDS = 5.0
"""So long a process is looked at anew in each scrape: between fork and exec it still looks like its parent."""

AGAIN_SECONDS = 30
"""Later it is looked at once in one to two of these, since it may call itself otherwise: most do not, and reading the
command lines of a thousand processes each second is what makes such an exporter dear."""

STALE_SECONDS = 60.0
"""A process that started so much later than its pid file was written is not the one that is meant."""


class Known(Struct, frozen=True):
    """A process as it was last looked at."""

    identity: Identity
    inode: int
    """Of its folder in /proc: another one when another process has the pid."""
    parent: int
    groups: frozenset[str]
    """Those that its name or command line put it in."""
    due: float
    """Seconds since the machine was started: when to look again."""


class ProcessTable:
    """All processes, looked at anew as seldom as possible."""

    def __init__(self, groups: Sequence[Group], roots: Roots) -> None:
        """`groups`: who asks."""
        self._groups, self._roots = groups, roots
        self.hidden = _hides(roots.proc)
        """Whether this kernel shows us only our own processes."""
        self._known: dict[int, Known] = {}
        self._children: dict[int, list[int]] = {}
        self._by_words = [group for group in groups if group.kind in (NAME, CMDLINE)]
        self._with_command_lines = any(group.kind == CMDLINE for group in groups)
        self._accepted: dict[str, frozenset[Identity]] = {}
        """By group: whom its pid file was found to mean. They are not doubted again when the clock is set."""

    def look(self, now: float, boot: float) -> dict[str, list[Identity]]:
        """Name of each group → its processes. `now`: seconds since the machine was started; `boot`: when that was.

        A group of which nothing is seen while processes are hidden is not in it: it may well have some.
        """
        found: dict[int, Known] = {}
        with os.scandir(self._roots.proc) as entries:
            for entry in entries:
                if entry.name.isdecimal():
                    pid, inode = int(entry.name), entry.inode()
                    known = self._known.get(pid)
                    if known is None or known.inode != inode or known.due <= now:
                        known = self._examine(pid, inode, now)
                    if known is not None:
                        found[pid] = known
        self._known, self._children = found, {}
        chosen: dict[str, list[int]] = {group.name: [] for group in self._groups}
        for pid, known in found.items():
            for group_name in known.groups:
                chosen[group_name].append(pid)
        for group in self._groups:
            chosen[group.name] += self._found(group, boot)
        told = {name: pids for name, pids in chosen.items() if pids or not self.hidden}
        return {name: [found[pid].identity for pid in pids] for name, pids in told.items()}

    def _examine(self, pid: int, inode: int, now: float) -> Known | None:
        try:
            seen = stat(self._roots.proc, pid)
            line = command_line(self._roots.proc, pid) if self._with_command_lines and pid != os.getpid() else ""
        except (*GONE, PermissionError):  # hidden from us, where /proc is mounted so
            return None
        young = now - seen.start * TICK < YOUNG_SECONDS
        return Known(
            identity=Identity(pid, seen.start),
            inode=inode,
            parent=seen.parent,
            groups=frozenset(group.name for group in self._by_words if group.chooses(seen.comm, line)),
            due=now if young else now + AGAIN_SECONDS + pid % AGAIN_SECONDS,
        )

    def _found(self, group: Group, boot: float) -> Iterable[int]:
        """Those that are not found by their words."""
        if group.kind == PID_FILE:
            return self._trees(self._named_by_file(group, boot))
        if group.kind == CGROUP:
            return cgroup_pids(self._roots.sys, group.value) & self._known.keys()
        return ()

    def _trees(self, roots: Iterable[int]) -> Iterable[int]:
        """Processes and all their descendants."""
        if not self._children:
            for pid, known in self._known.items():
                self._children.setdefault(known.parent, []).append(pid)
        found, waiting = set(), list(roots)
        while waiting:
            pid = waiting.pop()
            if pid not in found:
                found.add(pid)
                waiting.extend(self._children.get(pid, ()))
        return found

    def _named_by_file(self, group: Group, boot: float) -> list[int]:
        """The living processes that a pid file names, without those that are younger than it.

        Most name one; numbers after the first word that is none, as PostgreSQL writes them, are something else.
        """
        text, written = _file(group.value)
        pids = [int(word) for word in takewhile(bytes.isdigit, text.split())]
        alive = {pid: self._known[pid].identity for pid in pids if pid in self._known}
        accepted = self._accepted.get(group.name, frozenset())
        meant = [pid for pid, i in alive.items() if i in accepted or boot + i.start * TICK <= written + STALE_SECONDS]
        self._accepted[group.name] = frozenset(alive[pid] for pid in meant)
        return meant


def _file(path: str) -> tuple[bytes, float]:
    """What stands in a file, and when it was written; nothing in one that is not there, or is a pipe or a device."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b"", 0.0
    try:
        about = os.fstat(file)
        return (os.read(file, MOST_BYTES), about.st_mtime) if S_ISREG(about.st_mode) else (b"", 0.0)
    finally:
        os.close(file)


def _hides(proc: Path) -> bool:
    """Whether /proc is mounted so (hidepid): the first process is always there, and is somebody else's."""
    try:
        stat(proc, 1)
    except (*GONE, PermissionError):
        return True
    return False
