"""service_slots: of the places in which a service works on calls, the share in use, with calls waiting for one."""

from __future__ import annotations

from loadgen.catalogue.promql import selector
from loadgen.model.plan import Plan
from loadgen.resources.resource import Example, Resource, Shown
from loadgen.resources.selection import applications, by, nothing, run_selector, target

BY = ("service",)


def use(plan: Plan) -> str:
    """Slots in use over slots that there are."""
    labels = run_selector(plan, *applications(plan))
    used, limit = selector("sim_service_slots_in_use", labels), selector("sim_service_slots_limit", labels)
    return f"{by('sum', BY, used)} / {by('sum', BY, f'{limit} > 0')}"


def waiting(plan: Plan) -> str:
    """Calls in the queue before the slots."""
    return by("sum", BY, selector("sim_service_queue", run_selector(plan, *applications(plan))))


def examples(plan: Plan, use: float) -> tuple[Example, ...]:  # noqa: ARG001 same for all kinds
    """40 slots, and a queue."""
    service = {"service": "a service"}
    series = (
        Shown("sim_service_slots_in_use", 40 * use, service),
        Shown("sim_service_slots_limit", 40, service),
        Shown("sim_service_queue", 3, service),
    )
    return (Example(service, series, waiting=3),)


RESOURCE = Resource(
    kind="service_slots",
    alert="LoadtestServiceSlotsExhausted",
    limit=1.0,
    title="service slots of {subject}",
    state="{use} in use with calls waiting",
    by=BY,
    jobs=applications,
    use=use,
    waiting=waiting,
    examples=examples,
    expected=nothing,
    role=target,
)
