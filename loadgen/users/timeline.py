"""When users work: by the plan's clock, or, for exploring, from the moment they are spawned.

`elapsed` is always seconds since the plan's time 0; moments are seconds of CLOCK_MONOTONIC.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Protocol

from gevent.event import Event
from msgspec import Struct

from loadgen.model.plan import STEADY, Plan
from loadgen.shapes.curve import windows_of


class Seat(Struct, frozen=True, kw_only=True):
    """A user's number within its test type, and when it works: [start, end) of elapsed time, ascending."""

    index: int
    windows: tuple[tuple[float, float], ...]


class Timeline(Protocol):
    """What users ask about time."""

    closed: bool
    """No operation begins any more."""
    cut: bool
    """The load was ended early: what is given up from now on was cut off by us, and says nothing of the target."""

    def enlist(self, test_type: str) -> int:
        """A user came to be; returns its rank among those of its test type in this process."""

    def seat(self, test_type: str, rank: int, /) -> Seat | None:
        """Blocks until the load begins. None: there is no work for this user."""

    def elapsed_at(self, moment: float) -> float:
        """Seconds from the plan's time 0 to a moment; below 0 before it."""

    def moment(self, elapsed: float) -> float:
        """CLOCK_MONOTONIC at `elapsed`."""

    def phase(self, elapsed: float, /) -> str:
        """The phase of an operation due then."""


class _Ranks:
    """Numbers users in the order in which they come, by test type."""

    def __init__(self) -> None:
        self._next: dict[str, int] = {}

    def enlist(self, test_type: str) -> int:
        rank = self._next.get(test_type, 0)
        self._next[test_type] = rank + 1
        return rank


def index_among(counts: Mapping[str, int], client: str, rank: int) -> int | None:
    """The number within its test type of the user with that rank at worker `client`; None when it is one too many.

    `counts`: users by worker. Users are numbered by rank and then by worker, in the order of the workers' names, so
    those who work at any moment are spread evenly over the workers.
    """
    if rank >= counts.get(client, 0):
        return None
    before = sum(min(count, rank) for count in counts.values())
    return before + sum(1 for other, count in counts.items() if other < client and count > rank)


class PlannedTimeline(_Ranks):
    """The plan's own clock, which stands still until `assign`."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.closed = self.cut = False
        self._plan = plan
        self._zero = math.inf
        self._counts: Mapping[str, Mapping[str, int]] = {}
        self._client = ""
        self._assigned = Event()

    def assign(self, start: float, client: str, counts: Mapping[str, Mapping[str, int]]) -> None:
        """The load begins at `start`, Unix seconds. `counts`: test type → worker → users; `client`: this worker."""
        self._zero = time.monotonic() + (start - time.time())
        self._client = client
        self._counts = counts
        self._assigned.set()

    @property
    def assigned(self) -> bool:
        """Whether the load's begin is known."""
        return self._assigned.is_set()

    def seat(self, test_type: str, rank: int) -> Seat | None:
        """Blocks until `assign`. Users that came too late for it have no seat."""
        late = self.assigned
        self._assigned.wait()
        index = None if late else index_among(self._counts.get(test_type, {}), self._client, rank)
        if index is None:
            return None
        return Seat(index=index, windows=windows_of(self._plan, test_type, index))

    def elapsed_at(self, moment: float) -> float:
        """Seconds from the plan's time 0 to a moment; minus infinity before `assign`."""
        return moment - self._zero

    def moment(self, elapsed: float) -> float:
        """CLOCK_MONOTONIC at `elapsed`."""
        return self._zero + elapsed

    def phase(self, elapsed: float) -> str:
        """The plan's phase then."""
        return self._plan.phase_at(elapsed)


class FreeTimeline(_Ranks):
    """For exploring: whoever is spawned works at once and until stopped; every operation belongs to one phase."""

    def __init__(self, plan: Plan, worker: int) -> None:
        super().__init__()
        self.closed = self.cut = False
        self._zero = time.monotonic()
        self._workers, self._worker = plan.workers, worker
        names = [phase.name for phase in plan.phases]
        self._phase = STEADY if STEADY in names else names[0]

    def seat(self, _test_type: str, rank: int) -> Seat | None:
        """A window from now on, without an end."""
        return Seat(index=rank * self._workers + self._worker, windows=((self.elapsed_at(time.monotonic()), math.inf),))

    def elapsed_at(self, moment: float) -> float:
        """Seconds from the begin of this process to a moment."""
        return moment - self._zero

    def moment(self, elapsed: float) -> float:
        """CLOCK_MONOTONIC at `elapsed`."""
        return self._zero + elapsed

    def phase(self, _elapsed: float) -> str:
        """Always the same."""
        return self._phase
