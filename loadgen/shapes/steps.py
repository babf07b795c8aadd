"""steps: equal steps up to the full load, each with its climb; the load at which something gives way shows."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field

from loadgen.model.plan import Stage
from loadgen.model.quantities import duration_text
from loadgen.model.settings import Settings
from loadgen.shapes.shape import Fault, Load, Shape, line


class Steps(Settings):
    """`steps`: how many; every one lasts equally long."""

    kind: Literal["steps"]
    steps: Annotated[int, Field(ge=2, le=99)] = 10


def _levels(users: int, steps: int) -> tuple[int, ...]:
    """Users at the end of each step, from 0: as equal as whole users allow."""
    return tuple((users * k + steps // 2) // steps for k in range(steps + 1))


def faults(load: Load, settings: Steps) -> tuple[Fault, ...]:
    """A step must be longer than its climb, and there must be a user for each."""
    if load.users < settings.steps:
        text = f"{settings.steps} steps for {load.users} users; allowed: at most one step for each user"
        return (Fault(path=("shape", "steps"), text=text),)
    step = load.duration / settings.steps
    levels = _levels(load.users, settings.steps)
    climb = load.climb(max(b - a for a, b in pairwise(levels)))
    if climb < step:
        return ()
    text = (
        f"{settings.steps} steps of {step:g}s, but the climb within a step needs {climb:g}s at {load.spawn_rate:g}/s; "
        f"allowed: a duration of more than {duration_text(climb * settings.steps)}, or fewer steps"
    )
    return (Fault(path=("shape", "steps"), text=text),)


def stages(load: Load, settings: Steps) -> tuple[Stage, ...]:
    """For each step its climb and its plateau, both in the phase `ramp-<nn>`."""
    levels = _levels(load.users, settings.steps)
    ends = tuple(load.duration * k / settings.steps for k in range(settings.steps + 1))
    pieces: tuple[Stage, ...] = ()
    for k in range(settings.steps):
        name, low, high = f"ramp-{k + 1:02d}", levels[k], levels[k + 1]
        top = ends[k] + load.climb(high - low)
        pieces += line(name, ends[k], top, low, high) + line(name, top, ends[k + 1], high)
    return pieces


SHAPE = Shape(kind="steps", settings=Steps, faults=faults, stages=stages)
