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


NOTHING = Used(0, 0, 0, 0, 0, 0)


class _Account:
    """One process: what it had used when its account began, and what it has used now."""

    def __init__(self, began: Used) -> None:
        self._began: list[int | None] = list(began)
        self._last: list[int | None] = list(began)

    def enter(self, used: Used) -> None:
        for field, (began, last, value) in enumerate(zip(self._began, self._last, used, strict=True)):
            if value is not None:
                self._began[field] = value if began is None else began
                self._last[field] = value if last is None else max(last, value)

    def spent(self) -> list[int]:
        pairs = zip(self._began, self._last, strict=True)
        return [0 if began is None or last is None else last - began for began, last in pairs]


class Book:
    """The account of one group. It begins at 0, like every counter of a program that was just started."""

    def __init__(self) -> None:
        self.restarts = 0
        self._here: dict[Identity, _Account] = {}
        self._ended = [0] * len(NOTHING)
        self._roots: frozenset[Identity] = frozenset()
        self._missed = 0

    def enter(self, now: Mapping[Identity, Used], newborn: Collection[Identity]) -> Used:
        """Book what the processes of this moment have used. The group's sums, None where one of them cannot be read.

        All that a `newborn` used counts. Of one that was there before and came into the group later counts what it
        uses from now on, else the sum would jump by hours.
        """
        for identity in self._here.keys() - now.keys():
            self._ended = _plus(self._ended, self._here.pop(identity).spent())
        for identity, used in now.items():
            if identity not in self._here:
                self._here[identity] = _Account(NOTHING if identity in newborn else used)
            self._here[identity].enter(used)
        total = self._ended
        for account in self._here.values():
            total = _plus(total, account.spent())
        unreadable = [any(used[field] is None for used in now.values()) for field in range(len(NOTHING))]
        return Used(*[None if hidden else value for hidden, value in zip(unreadable, total, strict=True)])

    def follow(self, roots: Collection[Identity], before: Collection[Identity]) -> None:
        """Count restarts: a root of the group has ended, and a new process is there in its place.

        A root is a process whose parent does not belong to the group, so that a server's workers may come and go.
        `before`: who was in the group a scrape ago; a worker that lost its parent is no new root.
        """
        now = frozenset(roots)
        self._missed += len(self._roots - now)
        again = min(self._missed, len(now - self._roots - frozenset(before)))
        self._missed -= again
        self.restarts += again
        self._roots = now


def _plus(one: list[int], other: list[int]) -> list[int]:
    return [a + b for a, b in zip(one, other, strict=True)]
