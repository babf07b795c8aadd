"""constant: climb to the full load, then hold it."""

from __future__ import annotations

from typing import Literal

from loadgen.model.plan import STEADY, WARMUP, Stage
from loadgen.model.quantities import duration_text
from loadgen.model.settings import Settings
from loadgen.shapes.shape import Fault, Load, Shape, line


class Constant(Settings):
    """No settings of its own."""

    kind: Literal["constant"]


def faults(load: Load, _settings: Constant) -> tuple[Fault, ...]:
    """The climb must leave time for a plateau."""
    climb = load.climb(load.users)
    if climb < load.duration:
        return ()
    text = (
        f"{duration_text(load.duration)}, but {load.users} users at {load.spawn_rate:g}/s need {climb:g}s "
        f"to start; allowed: more than {climb:g}s"
    )
    return (Fault(path=("duration",), text=text),)


def stages(load: Load, _settings: Constant) -> tuple[Stage, ...]:
    """warmup, then steady to the end."""
    climb = load.climb(load.users)
    return line(WARMUP, 0.0, climb, 0, load.users) + line(STEADY, climb, load.duration, load.users)


SHAPE = Shape(kind="constant", settings=Constant, faults=faults, stages=stages)
