"""process_cpu: of the CPU that a process group can use, the share that it used.

What it can use stands in the plan, such as one core for a program that computes in one thread, or is the group's CPU
quota, or else the cores that it may run on, as the exporter reports them.
"""

from __future__ import annotations

from loadgen.catalogue.promql import any_of, number, selector
from loadgen.model.measured import HOST
from loadgen.model.plan import Plan
from loadgen.resources.resource import Example, Resource, Shown
from loadgen.resources.selection import by, each_group, group, host, rate, run_selector

BY = ("groupname",)


def use(plan: Plan) -> str | None:
    """CPU seconds a second over the cores; no point while the group has no process."""
    labels, groups = run_selector(plan, HOST), plan.measured.groups

    def used(*names: str) -> str:
        own = labels | {"groupname": any_of(names)}
        return by("sum", BY, rate("namedprocess_namegroup_cpu_seconds_total", own, plan))

    parts = [f"{used(one.name)} / {number(one.cores)}" for one in groups if one.cores is not None]
    others = [one.name for one in groups if one.cores is None]
    if others:
        cores = selector("namedprocess_namegroup_cpu_limit_cores", labels | {"groupname": any_of(others)})
        parts.append(f"{used(*others)} / {by('max', BY, f'{cores} > 0')}")
    here = by("max", BY, f"{selector('namedprocess_namegroup_num_procs', labels)} > 0")
    return f"({' or '.join(parts)}) and {here}" if parts else None


def examples(plan: Plan, use: float) -> tuple[Example, ...]:
    """Every group of the plan, each on 8 cores, whatever the plan gives it."""
    found, prefix = [], "namedprocess_namegroup_"
    for one in plan.measured.groups:
        name, cores = {"groupname": one.name}, one.cores or 8
        series = (
            Shown(f"{prefix}cpu_seconds_total", 0.75 * use * cores, name | {"mode": "user"}, counter=True),
            Shown(f"{prefix}cpu_seconds_total", 0.25 * use * cores, name | {"mode": "system"}, counter=True),
            Shown(f"{prefix}cpu_limit_cores", 8, name),
            Shown(f"{prefix}num_procs", 2, name),
        )
        found.append(Example(name, series))
    return tuple(found)


RESOURCE = Resource(
    kind="process_cpu",
    alert="LoadtestProcessCpuAtLimit",
    limit=0.9,
    title="CPU of the processes {subject}",
    state="{use} of what they can use",
    by=BY,
    jobs=host,
    use=use,
    examples=examples,
    expected=each_group,
    role=group,
    rate=True,
)
