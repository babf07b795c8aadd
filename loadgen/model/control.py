"""The small notes by which the orchestrator and Locust's master speak, each a file in the run's work folder."""

from __future__ import annotations

from msgspec import Struct

from loadgen.model.record import Count

READY, GO, STOP, FINAL = "ready.json", "go.json", "stop.json", "final.json"
"""Names of the files. The master writes the first and the last, the orchestrator the others."""


class Ready(Struct, frozen=True, kw_only=True):
    """Every worker is connected, every user is there and idle."""

    workers: int
    users: int


class Go(Struct, frozen=True, kw_only=True):
    """The plan's time 0, in Unix seconds."""

    start: float


class Stop(Struct, frozen=True, kw_only=True):
    """End early; operations in flight have so many seconds."""

    drain: float


class FinalBooks(Struct, frozen=True, kw_only=True):
    """The last counts. `complete`: every worker delivered, and could close all its operations.

    `missing`: numbers of the workers that did not. `locust`: Locust's own count; `workers`: the sum of the workers'
    counters. `ended`: Unix seconds at which the last operation ended; None when there was none.
    """

    complete: bool
    missing: tuple[int, ...]
    locust: tuple[Count, ...]
    workers: tuple[Count, ...]
    ended: float | None = None
