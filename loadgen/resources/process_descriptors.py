"""process_descriptors: of the file descriptors that a process may open, the share that it has open.

Of a group it is the process that is nearest to its limit, for each has a limit of its own.
"""

from __future__ import annotations

from loadgen.catalogue.promql import any_of, selector
from loadgen.model.measured import HOST
from loadgen.model.plan import Plan
from loadgen.resources.resource import Example, Resource, Shown
from loadgen.resources.selection import by, each_group, group, host, run_selector

BY = ("groupname",)


def use(plan: Plan) -> str | None:
    """The worst share in each group; no point while the group has no process."""
    groups = plan.measured.groups
    if not groups:
        return None
    labels = run_selector(plan, HOST) | {"groupname": any_of(one.name for one in groups)}
    worst = by("max", BY, selector("namedprocess_namegroup_worst_fd_ratio", labels))
    return f"{worst} and {by('max', BY, selector('namedprocess_namegroup_num_procs', labels) + ' > 0')}"


def examples(plan: Plan, use: float) -> tuple[Example, ...]:
    """Every group of the plan."""
    found, prefix = [], "namedprocess_namegroup_"
    for one in plan.measured.groups:
        name = {"groupname": one.name}
        series = (
            Shown(f"{prefix}worst_fd_ratio", use, name),
            Shown(f"{prefix}open_filedesc", 100, name),
            Shown(f"{prefix}num_procs", 2, name),
        )
        found.append(Example(name, series))
    return tuple(found)


RESOURCE = Resource(
    kind="process_descriptors",
    alert="LoadtestDescriptorsAtLimit",
    limit=0.9,
    title="file descriptors of the processes {subject}",
    state="{use} open",
    by=BY,
    jobs=host,
    use=use,
    examples=examples,
    expected=each_group,
    role=group,
)
