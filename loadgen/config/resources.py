"""When a resource gave way: the block `resources:`. The kinds are those that there are; each is told as a limit."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, create_model

from loadgen.config.measure import NONE
from loadgen.model.measured import ResourceLimits
from loadgen.model.quantities import Duration, share_of
from loadgen.model.settings import Settings
from loadgen.resources import CELSIUS, RESOURCES


def _share(value: object) -> float | None:
    try:
        return None if value == NONE else _above_zero(share_of(value))
    except ValueError as error:
        raise ValueError(f"{NONE}, or {error}") from None


def _celsius(value: object) -> float | None:
    if value == NONE:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= 200:
        raise ValueError(f"{NONE}, or degrees Celsius such as 85")
    return float(value)


def _above_zero(share: float) -> float:
    if not share:
        raise ValueError("a share above 0, such as 90% or 0.9")
    return share


def _limit(unit: str) -> Any:
    return Annotated[float | None, BeforeValidator(_celsius if unit == CELSIUS else _share)]


_FIELDS: dict[str, Any] = {kind: (_limit(resource.unit), resource.limit) for kind, resource in RESOURCES.items()}
Limits: Any = create_model(
    "Limits",
    __base__=Settings,
    __doc__="A limit for each kind of resource; None: it has none.",
    **_FIELDS,
)


class ResourceSettings(Settings):
    """When a resource has reached its limit and stayed there. `hold` is scaled with the run."""

    hold: Annotated[Duration, Field(gt=0, le=3600)] = 10.0
    limits: Limits = Limits()

    def record(self, time_scale: float) -> ResourceLimits:
        """As the plan holds it: only the kinds that have a limit."""
        found = self.limits.model_dump()
        return ResourceLimits(
            hold=round(self.hold * time_scale, 9),
            limits={kind: limit for kind, limit in found.items() if limit is not None},
        )
