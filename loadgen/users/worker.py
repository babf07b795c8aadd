"""What all users of one worker process share."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Protocol

from msgspec import Struct

from loadgen.model.plan import Operation, Plan, Target
from loadgen.protocols.call import Call
from loadgen.protocols.registry import CALLS
from loadgen.users.books import Books, Counters
from loadgen.users.timeline import Timeline


class Resolved(Protocol):
    """The target's headers and metadata with their real values; loadgen.run.secrets.ResolvedTarget is one."""

    @property
    def headers(self) -> dict[str, str]:
        """Of REST and WebSocket."""

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """Of gRPC."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be written anywhere."""


class Job(Struct, frozen=True, kw_only=True):
    """An operation of the plan, ready to be done: its call, and its settings as the call's own model."""

    operation: Operation
    call: Call
    params: Any


class Worker(Struct, frozen=True, kw_only=True):
    """The plan and the means to carry it out."""

    plan: Plan
    timeline: Timeline
    counters: Counters
    books: Books
    resolved: Resolved
    draw: Callable[[str, Random], Any]
    """`draw(needs, rng)`: an input for a call that needs it (protocols.call.NOTHING, PROMPT, …)."""
    jobs: dict[str, tuple[Job, ...]]
    """By test type, in the order of the plan."""
    users: list[Any]
    """Every user of this process."""

    @property
    def target(self) -> Target:
        """Where the load goes."""
        return self.plan.target

    def job_of(self, test_type: str, call: str) -> Job | None:
        """The first operation with that call; None when the plan has none."""
        return next((job for job in self.jobs[test_type] if job.operation.call == call), None)


def jobs_of(plan: Plan) -> dict[str, tuple[Job, ...]]:
    """Every operation of the plan with its call, by test type."""
    return {test_type: tuple(map(_job, plan.operations_of(test_type))) for test_type in plan.test_types}


def _job(operation: Operation) -> Job:
    call = CALLS[operation.test_type][operation.call]
    return Job(operation=operation, call=call, params=call.read_params(operation.params))
