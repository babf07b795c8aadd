"""container_cpu: of the CPU time that the container's quota allows, the share that was used.

Nothing without a quota.
"""

from __future__ import annotations

from loadgen.catalogue.promql import selector
from loadgen.model.measured import HOST
from loadgen.model.plan import Plan
from loadgen.resources.resource import Example, Resource, Shown
from loadgen.resources.selection import by, host, machine, nothing, rate, run_selector


def use(plan: Plan) -> str:
    """CPU seconds a second over the cores of the quota."""
    labels = run_selector(plan, HOST) | {"id": "/"}
    used = by("sum", (), rate("container_cpu_usage_seconds_total", labels, plan))
    quota = by("max", (), f"{selector('container_spec_cpu_quota', labels)} > 0")
    return f"{used} / ({quota} / {by('max', (), selector('container_spec_cpu_period', labels))})"


def examples(plan: Plan, use: float) -> tuple[Example, ...]:  # noqa: ARG001 same for all kinds
    """A quota of a core and a half, and a container within, which is counted already."""
    own = {"id": "/"}
    series = (
        Shown("container_cpu_usage_seconds_total", 1.5 * use, own | {"cpu": "total"}, counter=True),
        Shown("container_cpu_usage_seconds_total", 1, {"id": "/inner", "cpu": "total"}, counter=True),
        Shown("container_spec_cpu_quota", 150_000, own),
        Shown("container_spec_cpu_period", 100_000, own),
    )
    return (Example({}, series),)


RESOURCE = Resource(
    kind="container_cpu",
    alert="LoadtestContainerCpuAtLimit",
    limit=0.9,
    title="CPU quota of the container at {subject}",
    state="{use} of it in use",
    jobs=host,
    use=use,
    examples=examples,
    expected=nothing,
    role=machine,
    rate=True,
)
