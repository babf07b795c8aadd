"""host_cpu: the share of a machine's CPU time in which somebody computed.

Waiting for a disk (iowait) counts as idle: such a CPU is free for whoever wants to compute. Time that a hypervisor
took away (steal) counts as used: nobody here can have it.
"""

from __future__ import annotations

from loadgen.catalogue.promql import Regex
from loadgen.model.measured import HOST
from loadgen.model.plan import Plan
from loadgen.resources.resource import Example, Resource, Shown
from loadgen.resources.selection import by, each_scrape, host, machine, rate, run_selector

IDLE = Regex("idle|iowait")


def use(plan: Plan) -> str:
    """One minus the idle share of all CPU time that passed."""
    labels, seconds = run_selector(plan, HOST), "node_cpu_seconds_total"
    idle = by("sum", (), rate(seconds, labels | {"mode": IDLE}, plan))
    return f"1 - {idle} / {by('sum', (), rate(seconds, labels, plan))}"


def examples(plan: Plan, use: float) -> tuple[Example, ...]:  # noqa: ARG001 same for all kinds
    """Two cores with time of every sort."""
    shares = {"user": 0.5 * use, "system": 0.3 * use, "steal": 0.2 * use}
    shares |= {"idle": 0.75 * (1 - use), "iowait": 0.25 * (1 - use)}
    series = (
        Shown("node_cpu_seconds_total", share, {"cpu": cpu, "mode": mode}, counter=True)
        for cpu in ("0", "1")
        for mode, share in shares.items()
    )
    return (Example({}, tuple(series)),)


RESOURCE = Resource(
    kind="host_cpu",
    alert="LoadtestHostCpuAtLimit",
    limit=0.9,
    title="CPU of host {subject}",
    state="{use} of all its cores in use",
    jobs=host,
    use=use,
    examples=examples,
    expected=each_scrape(HOST),
    role=machine,
    rate=True,
)
