"""throughput: so many times the successful operations per second of a baseline run."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from loadgen.config.terms.term import Resolved, Scene, Terms
from loadgen.model.plan import STEADY
from loadgen.model.quantities import Share
from loadgen.model.settings import Name, Settings


class Throughput(Settings):
    """At least `times_baseline` × the rate of the scenario `baseline` × (1 - `tolerance`), in steady."""

    times_baseline: Annotated[float, Field(gt=0, le=1e6)] = 10.0
    tolerance: Annotated[Share, Field(lt=1)] = 0.05
    baseline: Name = "baseline"
    minimum: Annotated[int, Field(ge=1)] = 1


def resolve(settings: Throughput, scene: Scene) -> Resolved:
    """The bound is a rate; without a baseline there is none, and the line cannot pass."""
    rate = scene.baseline.rates.get(scene.test_type) if scene.baseline else None
    return Resolved(
        bound=None if rate is None else _required(settings, rate),
        minimum=settings.minimum,
        phases=(STEADY,),
        options={
            "times": settings.times_baseline,
            "tolerance": settings.tolerance,
            "baseline_rate": rate,
            "baseline_run": scene.baseline.run_id if scene.baseline else None,
        },
        note=_missing(settings, scene) if rate is None else _kept(scene),
    )


def _required(settings: Throughput, rate: float) -> float:
    times = Decimal(repr(settings.times_baseline)) * (1 - Decimal(repr(settings.tolerance)))
    return float(Decimal(repr(rate)) * times)


def _kept(scene: Scene) -> str | None:
    if scene.baseline is None or scene.baseline.kept is None:
        return None
    return f"Throughput is measured against the kept baseline {scene.baseline.kept} ({scene.baseline.run_id})."


def _missing(settings: Throughput, scene: Scene) -> str:
    if scene.baseline:
        return f"The baseline run {scene.baseline.run_id} has no rate for {scene.test_type}: throughput cannot pass."
    return (
        f"There is no baseline to measure throughput against, so this run cannot pass. Get one first: run the scenario "
        f"{settings.baseline} to a PASS with the same target, test type, time scale and its configured load."
    )


TERMS = Terms(kind="throughput", settings=Throughput, resolve=resolve, needs=(STEADY,), whole_users=True)
