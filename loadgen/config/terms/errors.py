"""errors: fewer than a share of the operations fail."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from loadgen.config.terms.term import Resolved, Scene, Terms
from loadgen.model.quantities import Share
from loadgen.model.settings import Settings


class Errors(Settings):
    """Strictly fewer than `below` of the operations fail."""

    below: Annotated[Share, Field(gt=0)] = 0.01
    minimum: Annotated[int, Field(ge=1)] = 300


def resolve(settings: Errors, scene: Scene) -> Resolved:
    """The bound is the share itself."""
    return Resolved(bound=settings.below, minimum=settings.minimum, phases=scene.judged, options={})


TERMS = Terms(kind="errors", settings=Errors, resolve=resolve, own=True, without=("errors",))
