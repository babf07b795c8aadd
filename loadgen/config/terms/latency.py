"""latency: a share of the operations succeeds within a time."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from loadgen.config.terms.term import Resolved, Scene, Terms
from loadgen.model.quantities import Duration, Share, complement
from loadgen.model.settings import Settings


class Latency(Settings):
    """At least `share` of the operations succeed in `within` seconds or less."""

    within: Annotated[Duration, Field(gt=0)] = 2.0
    share: Annotated[Share, Field(gt=0)] = 0.95
    minimum: Annotated[int, Field(ge=1)] = 200


def resolve(settings: Latency, scene: Scene) -> Resolved:
    """The bound is the share that may miss the time."""
    return Resolved(
        bound=complement(settings.share),
        minimum=settings.minimum,
        phases=scene.judged,
        options={"seconds": settings.within, "share": settings.share},
    )


TERMS = Terms(kind="latency", settings=Latency, resolve=resolve, own=True, without=("latency",))
