"""gpu_utilization: the share of the time in which a GPU computed anything. It says nothing of how full it was."""

from __future__ import annotations

from loadgen.catalogue.promql import selector
from loadgen.model.measured import GPU
from loadgen.model.plan import Plan
from loadgen.resources.resource import Example, Resource, Shown
from loadgen.resources.selection import by, gpu, machine, nothing, run_selector

BY = ("uuid",)


def use(plan: Plan) -> str:
    """As the device says it; an instance of a divided GPU does not say it."""
    return by("max", BY, selector("gpu_utilization_ratio", run_selector(plan, GPU)))


def examples(plan: Plan, use: float) -> tuple[Example, ...]:  # noqa: ARG001 same for all kinds
    """As the device says it, and how busy its memory is."""
    device = {"uuid": "GPU-1"}
    memory = Shown("gpu_memory_copy_utilization_ratio", 1, device)
    return (Example(device, (Shown("gpu_utilization_ratio", use, device), memory)),)


RESOURCE = Resource(
    kind="gpu_utilization",
    alert="LoadtestGpuAtLimit",
    limit=0.95,
    title="GPU {subject}",
    state="computing {use} of the time",
    by=BY,
    jobs=gpu,
    use=use,
    examples=examples,
    expected=nothing,
    role=machine,
)
