"""What is read of a group's processes in a scrape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    parse_processors,
    parse_soft_limit,
    parse_status,
    read,
    stat,
)
from exporters.host.reading import Roots

SLOW_SECONDS = 30.0
"""Between two readings of what seldom changes: limits, quotas, the processors that may be used."""


class Bounds(NamedTuple):
    """What a process may use; None: no bound, or it could not be read."""

    processors: int
    """A bit for each that it may run on."""
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
        self._proc, self._sys = roots.proc, roots.sys
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
        seen = stat(self._proc, identity.pid)
        if seen.start != identity.start or seen.ended:
            return None
        folder = f"{self._proc}/{seen.thread}"
        about = read(f"{folder}/status")
        bounds = self._bounds.get(identity)
        if bounds is None or bounds.due <= now:
            bounds = self._read_bounds(seen.thread, about, now)
        try:
            io = parse_io(read(f"{folder}/io"))
        except PermissionError:
            io = None
        try:
            opened = descriptors(self._proc, seen.thread)
        except PermissionError:
            opened = None
        return Process(identity, seen, parse_status(about), io, opened, bounds)

    def _read_bounds(self, thread: int, about: bytes, now: float) -> Bounds:
        limit = parse_soft_limit(read(f"{self._proc}/{thread}/limits"))
        own = quota(self._proc, self._sys, thread)
        return Bounds(parse_processors(about), limit, own, now + SLOW_SECONDS)
