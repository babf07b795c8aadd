"""host_cpu: the share of a machine's CPU time in which somebody computed.

Waiting for a disk (iowait) counts as idle: such a CPU is free for whoever wants to compute. Time that a hypervisor
took away (steal) counts as used: nobody here can have it.
"""

from __future__ import annotations

from loadgen.catalogue.promql import Regex
from loadgen.model.measured import HOST
from loadgen.model.plan import Plan
from loadgen.resources.resource import Resource
from loadgen.resources.selection import by, each_scrape, host, machine, rate, run_selector

IDLE = Regex("idle|iowait")


def use(plan: Plan) -> str:
    """One minus the idle share of all CPU time that passed."""
    labels, seconds = run_selector(plan, HOST), "node_cpu_seconds_total"
    idle = by("sum", (), rate(seconds, labels | {"mode": IDLE}, plan))
    return f"1 - {idle} / {by('sum', (), rate(seconds, labels, plan))}"


RESOURCE = Resource(
    kind="host_cpu",
    alert="LoadtestHostCpuAtLimit",
    limit=0.9,
    title="CPU of host {subject}",
    state="{use} of all its cores in use",
    jobs=host,
    use=use,
    expected=each_scrape(HOST),
    role=machine,
    rate=True,
)
