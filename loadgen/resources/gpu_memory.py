"""gpu_memory: of a GPU's memory, the share that is taken, by programs or by the driver for itself."""

from __future__ import annotations

from loadgen.catalogue.promql import selector
from loadgen.model.measured import GPU
from loadgen.model.plan import Plan
from loadgen.resources.resource import Resource
from loadgen.resources.selection import by, each_scrape, gpu, machine, run_selector

BY = ("uuid",)


def use(plan: Plan) -> str:
    """Used and reserved over total; a device that tells no reserved memory counts it among the used."""
    labels = run_selector(plan, GPU)
    used, reserved = (by("max", BY, selector(f"gpu_memory_{part}_bytes", labels)) for part in ("used", "reserved"))
    total = by("max", BY, selector("gpu_memory_total_bytes", labels))
    return f"({used} + ({reserved} or 0 * {used})) / {total}"


RESOURCE = Resource(
    kind="gpu_memory",
    alert="LoadtestGpuMemoryAtLimit",
    limit=0.95,
    title="memory of GPU {subject}",
    state="{use} of it taken",
    by=BY,
    jobs=gpu,
    use=use,
    expected=each_scrape(GPU),
    role=machine,
)
