"""spike: a quiet level, a jump to the full load, and back; shows what a sudden crowd breaks and if it heals."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from loadgen.model.plan import RECOVERY, SPIKE, STEADY, WARMUP, Stage
from loadgen.model.quantities import Duration, duration_text
from loadgen.model.settings import Settings
from loadgen.shapes.shape import Fault, Load, Shape, line


class Spike(Settings):
    """A quiet level of `base_users` for `before` seconds, first climb included, and for the last `after` seconds."""

    kind: Literal["spike"]
    base_users: Annotated[int, Field(ge=1)]
    before: Annotated[Duration, Field(gt=0)]
    after: Annotated[Duration, Field(gt=0)]


def faults(load: Load, settings: Spike) -> tuple[Fault, ...]:
    """The quiet level must be below the peak, and every climb must fit its stretch."""
    if settings.base_users >= load.users:
        text = f"{settings.base_users}, but the spike goes to {load.users} users; allowed: 1 to {load.users - 1}"
        return (Fault(path=("shape", "base_users"), text=text),)
    return _short_before(load, settings) + _short_spike(load, settings)


def _short_before(load: Load, settings: Spike) -> tuple[Fault, ...]:
    climb = load.climb(settings.base_users)
    if climb < settings.before:
        return ()
    text = (
        f"{duration_text(settings.before)}, but {settings.base_users} users at {load.spawn_rate:g}/s need "
        f"{climb:g}s to start; allowed: more than {climb:g}s"
    )
    return (Fault(path=("shape", "before"), text=text),)


def _short_spike(load: Load, settings: Spike) -> tuple[Fault, ...]:
    left = load.duration - settings.before - settings.after
    turns = 2 * load.climb(load.users - settings.base_users)
    if left > turns:
        return ()
    text = (
        f"{duration_text(load.duration)}, of which before and after leave {left:g}s for the spike, and jump and "
        f"descent need {turns:g}s; allowed: more than {settings.before + settings.after + turns:g}s, "
        "with before and after as they are"
    )
    return (Fault(path=("duration",), text=text),)


def stages(load: Load, settings: Spike) -> tuple[Stage, ...]:
    """warmup, steady, spike (jump, hold, descent), recovery; recovery starts exactly at duration - after."""
    base, peak = settings.base_users, load.users
    climb, turn = load.climb(base), load.climb(peak - base)
    jump, back = settings.before, load.duration - settings.after
    return (
        line(WARMUP, 0.0, climb, 0, base)
        + line(STEADY, climb, jump, base)
        + line(SPIKE, jump, jump + turn, base, peak)
        + line(SPIKE, jump + turn, back - turn, peak)
        + line(SPIKE, back - turn, back, peak, base)
        + line(RECOVERY, back, load.duration, base)
    )


def adapted(settings: Spike, old: Load, new: Load) -> Spike:
    """The quiet level keeps its share of the peak; before and after keep theirs of the duration."""
    longer = new.duration / old.duration
    base = max(1, round(settings.base_users * new.users / old.users))
    return Spike(kind="spike", base_users=base, before=settings.before * longer, after=settings.after * longer)


SHAPE = Shape(kind="spike", settings=Spike, faults=faults, stages=stages, adapted=adapted)
