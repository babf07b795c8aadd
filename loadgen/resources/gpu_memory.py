"""gpu_memory: of a GPU's memory, the share that is taken, by programs or by the driver for itself."""

from __future__ import annotations

from loadgen.catalogue.promql import selector
from loadgen.model.measured import GPU
from loadgen.model.plan import Plan
from loadgen.resources.resource import Example, Resource, Shown
from loadgen.resources.selection import by, each_scrape, gpu, machine, run_selector

BY = ("uuid",)


def use(plan: Plan) -> str:
    """Used and reserved over total; a device that tells no reserved memory counts it among the used."""
    labels = run_selector(plan, GPU)
    used, reserved = (by("max", BY, selector(f"gpu_memory_{part}_bytes", labels)) for part in ("used", "reserved"))
    total = by("max", BY, selector("gpu_memory_total_bytes", labels))
    return f"({used} + ({reserved} or 0 * {used})) / {total}"


def examples(plan: Plan, use: float) -> tuple[Example, ...]:  # noqa: ARG001 same for all kinds
    """A device that tells what it keeps for itself, and one that does not."""
    total, kept = 2.0**34, 2.0**29
    telling, silent = {"uuid": "GPU-1"}, {"uuid": "GPU-2"}
    reserved = Shown("gpu_memory_reserved_bytes", kept, telling)
    return (
        Example(telling, (*_memory(telling, use * total - kept, total), reserved)),
        Example(silent, _memory(silent, use * total, total)),
    )


def _memory(device: dict[str, str], used: float, total: float) -> tuple[Shown, ...]:
    return Shown("gpu_memory_used_bytes", used, device), Shown("gpu_memory_total_bytes", total, device)


RESOURCE = Resource(
    kind="gpu_memory",
    alert="LoadtestGpuMemoryAtLimit",
    limit=0.95,
    title="memory of GPU {subject}",
    state="{use} of it taken",
    by=BY,
    jobs=gpu,
    use=use,
    examples=examples,
    expected=each_scrape(GPU),
    role=machine,
)
