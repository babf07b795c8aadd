"""container_memory: of the memory that the container may have, the share that it cannot give back.

Nothing without a limit. The working set is what counts before the kernel kills; file caches that it can drop do not.
"""

from __future__ import annotations

from loadgen.catalogue.promql import selector
from loadgen.model.measured import HOST
from loadgen.model.plan import Plan
from loadgen.resources.resource import Example, Resource, Shown
from loadgen.resources.selection import by, host, machine, nothing, run_selector


def use(plan: Plan) -> str:
    """The working set over the limit."""
    labels = run_selector(plan, HOST) | {"id": "/"}
    used = by("max", (), selector("container_memory_working_set_bytes", labels))
    limit = selector("container_spec_memory_limit_bytes", labels)
    return f"{used} / {by('max', (), f'{limit} > 0')}"


def examples(plan: Plan, use: float) -> tuple[Example, ...]:  # noqa: ARG001 same for all kinds
    """A limit of 4 GiB; some more can be dropped, and a container within is counted already."""
    own, limit = {"id": "/"}, 2.0**32
    series = (
        Shown("container_memory_working_set_bytes", use * limit, own),
        Shown("container_memory_working_set_bytes", 2 * limit, {"id": "/inner"}),
        Shown("container_memory_usage_bytes", limit, own),
        Shown("container_spec_memory_limit_bytes", limit, own),
    )
    return (Example({}, series),)


RESOURCE = Resource(
    kind="container_memory",
    alert="LoadtestContainerMemoryAtLimit",
    limit=0.9,
    title="memory of the container at {subject}",
    state="{use} of its limit in use",
    jobs=host,
    use=use,
    examples=examples,
    expected=nothing,
    role=machine,
)
