"""What the exporters cost: a scrape's time, CPU at one scrape a second, resident memory, and whether anything grows.

    python -m bench.exporters_cost [--seconds 60] [--scrapes 10000] [--processes 500] [--replay FILE]

Method: each exporter is a process of its own, scraped over a connection that stays open, and read from outside. The
host exporter watches 10 process groups of 3 processes each: on the machine as it is, whose number of processes is
said, and again among so many that there are `--processes`. dbpool asks a PostgreSQL and a PgBouncer that are started
for it; where these are not installed it is left out, and that is said. gpu asks this machine's devices or serves a
recording, which costs what the exporter costs without NVML; where it has neither, that is said.

Growth: resident memory, descriptors and threads after the first tenth of the scrapes and after all of them, back to
back. Caches are filled in the first tenth; what still grows after it grows for ever.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

from bench.databases import databases
from bench.exporter import Exporter, ours
from loadgen.run.databases import dsn_file
from loadgen.run.errors import EnvironmentFault

AIM_SCRAPE, AIM_CPU, AIM_MEMORY = 0.020, 0.01, 45e6
"""Seconds, cores, bytes."""

GROUPS, MEMBERS = 10, 3
GROWTH = 1 << 20
"""Bytes: less than this is the allocator's breathing."""

SETTLED_SECONDS = 6.0
"""So long the exporter looks at a new process in each scrape."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="how long the host exporter is scraped once a second")
    parser.add_argument("--scrapes", type=int, default=10_000, help="of each exporter, to see whether it grows")
    parser.add_argument("--processes", type=int, default=500, help="how many the machine has in the second measurement")
    parser.add_argument("--replay", metavar="FILE", help="a recording that the GPU exporter serves")
    options = parser.parse_args()
    with _groups() as flags:
        for processes in (0, options.processes):
            with _crowd(processes), ours("host", *flags) as host:
                _pace(host, options.seconds)
        with ours("host", *flags) as host:
            _footprint("host", host, options.scrapes)
    with ours("gpu", *(["--replay", options.replay] if options.replay else [])) as gpu:
        without = "" if "gpu_up{" in gpu.text() else ", without a device"
        _footprint(f"gpu{without}", gpu, options.scrapes)
    try:
        with databases() as work, ours("dbpool", *_asked(work)) as dbpool:
            _footprint("dbpool", dbpool, options.scrapes)
    except EnvironmentFault as fault:
        print(f"dbpool: not measured: {fault}")


@contextmanager
def _groups() -> Iterator[list[str]]:
    """Processes to be watched, and the flags that group them."""
    nap = "import sys; sys.stdin.read()"
    command = [sys.executable, "-S", "-c", nap]
    with ExitStack() as stack:
        for group in range(GROUPS):
            for _ in range(MEMBERS):
                child = subprocess.Popen([*command, f"bench-group-{group}"], stdin=subprocess.PIPE)
                stack.callback(child.wait)
                stack.callback(child.kill)
        yield [word for group in range(GROUPS) for word in ("--group", f"g{group}:cmdline=bench-group-{group}$")]


@contextmanager
def _crowd(processes: int) -> Iterator[None]:
    """So many processes on this machine, if there are not more already: the missing ones sleep."""
    with ExitStack() as stack:
        for _ in range(processes - len(psutil.pids())):
            child = subprocess.Popen(["sleep", "infinity"])
            stack.callback(child.wait)
            stack.callback(child.kill)
        if processes:
            time.sleep(SETTLED_SECONDS)
        yield


def _asked(work: Path) -> list[str]:
    """The flags that have both databases asked."""
    return [f"--{kind}=june=file:{dsn_file(work, kind)}" for kind in ("postgresql", "pgbouncer")]


def _pace(exporter: Exporter, seconds: int) -> None:
    exporter.text()
    times, cpu, start = [], exporter.cpu(), time.monotonic()
    for second in range(seconds):
        time.sleep(max(0.0, start + second - time.monotonic()))
        began = time.perf_counter()
        exporter.text()
        times.append(time.perf_counter() - began)
    cores = (exporter.cpu() - cpu) / (time.monotonic() - start)
    median, lines = statistics.median(times), exporter.text().count("\n")
    print(
        f"host: {len(psutil.pids())} processes on the machine, {GROUPS} groups of {MEMBERS}, "
        f"a scrape a second for {seconds} s, {lines} lines"
    )
    print(
        f"  scrape: median {median * 1e3:.1f} ms, worst {max(times) * 1e3:.1f} ms, {median / AIM_SCRAPE:.2f} of the aim"
    )
    print(f"  CPU: {cores:.4f} of a core, {cores / AIM_CPU:.2f} of the aim")


def _footprint(name: str, exporter: Exporter, scrapes: int) -> None:
    before = None
    for number in range(scrapes):
        if number == scrapes // 10:
            before = _held(exporter)
        exporter.text()
    after = _held(exporter)
    assert before is not None
    print(f"{name}: resident {after[0] / 1e6:.1f} MB, {after[0] / AIM_MEMORY:.2f} of the aim")
    grown = [now - then for then, now in zip(before, after, strict=True)]
    verdict = "grew" if grown[0] > GROWTH or grown[1] > 0 or grown[2] > 0 else "did not grow"
    print(f"  {scrapes} scrapes: {verdict}: {grown[0] / 1e3:+.0f} kB, {grown[1]:+d} descriptors, {grown[2]:+d} threads")


def _held(exporter: Exporter) -> tuple[int, int, int]:
    """Memory, descriptors and threads that stay: a thread that is just ending counts for nothing."""
    looks = []
    for _ in range(5):
        time.sleep(0.05)
        looks.append((exporter.resident(), exporter.process.num_fds(), exporter.process.num_threads()))
    return min(memory for memory, _, _ in looks), min(fds for _, fds, _ in looks), min(n for *_, n in looks)


if __name__ == "__main__":
    main()
