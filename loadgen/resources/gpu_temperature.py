"""gpu_temperature: how hot a GPU is; near its limit it slows down to stay whole."""

from __future__ import annotations

from loadgen.catalogue.promql import selector
from loadgen.model.measured import GPU
from loadgen.model.plan import Plan
from loadgen.resources.resource import CELSIUS, Example, Resource, Shown
from loadgen.resources.selection import by, gpu, machine, nothing, run_selector

BY = ("uuid",)


def use(plan: Plan) -> str:
    """Degrees Celsius."""
    return by("max", BY, selector("gpu_temperature_celsius", run_selector(plan, GPU)))


def examples(plan: Plan, use: float) -> tuple[Example, ...]:  # noqa: ARG001 same for all kinds
    """As the device says it, with its clock."""
    device = {"uuid": "GPU-1"}
    clock = Shown("gpu_clock_hertz", 1.5e9, device | {"clock": "sm"})
    return (Example(device, (Shown("gpu_temperature_celsius", use, device), clock)),)


RESOURCE = Resource(
    kind="gpu_temperature",
    alert="LoadtestGpuTooHot",
    unit=CELSIUS,
    limit=85.0,
    title="temperature of GPU {subject}",
    state="{use}",
    by=BY,
    jobs=gpu,
    use=use,
    examples=examples,
    expected=nothing,
    role=machine,
)
