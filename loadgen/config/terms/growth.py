"""growth: nothing of the target's grows by more an hour than it may."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from loadgen.config.terms.term import SCRAPES, Resolved, Scene, Terms
from loadgen.criteria.growing import QUANTITIES, groups_of
from loadgen.criteria.trend import BLOCKS
from loadgen.model.measured import EXPORTERS, Measured
from loadgen.model.plan import STEADY
from loadgen.model.quantities import Share, bytes_of, duration_text
from loadgen.model.settings import Settings

NONE = "none"
POINTS = 600
SHORT = 600.0
"""Seconds. In less than these what a process does now and then looks much like growth."""
CONNECTIONS = "connections"


def _size(value: object) -> float | None:
    try:
        return None if value == NONE else bytes_of(value)
    except ValueError as error:
        raise ValueError(f"{NONE}, or {error}") from None


def _number(value: object) -> float | None:
    if value == NONE:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1e9:
        raise ValueError(f"{NONE}, or a number of 0 or more")
    return float(value)


class Growth(Settings):
    """What may be added in an hour; None: not judged. `settle`: share of steady, at its start, that does not count."""

    memory: Annotated[float | None, BeforeValidator(_size)] = 128.0 * 1024**2
    descriptors: Annotated[float | None, BeforeValidator(_number)] = 60.0
    threads: Annotated[float | None, BeforeValidator(_number)] = 20.0
    connections: Annotated[float | None, BeforeValidator(_number)] = 60.0
    confidence: Annotated[Share, Field(ge=0.5, le=0.999)] = 0.95
    settle: Annotated[Share, Field(le=0.9)] = 0.3

    @property
    def bounds(self) -> dict[str, float]:
        """By quantity, those that are judged."""
        found = {name: getattr(self, name) for name in QUANTITIES}
        return {name: bound for name, bound in found.items() if bound is not None}


def _stretch(settings: Growth, scene: Scene) -> tuple[float, float]:
    """Start and end of what is judged, in plan time."""
    start, end = scene.spans[STEADY]
    return round(start + settings.settle * (end - start), 9), end


def whole(settings: Growth, scene: Scene, measured: Measured) -> dict[str, Resolved]:
    """One for each quantity that is measured here; the stretch follows the time scale, the bounds do not."""
    start, end = _stretch(settings, scene)
    common: dict[str, Any] = {"confidence": settings.confidence, "start": start, "end": end}
    common["step"] = max(scene.scrape_interval, round((end - start) / POINTS, 3))
    notes = [note for note in (_short(end - start), _unmeasured(settings, measured)) if note]
    return {
        name: Resolved(
            bound=bound,
            minimum=BLOCKS * SCRAPES,
            phases=(STEADY,),
            options={"quantity": name, "unit": f"{QUANTITIES[name].unit} per hour", **common},
            note=" ".join(notes) or None,
        )
        for name, bound in settings.bounds.items()
        if _measured(name, measured)
    }


def _measured(name: str, measured: Measured) -> bool:
    """Whether there is somebody to ask; without a process group nothing is judged, for then the plan is refused."""
    if name != CONNECTIONS or not groups_of(measured):
        return bool(groups_of(measured))
    pools = any(scrape.ours and scrape.job not in EXPORTERS for scrape in measured.scrapes)
    return pools or bool(measured.databases)


def _short(length: float) -> str | None:
    if length >= SHORT:
        return None
    return (
        f"growth is judged over {duration_text(round(length))} only: what a process does now and then looks much like "
        "growth in so short a time, and may leave it unknown (INVALID)."
    )


def _unmeasured(settings: Growth, measured: Measured) -> str | None:
    if settings.connections is None or _measured(CONNECTIONS, measured):
        return None
    return "growth:connections is not judged, for no databases stand under measure: of the target."


def faults(settings: Growth, scene: Scene) -> tuple[tuple[str, str], ...]:
    """There must be room for ten blocks of four scrapes."""
    start, end = _stretch(settings, scene)
    need = BLOCKS * SCRAPES * scene.scrape_interval
    if end - start >= need:
        return ()
    text = (
        f"leaves {duration_text(round(end - start, 3))} of the steady phase, but growth needs {BLOCKS} blocks of "
        f"{SCRAPES} scrapes ({duration_text(need)}); allowed: a longer steady phase, or less to settle"
    )
    return (("settle", text),)


TERMS = Terms(
    kind="growth",
    settings=Growth,
    whole=whole,
    lacking=(
        "judges nothing, for no process group of the target is measured; allowed: processes under measure: of the "
        "target, such as processes: {gateway: {cmdline: june-gateway}}"
    ),
    faults=faults,
    needs=(STEADY,),
)
