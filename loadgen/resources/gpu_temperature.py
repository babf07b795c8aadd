"""gpu_temperature: how hot a GPU is; near its limit it slows down to stay whole."""

from __future__ import annotations

from loadgen.catalogue.promql import selector
from loadgen.model.measured import GPU
from loadgen.model.plan import Plan
from loadgen.resources.resource import CELSIUS, Resource
from loadgen.resources.selection import by, gpu, machine, nothing, run_selector

BY = ("uuid",)


def use(plan: Plan) -> str:
    """Degrees Celsius."""
    return by("max", BY, selector("gpu_temperature_celsius", run_selector(plan, GPU)))


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
    expected=nothing,
    role=machine,
)
