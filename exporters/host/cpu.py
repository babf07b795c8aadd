"""CPU seconds by processor and mode, and what /proc/stat counts beside them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Mapping

from prometheus_client.metrics_core import Metric

from exporters.host.reading import Roots, read, single

MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
GUEST_MODES = ("user", "nice")
"""The last two columns; their seconds are also part of the modes of the same names."""

REBORN = 3.0
"""Seconds: a counter that steps back further belongs to a processor that was taken out and put in again."""

COUNTS = {
    "ctxt": ("node_context_switches_total", "Context switches.", "counter"),
    "processes": ("node_forks_total", "Forks.", "counter"),
    "intr": ("node_intr_total", "Interrupts serviced.", "counter"),
    "btime": ("node_boot_time_seconds", "When the machine was started, in Unix seconds.", "gauge"),
    "procs_running": ("node_procs_running", "Processes that run or could.", "gauge"),
    "procs_blocked": ("node_procs_blocked", "Processes that wait for a disk or another device.", "gauge"),
}
"""First word of a line → the family its first number becomes."""


class Cpu:
    """CPU seconds that never step back.

    The kernel's idle and iowait may, by a few ticks, which looks like a restart to Prometheus: so each counter stays
    where it was until the kernel has caught up.
    """

    name = "cpu"

    def __init__(self, roots: Roots | None = None) -> None:
        self._roots = roots or Roots()
        self._highest: dict[tuple[str, str], float] = {}

    def collect(self, _deadline: float) -> Iterable[Metric]:
        """Counters for each processor, and counts of the whole machine."""
        lines = parse_stat(read(f"{self._roots.proc}/stat"))
        ticks = os.sysconf("SC_CLK_TCK")
        seconds = Metric("node_cpu_seconds_total", "Seconds each processor spent in each mode.", "counter")
        guest = Metric("node_cpu_guest_seconds_total", "Seconds spent for guests, also counted in `mode`.", "counter")
        for word, values in lines.items():
            if word.startswith("cpu") and word != "cpu":
                cpu, modes = word[3:], values[: len(MODES)]
                for mode, value in zip(MODES, modes, strict=False):
                    seconds.add_sample(seconds.name, {"cpu": cpu, "mode": mode}, self._rising(cpu, mode, value / ticks))
                for mode, value in zip(GUEST_MODES, values[len(MODES) :], strict=False):
                    guest.add_sample(guest.name, {"cpu": cpu, "mode": mode}, value / ticks)
        counts = [single(*about, lines[word][0]) for word, about in COUNTS.items() if word in lines]
        return [seconds, guest, *counts]

    def close(self) -> None:
        """There is nothing to let go of."""

    def _rising(self, cpu: str, mode: str, value: float) -> float:
        highest = self._highest.get((cpu, mode), 0.0)
        if highest - REBORN < value < highest:
            return highest
        self._highest[cpu, mode] = value
        return value


def parse_stat(text: str) -> Mapping[str, list[int]]:
    """First word of each line → the numbers after it; of the interrupts only their sum."""
    lines = (line.split(maxsplit=2 if line.startswith(("intr", "softirq")) else -1) for line in text.splitlines())
    return {words[0]: [int(word) for word in words[1:11] if word.isdecimal()] for words in lines if len(words) > 1}


def collector(_options: argparse.Namespace) -> Cpu:
    """The collector `cpu`."""
    return Cpu()
