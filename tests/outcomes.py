"""Outcomes for tests that need some."""

from __future__ import annotations

from random import Random
from typing import Any

from loadgen.model.outcome import REASONS, Outcome
from loadgen.model.plan import Plan


def outcome(
    test_type: str = "rest", name: str = "chat", phase: str = "steady", *, seconds: float = 0.25, **more: Any
) -> Outcome:
    """An operation that was due at 100 s, began in time and took `seconds`."""
    fields: dict[str, Any] = {"due": 100.0, "started": 100.0, "lag": 0.0, "finished": 100.0 + seconds}
    return Outcome(test_type=test_type, name=name, phase=phase, **{**fields, **more})


def some_outcomes(plan: Plan, number: int, seed: int) -> list[Outcome]:
    """Operations of the plan as they come: every tenth fails, some are slow, some late."""
    random = Random(seed)
    return [_one(plan, random) for _ in range(number)]


def _one(plan: Plan, random: Random) -> Outcome:
    operation = random.choice(plan.operations)
    return outcome(
        operation.test_type,
        operation.name,
        random.choice(plan.phases).name,
        seconds=random.lognormvariate(-1.0, 1.5),
        lag=random.choice((0.0, 0.0, 0.002, 0.2)),
        reason=random.choice(REASONS) if random.random() < 0.1 else None,
    )
