"""What is read of a group's processes in a scrape, and what more seldom because it is dear."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from exporters.host.processes_books import Used
from exporters.host.processes_cgroup import quota
from exporters.host.processes_proc import (
    GONE,
    Identity,
    Stat,
    Status,
    descriptors,
    parse_io,
    parse_proportional,
    parse_soft_limit,
    parse_status,
    read,
    stat,
)
from exporters.host.reading import Roots

SLOW_SECONDS = 30.0
"""Between two readings of what seldom changes (limits, quotas) or is dear (proportional memory)."""

DEAR_SHARE = 0.005
"""Of a core, at most, for reading a group's proportional memory: a group that takes long is read less often."""


class Bounds(NamedTuple):
    """What a process may use; None: no bound, or it could not be read."""

    descriptors: int | None
    quota: tuple[str, float] | None
    """The cgroup that sets it, and the cores."""
    due: float


class Process(NamedTuple):
    """A living process in this scrape; None stands for what could not be read."""

    identity: Identity
    stat: Stat
    status: Status
    io: tuple[int, int] | None
    descriptors: int | None
    bounds: Bounds

    @property
    def used(self) -> Used:
        """What it has used since it began."""
        read_bytes, written = self.io or (None, None)
        status = self.status
        return Used(self.stat.user, self.stat.system, status.voluntary, status.nonvoluntary, read_bytes, written)


class Reader:
    """Reads each process once in a scrape, in however many groups it is."""

    def __init__(self, roots: Roots) -> None:
        self._roots = roots
        self._bounds: dict[Identity, Bounds] = {}

    def read(self, wanted: Iterable[Identity], now: float) -> Mapping[Identity, Process]:
        """The processes that live, by identity. `now`: seconds of a clock that only goes forward."""
        found = {}
        for identity in set(wanted):
            try:
                process = self._process(identity, now)
            except (*GONE, ValueError):  # it ended while it was being read
                continue
            if process is not None:
                found[identity] = process
        self._bounds = {identity: process.bounds for identity, process in found.items()}
        return found

    def _process(self, identity: Identity, now: float) -> Process | None:
        place, pid = self._roots.proc, identity.pid
        seen = stat(place, pid)
        if seen.start != identity.start or seen.ended:
            return None
        status = parse_status(read(f"{place}/{pid}/status"))
        bounds = self._bounds.get(identity)
        if bounds is None or bounds.due <= now:
            bounds = self._read_bounds(pid, now)
        return Process(identity, seen, status, self._io(pid), self._descriptors(pid), bounds)

    def _io(self, pid: int) -> tuple[int, int] | None:
        try:
            return parse_io(read(f"{self._roots.proc}/{pid}/io"))
        except PermissionError:
            return None

    def _descriptors(self, pid: int) -> int | None:
        try:
            return descriptors(self._roots.proc, pid)
        except PermissionError:
            return None

    def _read_bounds(self, pid: int, now: float) -> Bounds:
        limit = parse_soft_limit(read(f"{self._roots.proc}/{pid}/limits"))
        return Bounds(limit, quota(self._roots.proc, self._roots.sys, pid), now + SLOW_SECONDS)


class Proportional(NamedTuple):
    """A group's proportional memory, and when it was read."""

    memory: int
    """Bytes; of a page that n processes share, each has an n-th."""
    swap: int
    at: float
    """Unix seconds."""


class ProportionalReader:
    """Reads one group's proportional memory in a scrape, that of the group whose turn it is.

    The kernel walks through all pages of a process for it: 0.1 ms for a small one, several for a large one.
    """

    def __init__(self, roots: Roots) -> None:
        self._roots = roots
        self._due: dict[str, float] = {}
        self._found: dict[str, Proportional] = {}

    def read(self, groups: Mapping[str, Sequence[Process]], deadline: float) -> Mapping[str, Proportional]:
        """The last reading of each group. `deadline`: seconds of `time.monotonic()`; then it gives up for now."""
        begun = time.monotonic()
        self._found = {name: found for name, found in self._found.items() if groups.get(name)}
        turn = min((name for name in groups if groups[name]), key=lambda name: self._due.get(name, 0.0), default=None)
        if turn is not None and self._due.get(turn, 0.0) <= begun:
            self._found.pop(turn, None)
            found = self._sum(groups[turn], deadline)
            if found is not None:
                self._found[turn] = found
            now = time.monotonic()
            self._due[turn] = now + max(SLOW_SECONDS, (now - begun) / DEAR_SHARE)
        return self._found

    def _sum(self, processes: Sequence[Process], deadline: float) -> Proportional | None:
        memory = swap = 0
        for process in processes:
            if time.monotonic() > deadline:
                return None
            try:
                own, swapped = parse_proportional(read(f"{self._roots.proc}/{process.identity.pid}/smaps_rollup"))
            except GONE:
                continue
            except PermissionError:
                return None
            memory, swap = memory + own, swap + swapped
        return Proportional(memory, swap, time.time())
