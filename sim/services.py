"""The backends' capacity: slots with a first-come queue before them, and seeded service times.

A kind of work is done in the slots of one service. The gateway's calls and direct gRPC calls share them.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from sim.failures import BackendDown

SERVICES = ("llm", "stt", "tts")

CAPACITY = {"llm": 8, "stt": 6, "tts": 5}
"""Slots of each service unless told otherwise: 32, 30 and 38 operations a second."""

WORK = {"llm": "llm", "embed": "llm", "stt": "stt", "tts": "tts", "mock": None}
"""Kind of work → the service in whose slots it is done; the gateway's mocked replies need none."""

SERVICE_TIMES = {"llm": 0.25, "embed": 0.03, "stt": 0.2, "tts": 0.13, "mock": 0.003}
"""Mean seconds of each kind of work unless told otherwise."""


class Slots:
    """A counting semaphore, strictly first come first served, whose limit may change while calls wait."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.in_use = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def queue(self) -> int:
        """Calls that wait for a slot."""
        return len(self._waiting)

    def resize(self, limit: int) -> None:
        """Change the limit. Calls above a smaller one finish; a larger one lets waiting calls in at once."""
        self.limit = limit
        self._admit()

    async def acquire(self) -> None:
        """Wait for a slot. A call that is cancelled while it waits leaves the queue."""
        if self.in_use < self.limit and not self._waiting:
            self.in_use += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            self._leave(turn)
            raise

    def release(self) -> None:
        """Give a slot back to the one who waits longest."""
        self.in_use -= 1
        self._admit()

    def _leave(self, turn: asyncio.Future[None]) -> None:
        if turn.done() and not turn.cancelled():
            self.release()
            return
        if turn in self._waiting:
            self._waiting.remove(turn)

    def _admit(self) -> None:
        while self._waiting and self.in_use < self.limit:
            turn = self._waiting.popleft()
            if not turn.done():
                self.in_use += 1
                turn.set_result(None)


class ServiceTimes:
    """Lognormal service times.

    Each (operation, work) draws from a stream of its own, so that a draw depends on the seed and on how many came
    before it there, not on what else happened.
    """

    def __init__(self, seed: int, means: Mapping[str, float], spread: float) -> None:
        """`means`: seconds by kind of work; `spread`: the logarithm's standard deviation, 0 for constant times."""
        self._seed = seed
        self._means = means
        self._spread = spread
        self._streams: dict[tuple[str, str], random.Random] = {}

    def draw(self, operation: str, work: str) -> float:
        """Seconds that this piece of work takes."""
        mean = self._means[work]
        if mean == 0 or self._spread == 0:
            return mean
        stream = self._streams.get((operation, work))
        if stream is None:
            stream = self._streams[operation, work] = random.Random(f"{self._seed}:{operation}:{work}")
        return stream.lognormvariate(math.log(mean) - self._spread**2 / 2, self._spread)


class Services:
    """The three services."""

    def __init__(self, capacity: Mapping[str, int], times: ServiceTimes) -> None:
        self.slots = {name: Slots(capacity[name]) for name in SERVICES}
        self.times = times
        self.down: set[str] = set()
        """Services that are down; work for them raises BackendDown."""

    @asynccontextmanager
    async def serving(self, operation: str, work: str) -> AsyncIterator[float]:
        """Hold a slot for this work; yields the seconds that it is to take."""
        service = WORK[work]
        if service is None:
            yield self.times.draw(operation, work)
            return
        if service in self.down:
            raise BackendDown(service)
        slots = self.slots[service]
        await slots.acquire()
        try:
            yield self.times.draw(operation, work)
        finally:
            slots.release()
