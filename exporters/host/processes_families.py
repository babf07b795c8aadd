"""Process groups as metric families, under process-exporter's names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct
from prometheus_client.metrics_core import Metric

from exporters.host.processes_books import Used
from exporters.host.processes_proc import HERTZ, TICK
from exporters.host.processes_proportional import Proportional
from exporters.host.processes_reading import Process

PREFIX = "namedprocess_namegroup_"


class Seen(Struct, frozen=True, kw_only=True):
    """A group in this scrape."""

    name: str
    processes: Sequence[Process]
    used: Used
    restarts: int
    proportional: Proportional | None


class _Family:
    def __init__(self, name: str, help_text: str, kind: str = "gauge") -> None:
        self.metric = Metric(PREFIX + name, help_text, kind)
        self._name = PREFIX + name

    def add(self, group: Seen, value: float | None, at: float | None = None, **labels: str) -> None:
        """A sample, unless its value could not be read."""
        if value is not None:
            self.metric.add_sample(self._name, {"groupname": group.name, **labels}, value, at)


def families(groups: Iterable[Seen], boot: float) -> list[Metric]:
    """All families; a group without processes shows their number, 0, and what they used, but no gauges of nothing.

    `boot`: Unix seconds at which the machine was started.
    """
    groups = list(groups)
    alive = [group for group in groups if group.processes]
    return [*_counts(groups), *_counters(groups), *_memory(alive), *_descriptors(alive), *_times(alive, boot)]


def _counts(groups: Sequence[Seen]) -> list[Metric]:
    processes = _Family("num_procs", "Processes that live; one that ended and waits for its parent does not count.")
    threads = _Family("num_threads", "Threads of all processes.")
    restarts = _Family(
        "restarts_total", "How often a process ended and another took its place; children are not counted.", "counter"
    )
    for group in groups:
        processes.add(group, len(group.processes))
        restarts.add(group, group.restarts)
        if group.processes:
            threads.add(group, sum(process.stat.threads for process in group.processes))
    return [processes.metric, threads.metric, restarts.metric]


def _counters(groups: Sequence[Seen]) -> list[Metric]:
    cpu = _Family("cpu_seconds_total", "CPU time of all processes, also of those that have ended.", "counter")
    switches = _Family(
        "context_switches_total",
        "Context switches of the first thread of each process.",
        "counter",
    )
    read = _Family("read_bytes_total", "Bytes read from storage.", "counter")
    written = _Family("write_bytes_total", "Bytes written to storage.", "counter")
    for group in groups:
        cpu.add(group, _seconds(group.used.user), mode="user")
        cpu.add(group, _seconds(group.used.system), mode="system")
        switches.add(group, group.used.voluntary, ctxswitchtype="voluntary")
        switches.add(group, group.used.nonvoluntary, ctxswitchtype="nonvoluntary")
        read.add(group, group.used.read)
        written.add(group, group.used.written)
    return [cpu.metric, switches.metric, read.metric, written.metric]


def _seconds(ticks: int | None) -> float | None:
    return None if ticks is None else ticks / HERTZ


def _memory(groups: Sequence[Seen]) -> list[Metric]:
    memory = _Family(
        "memory_bytes",
        "Memory of all processes. The proportional one is read every 30 s or more seldom, and bears that time.",
    )
    for group in groups:
        memory.add(group, sum(process.stat.resident for process in group.processes), memtype="resident")
        memory.add(group, _sum([process.status.anonymous for process in group.processes]), memtype="anonymous")
        memory.add(group, sum(process.stat.virtual for process in group.processes), memtype="virtual")
        memory.add(group, sum(process.status.swapped for process in group.processes), memtype="swapped")
        if group.proportional is not None:
            memory.add(group, group.proportional.memory, group.proportional.at, memtype="proportionalResident")
            memory.add(group, group.proportional.swap, group.proportional.at, memtype="proportionalSwapped")
    return [memory.metric]


def _descriptors(groups: Sequence[Seen]) -> list[Metric]:
    opened = _Family("open_filedesc", "Open file descriptors of all processes.")
    worst = _Family("worst_fd_ratio", "Open descriptors to the soft limit, where that is highest.")
    for group in groups:
        opened.add(group, _sum([process.descriptors for process in group.processes]))
        worst.add(group, worst_ratio(group.processes))
    return [opened.metric, worst.metric]


def _times(groups: Sequence[Seen], boot: float) -> list[Metric]:
    oldest = _Family("oldest_start_time_seconds", "When the oldest process was started, in Unix seconds.")
    cores = _Family(
        "cpu_limit_cores", "Cores the processes can use: their cgroup's quota, or else all that they may run on."
    )
    for group in groups:
        oldest.add(group, boot + min(process.identity.start for process in group.processes) * TICK)
        cores.add(group, cores_of(group.processes))
    return [oldest.metric, cores.metric]


def worst_ratio(processes: Sequence[Process]) -> float | None:
    """None when one cannot be read, or none has a limit."""
    if any(process.descriptors is None for process in processes):
        return None
    ratios = [(p.descriptors or 0) / p.bounds.descriptors for p in processes if p.bounds.descriptors]
    return max(ratios, default=None)


def cores_of(processes: Sequence[Process]) -> float:
    """The cores that processes can use together.

    No more than the processors that any of them may run on; and where each is held by a quota, no more than those
    quotas together. A process without one can use all processors.
    """
    mask = 0
    for process in processes:
        mask |= process.bounds.processors
    quotas = dict(process.bounds.quota for process in processes if process.bounds.quota is not None)
    free = any(process.bounds.quota is None for process in processes)
    return float(mask.bit_count()) if free else min(float(mask.bit_count()), sum(quotas.values()))


def _sum(values: Sequence[int | None]) -> int | None:
    """None when one of them is."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None
