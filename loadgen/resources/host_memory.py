"""host_memory: of a machine's memory, the share that programs could not have without swapping."""

from __future__ import annotations

from loadgen.catalogue.promql import selector
from loadgen.model.measured import HOST
from loadgen.model.plan import Plan
from loadgen.resources.resource import Example, Resource, Shown
from loadgen.resources.selection import by, each_scrape, host, machine, run_selector


def use(plan: Plan) -> str:
    """One minus what is available; caches that can be given back count as available."""
    labels = run_selector(plan, HOST)
    available = by("max", (), selector("node_memory_MemAvailable_bytes", labels))
    return f"1 - {available} / {by('max', (), selector('node_memory_MemTotal_bytes', labels))}"


def examples(plan: Plan, use: float) -> tuple[Example, ...]:  # noqa: ARG001 same for all kinds
    """16 GiB, of which less is free than available."""
    total = 2.0**34
    series = (
        Shown("node_memory_MemTotal_bytes", total),
        Shown("node_memory_MemAvailable_bytes", (1 - use) * total),
        Shown("node_memory_MemFree_bytes", (1 - use) * total / 2),
    )
    return (Example({}, series),)


RESOURCE = Resource(
    kind="host_memory",
    alert="LoadtestHostMemoryAtLimit",
    limit=0.9,
    title="memory of host {subject}",
    state="{use} of it in use",
    jobs=host,
    use=use,
    examples=examples,
    expected=each_scrape(HOST),
    role=machine,
)
