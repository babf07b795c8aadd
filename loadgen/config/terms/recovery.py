"""recovery: after a spike the target is soon back inside the band measured before it, and stays there."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from loadgen.config.terms.term import SCRAPES, Resolved, Scene, Terms
from loadgen.model.plan import RECOVERY, SPIKE, STEADY
from loadgen.model.quantities import Duration, Share, duration_text
from loadgen.model.settings import Settings


class Recovery(Settings):
    """Back within `bound` seconds, and inside for `hold`, seen in sliding windows of `window` seconds.

    The band: P95 at most the larger of P95 before × `latency_factor` and P95 before + `latency_add`, never beyond the
    latency bound; error share at most the larger of the share before + `error_add` and `error_floor`.
    """

    bound: Annotated[Duration, Field(gt=0)] = 60.0
    hold: Annotated[Duration, Field(gt=0)] = 30.0
    window: Annotated[Duration, Field(gt=0)] = 10.0
    minimum_answers: Annotated[int, Field(ge=1)] = 20
    latency_factor: Annotated[float, Field(ge=1, le=1e6)] = 1.5
    latency_add: Duration = 0.05
    error_add: Share = 0.005
    error_floor: Share = 0.01

    @property
    def minimum(self) -> int:
        """Samples without which the line cannot pass."""
        return self.minimum_answers


def _window(settings: Recovery, scene: Scene) -> float:
    return max(round(settings.window * scene.time_scale, 9), SCRAPES * scene.scrape_interval)


def resolve(settings: Recovery, scene: Scene) -> Resolved:
    """Hold and window follow the time scale; bound and band do not, and a window never has fewer than four scrapes."""
    start, end = scene.spans[RECOVERY]
    hold = round(settings.hold * scene.time_scale, 9)
    return Resolved(
        bound=settings.bound,
        minimum=settings.minimum_answers,
        phases=(STEADY, RECOVERY),
        options={
            "hold": hold,
            "window": _window(settings, scene),
            "minimum_answers": settings.minimum_answers,
            "latency_factor": settings.latency_factor,
            "latency_add": settings.latency_add,
            "latency_seconds": scene.latency_seconds,
            "latency_share": scene.latency_share,
            "error_add": settings.error_add,
            "error_floor": settings.error_floor,
            "spike_end": start,
            "phase_end": end,
        },
        note=_short(settings, hold, end - start),
    )


def _short(settings: Recovery, hold: float, length: float) -> str | None:
    if length >= settings.bound + hold:
        return None
    return (
        f"The recovery phase of {duration_text(length)} is shorter than bound and hold together "
        f"({duration_text(settings.bound + hold)}): a target that is not back by its end gives INVALID, not FAIL."
    )


def faults(settings: Recovery, scene: Scene) -> tuple[tuple[str, str], ...]:
    """The phase must have room for one hold after the first window."""
    start, end = scene.spans[RECOVERY]
    need = round(settings.hold * scene.time_scale, 9) + _window(settings, scene)
    if end - start >= need:
        return ()
    text = (
        f"{duration_text(settings.hold)}, but the recovery phase of {duration_text(end - start)} has no room for a "
        f"window and the hold ({duration_text(need)}); allowed: a shorter hold or window, or a longer phase"
    )
    return (("hold", text),)


TERMS = Terms(
    kind="recovery",
    settings=Recovery,
    resolve=resolve,
    faults=faults,
    needs=(STEADY, SPIKE, RECOVERY),
    without=("latency",),
)
