"""The machines that were measured: what their exporters say of them once. It decides nothing, and may be missing."""

from __future__ import annotations

from loadgen.catalogue.promql import selector
from loadgen.model.measured import GPU, HOST, Machine
from loadgen.model.plan import Plan
from loadgen.query.questions import Questions, Sample
from loadgen.resources import run_selector
from loadgen.resources.selection import scrapes_of

Found = dict[str, list[Sample]]
"""By instance."""


def machines(ask: Questions, plan: Plan, at: float) -> tuple[Machine, ...]:
    """One for each exporter of hosts or GPUs that said anything at that moment (Unix seconds)."""
    if not scrapes_of(plan, (HOST, GPU)):
        return ()
    labels = run_selector(plan, HOST, GPU)
    idle = selector("node_cpu_seconds_total", {**labels, "mode": "idle"})
    names = _asked(ask, "machines", selector("node_uname_info", labels), at)
    cpus = _asked(ask, "machines: CPUs", f"count by (instance) ({idle})", at)
    memory = _asked(ask, "machines: memory", selector("node_memory_MemTotal_bytes", labels), at)
    gpus = _asked(ask, "machines: GPUs", selector("gpu_info", labels), at)
    seen = sorted({*names, *cpus, *memory, *gpus})
    return tuple(_machine(address, names, cpus, memory, gpus) for address in seen)


def _asked(ask: Questions, name: str, expression: str, at: float) -> Found:
    found: Found = {}
    for sample in ask.instant(name, expression, at) or ():
        found.setdefault(sample.labels.get("instance", ""), []).append(sample)
    return found


def _machine(address: str, names: Found, cpus: Found, memory: Found, gpus: Found) -> Machine:
    name = next((sample.labels for sample in names.get(address, ())), {})
    system = (name.get(label, "") for label in ("sysname", "release", "machine"))
    return Machine(
        address=address,
        host=name.get("nodename", ""),
        system=" ".join(filter(None, system)),
        cpus=next((round(sample.value) for sample in cpus.get(address, ())), None),
        memory_bytes=next((sample.value for sample in memory.get(address, ())), None),
        gpus=tuple(sorted(map(_gpu, filter(_whole, gpus.get(address, ()))))),
    )


def _whole(sample: Sample) -> bool:
    """A part of a GPU that has been divided has a parent."""
    return not sample.labels.get("parent")


def _gpu(sample: Sample) -> str:
    name, driver = sample.labels.get("name", ""), sample.labels.get("driver_version", "")
    return f"{name}, driver {driver}" if driver else name
