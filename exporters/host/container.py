"""Limits and usage of the container that the exporter is in (cgroup v2), under cAdvisor's names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from prometheus_client.metrics_core import Metric

from exporters.core.collector import NOT_HERE, Absent
from exporters.host.reading import Roots, contents, reading, single

HERE = {"id": "/"}

CPU = {
    "usage_usec": ("container_cpu_usage_seconds_total", "CPU seconds used."),
    "user_usec": ("container_cpu_user_seconds_total", "CPU seconds used outside the kernel."),
    "system_usec": ("container_cpu_system_seconds_total", "CPU seconds used in the kernel."),
    "nr_periods": ("container_cpu_cfs_periods_total", "Periods in which the container wanted to run."),
    "nr_throttled": ("container_cpu_cfs_throttled_periods_total", "Periods in which it was held back."),
    "throttled_usec": ("container_cpu_cfs_throttled_seconds_total", "Seconds for which it was held back."),
}
"""A line of cpu.stat → the counter it becomes."""

MEMORY = {
    "anon": ("container_memory_rss", "Memory that is no copy of a file, in bytes."),
    "file": ("container_memory_cache", "Memory that is a copy of a file, in bytes."),
    "file_mapped": ("container_memory_mapped_file", "Memory that is a copy of a file and mapped, in bytes."),
}
"""A line of memory.stat → the gauge it becomes."""

ONE_FIGURE = {
    "memory.current": ("container_memory_usage_bytes", "Memory used, caches included."),
    "memory.max": ("container_spec_memory_limit_bytes", "Memory the container may use; absent without a limit."),
    "memory.swap.current": ("container_memory_swap", "Swap used, in bytes."),
    "memory.swap.max": ("container_spec_memory_swap_limit_bytes", "Swap it may use; absent without a limit."),
    "pids.current": ("container_threads", "Threads in the container."),
    "pids.max": ("container_threads_max", "Threads there may be; absent without a limit."),
}
"""A file of one number, or `max` → the gauge it becomes."""


def container(roots: Roots) -> Iterable[Metric]:
    """Families of what the container's cgroup has; a controller that was not handed down has none."""
    cgroup = roots.sys / "fs/cgroup"
    if not (cgroup / "cgroup.type").exists():
        # The machine's own root has no such file, and neither limits nor a usage of its own.
        raise Absent(NOT_HERE, f"not in a container with cgroup v2: there is no {cgroup}/cgroup.type")
    memory = parse_flat(_text(cgroup / "memory.stat"))
    yield from _cpu(cgroup)
    for file, about in ONE_FIGURE.items():
        if (figure := _text(cgroup / file).strip()).isdecimal():
            yield single(*about, "gauge", int(figure), HERE)
    for line, about in MEMORY.items():
        if line in memory:
            yield single(*about, "gauge", memory[line], HERE)
    usage = _text(cgroup / "memory.current").strip()
    if usage and "inactive_file" in memory:
        working = max(0, int(usage) - memory["inactive_file"])
        help_text = "Memory used, without copies of files that nobody needed lately."
        yield single("container_memory_working_set_bytes", help_text, "gauge", working, HERE)
    events = parse_flat(_text(cgroup / "memory.events"))
    if "oom_kill" in events:
        help_text = "Processes killed for want of memory."
        yield single("container_oom_events_total", help_text, "counter", events["oom_kill"], HERE)


def _cpu(cgroup: Path) -> Iterable[Metric]:
    figures = parse_flat(_text(cgroup / "cpu.stat"))
    for line, (name, help_text) in CPU.items():
        if line in figures:
            value = figures[line] / 1e6 if line.endswith("_usec") else figures[line]
            yield single(name, help_text, "counter", value, {**HERE, "cpu": "total"} if line == "usage_usec" else HERE)
    quota, _, period = _text(cgroup / "cpu.max").partition(" ")
    if period:
        yield single("container_spec_cpu_period", "Microseconds in a period.", "gauge", int(period), HERE)
        if quota != "max":
            help_text = "Microseconds of CPU time in a period; absent without a limit."
            yield single("container_spec_cpu_quota", help_text, "gauge", int(quota), HERE)


def parse_flat(text: str) -> Mapping[str, int]:
    """First word of a line → the number after it."""
    return {name: int(value) for name, _, value in (line.partition(" ") for line in text.splitlines())}


def _text(path: Path) -> str:
    """What stands there; nothing when the controller was not handed down to this container."""
    try:
        return contents(str(path))
    except FileNotFoundError:
        return ""


collector = reading("container", container)
