"""The past of a Prometheus, written by hand and stored by promtool: runs that took place within a second."""

from __future__ import annotations

import shutil
import subprocess
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from loadgen.catalogue.promql import selector

Course = Callable[[float], float | None]
"""Plan time of a scrape → the value that it finds; None for none."""

OFFSET = 0.3
"""Seconds after the full second at which everything is scraped."""


class Past:
    """Scrapes, a second apart from a little before the load to a little after it, as OpenMetrics text."""

    def __init__(self, started: float, seconds: int) -> None:
        """`started`: Unix seconds of plan time 0."""
        self.started = started
        self._times = [second + OFFSET for second in range(-15, seconds)]
        self._lines: dict[str, list[str]] = defaultdict(list)

    def gauge(self, metric: str, labels: Mapping[str, str], course: Course) -> None:
        """One series; its values are those of the course."""
        for time in self._times:
            value = course(time)
            if value is not None:
                self._lines[metric].append(f"{selector(metric, labels)} {value!r} {self.started + time:.3f}")

    def counter(self, metric: str, labels: Mapping[str, str], course: Course) -> None:
        """One series; it grows by the course's value in the second before each scrape."""
        total = 0.0
        grown: dict[float, float | None] = {}
        for time in self._times:
            more = course(time)
            total += more or 0.0
            grown[time] = None if more is None else total
        self.gauge(metric, labels, grown.__getitem__)

    def store(self, folder: Path) -> None:
        """As blocks of a Prometheus whose data are in `folder`. Skips where there is no promtool."""
        promtool = shutil.which("promtool")
        if promtool is None:
            pytest.skip("promtool is not installed")
        folder.mkdir(parents=True, exist_ok=True)
        text = folder.parent / "past.txt"
        text.write_text("".join(f"{line}\n" for lines in self._lines.values() for line in lines) + "# EOF\n")
        command = [promtool, "tsdb", "create-blocks-from", "openmetrics", str(text), str(folder)]
        subprocess.run(command, check=True, capture_output=True)
