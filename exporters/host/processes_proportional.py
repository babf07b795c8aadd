"""Proportional memory of groups: dear to read, so read beside the scrapes, seldom, and with the time of its reading."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from exporters.host.processes_proc import GONE, parse_proportional, read
from exporters.host.processes_reading import Process
from exporters.host.reading import Roots

PACE_SECONDS = 30.0
"""Between two readings of a group."""

SHARE = 0.005
"""Of a core, at most, for all groups together: where they take long they are read less often."""

OLD_SECONDS = 300.0
"""A reading that is older is not shown: Prometheus looks no further back."""


class Proportional(NamedTuple):
    """A group's proportional memory, and when it was read."""

    memory: int
    """Bytes; of a page that n processes share, each has an n-th."""
    swap: int
    at: float
    """Unix seconds."""


class ProportionalReader:
    """Reads proportional memory in a thread of its own, which lives while there is something to read.

    The kernel walks through all pages of a process for it: 0.1 ms for a small one, many for a large one, and nobody
    can call it back. No scrape waits for that; it shows what was read last.
    """

    def __init__(self, roots: Roots) -> None:
        self._proc = roots.proc
        self._due: dict[str, float] = {}
        self._found: dict[str, Proportional] = {}
        self._thread: threading.Thread | None = None
        self._rested = 0.0
        """When the next reading may begin, in seconds of `time.monotonic()`."""

    def read(self, groups: Mapping[str, Sequence[Process]]) -> Mapping[str, Proportional]:
        """The last reading of each group that lives. Begins the next one, if it is time."""
        now = time.monotonic()
        living = {name: processes for name, processes in groups.items() if processes}
        due = sorted((name for name in living if self._due.get(name, 0.0) <= now), key=lambda n: self._due.get(n, 0.0))
        if due and now >= self._rested and (self._thread is None or not self._thread.is_alive()):
            work = {name: living[name] for name in due}
            self._thread = threading.Thread(target=self._read, args=(work,), name="proportional memory", daemon=True)
            self._thread.start()
        oldest = time.time() - OLD_SECONDS
        return {name: found for name, found in list(self._found.items()) if name in living and found.at > oldest}

    def _read(self, work: Mapping[str, Sequence[Process]]) -> None:
        """In the thread: one group after the other, the one that has waited longest first."""
        for name, processes in work.items():
            found = self._sum(processes)
            if found is None:
                self._found.pop(name, None)
            else:
                self._found[name] = found
            self._due[name] = time.monotonic() + PACE_SECONDS
        self._rested = time.monotonic() + time.thread_time() / SHARE

    def _sum(self, processes: Sequence[Process]) -> Proportional | None:
        """None when one may not be read."""
        memory = swap = 0
        for process in processes:
            try:
                own, swapped = parse_proportional(read(f"{self._proc}/{process.stat.thread}/smaps_rollup"))
            except GONE:
                continue
            except OSError:
                return None
            memory, swap = memory + own, swap + swapped
        return Proportional(memory, swap, time.time())
