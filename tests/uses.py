"""Resources against their limits, made by hand."""

from __future__ import annotations

from typing import Any

from loadgen.model.measured import PhaseUse, ResourceUse
from loadgen.resources import RESOURCES


def in_phase(phase: str, mean: float, maximum: float, at_limit: float | None = 0.0) -> PhaseUse:
    """A resource in a phase."""
    return PhaseUse(phase=phase, mean=mean, maximum=maximum, at_limit=at_limit)


def use(
    kind: str, subject: str, reached: float | None = None, value: float | None = None, **changes: Any
) -> ResourceUse:
    """A resource; without more it was at a tenth of its limit."""
    known = RESOURCES[kind]
    low = known.limit / 10
    fields: dict[str, Any] = {
        "id": f"{kind}:{subject}",
        "kind": kind,
        "subject": subject,
        "unit": known.unit,
        "limit": known.limit,
        "phases": (in_phase("steady", low, low), in_phase("spike", low, value or low, 0.0 if reached is None else 0.9)),
        "reached": reached,
        "value": value,
    }
    return ResourceUse(**{**fields, **changes})
