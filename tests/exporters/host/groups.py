"""Real processes for the tests of process groups, and what a scrape says of them."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client.samples import Sample

from exporters.host.processes import Processes
from exporters.host.processes_groups import parse_group
from exporters.host.reading import Roots

PREFIX = "namedprocess_namegroup_"

READY = "print('ready', flush=True); import sys; sys.stdin.read()"
"""The end of a program that then waits to be killed, or for its starter to be gone."""


@contextmanager
def program(code: str = "", *words: str, executable: str = sys.executable) -> Iterator[subprocess.Popen[str]]:
    """A Python program that has run `code` and now waits; gone afterwards. `words`: what stands on its command line."""
    command = [executable, "-c", f"{code}\n{READY}", *words]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[str]) -> None:
    """Kill it, and take note of its end."""
    process.kill()
    process.communicate()


class Groups:
    """A collector of groups, asked by the test."""

    def __init__(self, *groups: str, roots: Roots | None = None) -> None:
        self.collector = Processes([parse_group(group) for group in groups], roots)

    def scrape(self) -> dict[tuple[str, ...], Sample]:
        """(metric without its prefix, the values of its labels …) → sample."""
        families = list(self.collector.collect(time.monotonic() + 5))
        samples = [sample for family in families for sample in family.samples]
        return {(sample.name.removeprefix(PREFIX), *sample.labels.values()): sample for sample in samples}

    def rested(self) -> dict[tuple[str, ...], Sample]:
        """A scrape after the reading of proportional memory that one before it may have begun."""
        self.scrape()
        thread = self.collector._proportional._thread
        if thread is not None:
            thread.join(10)
            assert not thread.is_alive()
        return self.scrape()

    def values(self) -> dict[tuple[str, ...], float]:
        """The same with values alone."""
        return {key: sample.value for key, sample in self.scrape().items()}


def named(folder: Path, name: str) -> str:
    """A program that the kernel knows by this name: Python under another one."""
    place = folder / name
    place.symlink_to(Path(sys.executable).resolve())
    return str(place)


def fake_process(
    proc: Path, pid: int, start: int, *, parent: int = 1, ticks: int = 150, name: str = "a (b) c", state: str = "S"
) -> None:
    """The kernel's files of a process that never was. With another start it is another process, in a folder of its own.

    `state`: of its first thread.
    """
    folder = proc / str(pid)
    if (folder / "stat").exists() and f" {start} 9000000 " not in (folder / "stat").read_text():
        folder.rename(folder.with_name(f"was-{pid}-{len(list(proc.iterdir()))}"))
    folder.mkdir(exist_ok=True)
    words = [state, parent, *[0] * 9, ticks, ticks // 3, 0, 0, 20, 0, 4, 0, start, 9_000_000, 500]
    files = {
        "stat": f"{pid} ({name}) {' '.join(map(str, words))}\n",
        "cmdline": f"{name}\0--serve\0",
        "status": f"Name:\t{name}\nRssAnon:\t    900 kB\nVmSwap:\t      12 kB\nCpus_allowed:\tf\n"
        "voluntary_ctxt_switches:\t70\nnonvoluntary_ctxt_switches:\t7\n",
        "io": "rchar: 1\nwchar: 2\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 0\n",
        "limits": "Limit   Soft Limit   Hard Limit   Units\nMax open files   12   20   files\n",
        "cgroup": "0::/june/gateway\n",
        "smaps_rollup": "5-7 ---p 00000000 00:00 0 [rollup]\nPss:      10 kB\nPss_Anon: 9 kB\nSwapPss:  2 kB\n",
        "fd": "012",  # a folder in truth, whose size is the number of descriptors
    }
    for file, text in files.items():
        (folder / file).write_text(text)


def fake_machine(folder: Path) -> Roots:
    """A machine that was started at 1,700,000,000, with its first process and a cgroup of one and a half cores."""
    (folder / "proc").mkdir()
    fake_process(folder / "proc", 1, start=1, parent=0, name="init")
    (folder / "proc/stat").write_text("cpu 1 2 3\nbtime 1700000000\n")
    for cgroup, files in {
        "": {"cgroup.controllers": "cpu\n", "cgroup.procs": ""},
        "june": {"cgroup.procs": "", "cpu.max": "150000 100000\n"},
        "june/gateway": {"cgroup.procs": "100\n101\n", "cpu.max": "max 100000\n"},
        "other": {"cgroup.procs": "300\n"},
    }.items():
        place = folder / "sys/fs/cgroup" / cgroup
        place.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (place / name).write_text(text)
    return Roots(proc=folder / "proc", sys=folder / "sys")
