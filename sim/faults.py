"""Faults: latency and errors for all or some operations, and the freeze."""

from __future__ import annotations

import asyncio
import random

import msgspec
from msgspec import Struct

from sim.failures import InjectedError
from sim.operations import BY_KEY, OPERATIONS, Operation

TEST_TYPES = tuple(dict.fromkeys(o.test_type for o in OPERATIONS))


class Fault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to go wrong. It replaces an earlier fault for the same operations."""

    operation: str | None = None
    """`rest:chat`, a test type such as `rest`, or None for every operation; the narrowest fault wins. None and a test
    type spare what clients need before they can work: token, health, status, connect."""
    latency: float = 0.0
    """Seconds added before the work, outside the slots."""
    error_rate: float = 0.0
    """Share of requests answered with an error, drawn from the seed."""
    error_every: int = 0
    """Exact quota: every n-th request, counted over all operations of this fault; 0 for none."""
    in_band: bool = False
    """Errors come inside a good status, in the form that June gives them."""
    status: int = 500
    """The errors' HTTP status; gRPC takes the code of the same meaning."""

    def problem(self) -> str | None:
        """What is wrong with it, in a sentence; None when it can be used."""
        if self.operation is not None and self.operation not in (*TEST_TYPES, *BY_KEY):
            return f"operation {self.operation!r} is not known; one of {', '.join((*TEST_TYPES, *BY_KEY))}"
        if not 0 <= self.latency <= 3600:
            return f"latency {self.latency} is not in 0…3600 seconds"
        if not 0 <= self.error_rate <= 1:
            return f"error_rate {self.error_rate} is not in 0…1"
        if self.error_every < 0:
            return f"error_every {self.error_every} is below 0"
        if not 400 <= self.status <= 599:
            return f"status {self.status} is not in 400…599"
        return None


def read_faults(text: str | bytes) -> tuple[Fault, ...]:
    """One fault or a list of them from JSON. Raises ValueError with what is wrong."""
    try:
        found = msgspec.json.decode(text, type=Fault | list[Fault])
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from None
    faults = tuple(found) if isinstance(found, list) else (found,)
    for fault in faults:
        if problem := fault.problem():
            raise ValueError(problem)
    return faults


class _Active:
    """A fault at work, with its count of requests."""

    def __init__(self, fault: Fault, seed: int) -> None:
        self.fault = fault
        self._seen = 0
        self._random = random.Random(f"{seed}:fault:{fault.operation}")

    def fails(self) -> bool:
        """Whether the next request is to fail."""
        self._seen += 1
        if self.fault.error_every and self._seen % self.fault.error_every == 0:
            return True
        return self.fault.error_rate > 0 and self._random.random() < self.fault.error_rate


class Faults:
    """The faults that are set."""

    def __init__(self, seed: int, faults: tuple[Fault, ...] = ()) -> None:
        self._seed = seed
        self._active: dict[str | None, _Active] = {}
        for fault in faults:
            self.set(fault)

    def set(self, fault: Fault) -> None:
        """Put a fault in place of the one for the same operations; one that does nothing lifts that."""
        self._active.pop(fault.operation, None)
        if fault.latency or fault.error_rate or fault.error_every:
            self._active[fault.operation] = _Active(fault, self._seed)

    def clear(self) -> None:
        """Lift them all."""
        self._active.clear()

    def listed(self) -> list[Fault]:
        """What is set."""
        return [active.fault for active in self._active.values()]

    async def strike(self, operation: Operation) -> None:
        """Delay and, if it is this request's turn, raise InjectedError."""
        if not self._active:
            return
        active = self._of(operation)
        if active is None:
            return
        fails = active.fails()
        if active.fault.latency:
            await asyncio.sleep(active.fault.latency)
        if fails:
            raise InjectedError(active.fault.status, active.fault.in_band)

    def _of(self, operation: Operation) -> _Active | None:
        named = self._active.get(operation.key)
        if named is not None or operation.housekeeping:
            return named
        return self._active.get(operation.test_type) or self._active.get(None)


class Gate:
    """The freeze: while it is shut, connections are accepted and nothing is answered."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self._timer: asyncio.TimerHandle | None = None
        self.held = 0
        """Requests that wait before it."""

    @property
    def left(self) -> float:
        """Seconds until it opens; 0 when it is open."""
        if self._timer is None:
            return 0.0
        return max(0.0, self._timer.when() - asyncio.get_running_loop().time())

    def shut(self, seconds: float) -> None:
        """Shut it for so many seconds from now; 0 opens it."""
        if self._timer is not None:
            self._timer.cancel()
        if seconds <= 0:
            self._reopen()
            return
        self._open.clear()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._reopen)

    async def passed(self) -> None:
        """Return when the gate is open."""
        if self._open.is_set():
            return
        self.held += 1
        try:
            await self._open.wait()
        finally:
            self.held -= 1

    def _reopen(self) -> None:
        self._timer = None
        self._open.set()
