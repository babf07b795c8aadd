"""What a group has used: counters that never go down when a process ends, and how often it was started again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from exporters.host.processes_proc import Identity


class Used(NamedTuple):
    """What a process has used since it began; None: it could not be read.

    Whole numbers, for their sum does not depend on the order: a sum that went down by its last digit when a process
    ended would look like a counter that began anew.
    """

    user: int | None
    """Ticks, of which the kernel counts HERTZ in a second."""
    system: int | None
    voluntary: int | None
    nonvoluntary: int | None
    read: int | None
    """Bytes."""
    written: int | None


MISSED_SECONDS = 300.0
"""So long a process that ended is waited for; one that comes later is one more, not the same again."""

NOTHING = Used(0, 0, 0, 0, 0, 0)


class Book:
    """The account of one group. It begins at 0, like every counter of a program that was just started."""

    def __init__(self) -> None:
        self.restarts = 0
        self._last: dict[Identity, Used] = {}
        """What each process had used when it was last seen."""
        self._spent = [0] * len(NOTHING)
        self._roots: frozenset[Identity] = frozenset()
        self._missed: list[float] = []
        """When each root ended whose place is still free."""

    def enter(self, now: Mapping[Identity, Used], newborn: Collection[Identity]) -> Used:
        """Book what the processes of this moment have used. The group's sums, None where one of them cannot be read.

        All that a `newborn` used counts. Of one that was there before and came into the group later counts what it
        uses from now on, else the sum would jump by hours.
        """
        last, self._last = self._last, {}
        unreadable: set[int] = set()
        for identity, used in now.items():
            before = last.get(identity) or (NOTHING if identity in newborn else used)
            self._last[identity] = used if used == before else self._spend(before, used)
            if None in used:
                unreadable.update(field for field, value in enumerate(used) if value is None)
        return Used(*[None if field in unreadable else value for field, value in enumerate(self._spent)])

    def _spend(self, before: Used, used: Used) -> Used:
        """Add what a process has used since. What it has used by now; a figure that stepped back stays."""
        highest = list(before)
        for field, (was, value) in enumerate(zip(before, used, strict=True)):
            if value is not None and (was is None or value > was):
                self._spent[field] += 0 if was is None else value - was
                highest[field] = value
        return Used(*highest)

    def follow(self, roots: Collection[Identity], before: Collection[Identity], now: float) -> None:
        """Count restarts: a root of the group has ended, and a new process is there in its place.

        A root is a process whose parent does not belong to the group, so that a server's workers may come and go.
        `before`: who was in the group a scrape ago; a worker that lost its parent is no new root. `now`: seconds.
        """
        here = frozenset(roots)
        self._missed = [at for at in self._missed if now - at < MISSED_SECONDS] + [now] * len(self._roots - here)
        again = min(len(self._missed), len(here - self._roots - frozenset(before)))
        del self._missed[:again]
        self.restarts += again
        self._roots = here
