"""gpu_utilization: the share of the time in which a GPU computed anything. It says nothing of how full it was."""

from __future__ import annotations

from loadgen.catalogue.promql import selector
from loadgen.model.measured import GPU
from loadgen.model.plan import Plan
from loadgen.resources.resource import Resource
from loadgen.resources.selection import by, gpu, machine, nothing, run_selector

BY = ("uuid",)


def use(plan: Plan) -> str:
    """As the device says it; an instance of a divided GPU does not say it."""
    return by("max", BY, selector("gpu_utilization_ratio", run_selector(plan, GPU)))


RESOURCE = Resource(
    kind="gpu_utilization",
    alert="LoadtestGpuAtLimit",
    limit=0.95,
    title="GPU {subject}",
    state="computing {use} of the time",
    by=BY,
    jobs=gpu,
    use=use,
    expected=nothing,
    role=machine,
)
