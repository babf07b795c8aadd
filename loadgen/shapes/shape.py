"""What every load shape offers, and what it is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from loadgen.model.plan import Stage
from loadgen.model.settings import Settings


class Load(Struct, frozen=True, kw_only=True):
    """The figures that every scenario has: peak `users`, `spawn_rate` in users per second, `duration` in seconds."""

    users: int
    spawn_rate: float
    duration: float

    def climb(self, users: int) -> float:
        """Seconds in which so many users start or stop."""
        return users / self.spawn_rate


class Fault(Struct, frozen=True, kw_only=True):
    """Why a shape cannot be built: `path` is the key within the scenario, `text` what was found and what is allowed."""

    path: tuple[str, ...]
    text: str


class Shape(Struct, frozen=True, kw_only=True):
    """A kind of load curve. All three functions are pure.

    `faults` names everything that cannot be; `stages` may be called only when there is none.
    `adapted(settings, old, new)`: the settings that keep the curve's form when the load's figures are overridden.
    """

    kind: str
    settings: type[Settings]
    faults: Callable[[Load, Any], tuple[Fault, ...]]
    stages: Callable[[Load, Any], tuple[Stage, ...]]
    adapted: Callable[[Any, Load, Load], Any] = lambda settings, _old, _new: settings


def line(phase: str, start: float, end: float, users: int, to: int | None = None) -> tuple[Stage, ...]:
    """One stage from `users` to `to` (without it: flat); none at all when it has no length."""
    if end <= start:
        return ()
    return (Stage(phase=phase, start=start, end=end, from_users=users, to_users=users if to is None else to),)
