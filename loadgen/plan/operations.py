"""Which operations a run makes, and why the others leave its plan."""

from __future__ import annotations

from collections.abc import Iterator

from loadgen.config import ConfiguredOperation, Problem
from loadgen.config.operations import ON_DEMAND
from loadgen.config.values import FETCH, NO_TOKEN
from loadgen.model.plan import WEIGHTLESS, Operation
from loadgen.plan.asked import Asked
from loadgen.plan.request import Offer
from loadgen.protocols.registry import TOKEN


def chosen_operations(asked: Asked, offer: Offer | None) -> tuple[tuple[ConfiguredOperation, ...], dict[str, str]]:
    """The operations of the run, and for those that leave it `test_type:name` → why."""
    kept: list[ConfiguredOperation] = []
    dropped: dict[str, str] = {}
    for operation in asked.scenario.operations:
        if operation.test_type in asked.shares:
            why = _why_not(operation, asked, offer)
            if why is None:
                kept.append(operation)
            else:
                dropped[f"{operation.test_type}:{operation.name}"] = why
    return tuple(kept), dropped


def _why_not(operation: ConfiguredOperation, asked: Asked, offer: Offer | None) -> str | None:
    missing = offer.missing.get(f"{operation.test_type}:{operation.call}") if offer else None
    if missing is not None:
        return missing
    if operation.call == TOKEN and asked.target.token == NO_TOKEN:
        return "the target is told to want no token"
    if operation.weight == 0 and operation.call not in ON_DEMAND:
        return WEIGHTLESS
    return None


def operation_problems(
    asked: Asked, kept: tuple[ConfiguredOperation, ...], dropped: dict[str, str]
) -> Iterator[Problem]:
    """What cannot be run with the operations that are left."""
    for test_type in asked.shares:
        mine = [operation for operation in kept if operation.test_type == test_type]
        had = any(operation.test_type == test_type for operation in asked.scenario.operations)
        if had and not any(operation.weight for operation in mine):
            why = "; ".join(f"{name}: {reason}" for name, reason in dropped.items() if name.startswith(f"{test_type}:"))
            yield asked.config.problem(("operations", test_type), f"nothing is left to do ({why}); allowed: something")
        if test_type == "rest" and asked.target.token == FETCH and had and not any(o.call == TOKEN for o in mine):
            text = "no operation with call: token; allowed: one, or token: none at the target"
            yield asked.config.problem(("operations", test_type), text)


def record(operation: ConfiguredOperation) -> Operation:
    """As the plan holds it."""
    return Operation(
        test_type=operation.test_type,
        name=operation.name,
        call=operation.call,
        weight=operation.weight,
        timeout=operation.timeout,
        judged=operation.judged,
        expect=operation.expect,
        params=operation.params,
    )
