"""What operations cost beside their answers: processor time, and what is never given back."""

from __future__ import annotations

import os
import time

from msgspec import Struct

BYTE = b"\xaa"
"""What leaked memory is filled with: pages that nobody wrote to would not be resident."""


class Costs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What each operation costs. What clients need before they can work (token, health, …) costs nothing."""

    query_time: float = 0.0
    """Seconds that the transaction of each conversation holds its connection."""
    cpu_time: float = 0.0
    """Seconds of processor time, in the one thread that serves everybody."""
    leak_memory: int = 0
    """Bytes that are kept for ever."""
    leak_descriptors: int = 0
    """File descriptors that are kept open for ever."""

    def problem(self) -> str | None:
        """What is wrong with it, in a sentence; None when it can be used."""
        for name, most in (("query_time", 3600), ("cpu_time", 10), ("leak_memory", 2**30), ("leak_descriptors", 100)):
            value = getattr(self, name)
            if not 0 <= value <= most:
                return f"{name} {value} is not in 0…{most}"
        return None


class Toll:
    """Has each operation pay."""

    def __init__(self, costs: Costs) -> None:
        self.costs = costs
        self._memory: list[bytes] = []
        self._descriptors: list[int] = []

    @property
    def kept(self) -> dict[str, int]:
        """Bytes and descriptors that have leaked."""
        return {"memory": sum(map(len, self._memory)), "descriptors": len(self._descriptors)}

    def take(self) -> None:
        """Let one operation pay, save for its query. Raises OSError when there are no descriptors left."""
        costs = self.costs
        if costs.cpu_time:
            _burn(costs.cpu_time)
        if costs.leak_memory:
            self._memory.append(BYTE * costs.leak_memory)
        for _ in range(costs.leak_descriptors):
            self._descriptors.append(os.open(os.devnull, os.O_RDONLY))

    def refund(self) -> None:
        """Give back everything that leaked."""
        self._memory.clear()
        while self._descriptors:
            os.close(self._descriptors.pop())


def _burn(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass
