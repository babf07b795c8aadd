"""Our values beside those of the usual exporters: the same machine, scraped at the same moments.

    python -m bench.side_by_side [--seconds 60]

Method: ours, theirs and a second copy of theirs are scraped once a second, at the same moment, while a child first
does nothing, then keeps a core busy, then holds memory. Counters are compared as rates over four scrapes, gauges as
they are; each figure is the sum over the series that all three show. The difference between the two copies of theirs is
the noise: only a difference that is larger says anything. It is given as the mean and the largest over all moments.

Needs Debian's prometheus-node-exporter; no daemon of it is used.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from bench.exporter import Exporter, Series, ours, started
from loadgen.run.home import free_ports

PROGRAM = "prometheus-node-exporter"
WINDOW = 4
"""Scrapes over which a rate is taken."""

LOAD = """
import sys, time
third = float(sys.argv[1]) / 3
time.sleep(third)
end = time.monotonic() + third
while time.monotonic() < end:
    pass
held = bytearray(400_000_000)
time.sleep(third)
"""

Moment = Sequence[dict[Series, float]]
"""Of one moment what each exporter shows: ours, theirs, their copy."""


@dataclass(frozen=True)
class Figure:
    """What is compared: the sum of a metric's series with these labels."""

    label: str
    unit: str
    metric: str
    labels: frozenset[tuple[str, str]] = frozenset()
    rate: bool = False
    scale: float = 1.0

    def of(self, seen: dict[Series, float], shared: set[Series]) -> float:
        """The value in one scrape, over the series that everybody shows."""
        return self.scale * sum(
            value
            for series, value in seen.items()
            if series in shared and series[0] == self.metric and self.labels <= series[1]
        )


def _mode(mode: str) -> Figure:
    labels = frozenset({("mode", mode)})
    return Figure(f"CPU, {mode}", "cores", "node_cpu_seconds_total", labels, rate=True)


def _memory(name: str) -> Figure:
    return Figure(f"memory, {name}", "MB", f"node_memory_{name}_bytes", scale=1e-6)


HOST = [
    *map(_mode, ("user", "system", "idle", "iowait", "steal")),
    *map(_memory, ("MemTotal", "MemAvailable", "MemFree", "Cached")),
    Figure("load, 1 minute", "", "node_load1"),
    Figure("context switches", "1/s", "node_context_switches_total", rate=True),
    Figure("disks, written", "MB/s", "node_disk_written_bytes_total", rate=True, scale=1e-6),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    seconds = parser.parse_args().seconds
    program = shutil.which(PROGRAM)
    if program is None:
        sys.exit(f"{PROGRAM} is missing; install it with: apt-get install {PROGRAM}")
    with ours("host") as mine, _theirs(program) as theirs, _theirs(program) as copy, _load(seconds):
        moments = watch([mine, theirs, copy], seconds)
    table(HOST, moments)


@contextmanager
def _theirs(program: str) -> Iterator[Exporter]:
    (port,) = free_ports(1)
    with started([program, f"--web.listen-address=127.0.0.1:{port}"], port) as exporter:
        yield exporter


@contextmanager
def _load(seconds: float) -> Iterator[None]:
    child = subprocess.Popen([sys.executable, "-c", LOAD, str(seconds)])
    with ExitStack() as stack:
        stack.callback(child.wait)
        stack.callback(child.kill)
        yield


def watch(exporters: Sequence[Exporter], seconds: int) -> list[Moment]:
    """What all of them show, once a second, asked at the same moment."""
    moments: list[Moment] = []
    start = time.monotonic()
    with ThreadPoolExecutor(len(exporters)) as pool:
        for second in range(seconds):
            time.sleep(max(0.0, start + second - time.monotonic()))
            moments.append(list(pool.map(Exporter.scrape, exporters)))
    return moments


def table(figures: Sequence[Figure], moments: Sequence[Moment]) -> None:
    """Print a row for each figure, as Markdown."""
    shared = set.intersection(*(set(seen) for moment in moments for seen in moment))
    print("| figure | unit | ours | theirs | difference: mean, largest | theirs and their copy: mean, largest |")
    print("|---|---|---|---|---|---|")
    for figure in figures:
        if not any(name == figure.metric and figure.labels <= labels for name, labels in shared):
            print(f"| {figure.label} | {figure.unit} | not shown by all of them | | | |")
            continue
        courses = [_course(figure, [moment[place] for moment in moments], shared) for place in range(3)]
        mine, theirs, copy = courses
        print(
            f"| {figure.label} | {figure.unit} | {_mean(mine)} | {_mean(theirs)} "
            f"| {_apart(mine, theirs)} | {_apart(copy, theirs)} |"
        )


def _course(figure: Figure, seen: Sequence[dict[Series, float]], shared: set[Series]) -> list[float]:
    values = [figure.of(each, shared) for each in seen]
    if not figure.rate:
        return values
    return [(late - early) / WINDOW for early, late in zip(values, values[WINDOW:], strict=False)]


def _mean(values: Sequence[float]) -> str:
    mean = sum(values) / len(values)
    return f"{mean:,.0f}" if mean >= 1000 else f"{mean:.4g}"


def _apart(some: Sequence[float], others: Sequence[float]) -> str:
    apart = [abs(one - other) for one, other in zip(some, others, strict=True)]
    return f"{sum(apart) / len(apart):.2g}, {max(apart):.2g}"


if __name__ == "__main__":
    main()
