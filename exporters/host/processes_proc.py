"""What the kernel says of one process: reading its files, and the pure functions that understand them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

HERTZ = os.sysconf("SC_CLK_TCK")
TICK = 1 / HERTZ
"""Seconds."""

PAGE = os.sysconf("SC_PAGE_SIZE")

GONE = (FileNotFoundError, ProcessLookupError)
"""What a process that ended meanwhile looks like."""

SOFT_LIMIT = re.compile(rb"^Max open files\s+(\S+)", re.MULTILINE)
PROPORTIONAL = re.compile(rb"^(Pss|SwapPss):\s+(\d+) kB", re.MULTILINE)
UNIFIED = re.compile(r"^0::(.*)$", re.MULTILINE)


class Identity(NamedTuple):
    """A process for as long as the machine runs: a pid comes again, with another start."""

    pid: int
    start: int
    """Ticks since the machine was started."""


class Stat(NamedTuple):
    """/proc/<pid>/stat, as far as it is of interest."""

    comm: str
    state: str
    parent: int
    user: int
    """Ticks."""
    system: int
    threads: int
    start: int
    """Ticks since the machine was started."""
    virtual: int
    """Bytes."""
    resident: int

    @property
    def ended(self) -> bool:
        """It runs no more; its parent has not yet asked how it went."""
        return self.state in "ZXx"


class Status(NamedTuple):
    """/proc/<pid>/status, as far as it is of interest."""

    swapped: int
    """Bytes; a process of the kernel has no memory of its own, so none of it is swapped."""
    cpus: int
    """A bit for each processor it may run on."""
    voluntary: int
    """Context switches, of the first thread only."""
    nonvoluntary: int


MOST_BYTES = 1 << 16
"""Of a kernel file; a user in many groups has a long status, a Java program a long command line."""


def read(path: str) -> bytes:
    """A kernel file in one piece; reading it as a text through pathlib costs three times as much."""
    place = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(place, MOST_BYTES)
    finally:
        os.close(place)


def parse_stat(text: bytes) -> Stat:
    """The name stands in parentheses and may hold any character, those too."""
    head, _, tail = text.rpartition(b")")
    words = tail.split()
    return Stat(
        comm=head.partition(b"(")[2].decode(errors="replace"),
        state=words[0].decode(),
        parent=int(words[1]),
        user=int(words[11]),
        system=int(words[12]),
        threads=int(words[17]),
        start=int(words[19]),
        virtual=int(words[20]),
        resident=int(words[21]) * PAGE,
    )


def parse_status(text: bytes) -> Status:
    """Raises ValueError when the file is cut short, as it is when the process ends meanwhile."""
    swapped = _line(text, b"\nVmSwap:")
    return Status(
        swapped=int(swapped.removesuffix(b"kB")) * 1024 if swapped else 0,
        cpus=int(_line(text, b"\nCpus_allowed:").replace(b",", b""), 16),
        voluntary=int(_line(text, b"\nvoluntary_ctxt_switches:")),
        nonvoluntary=int(_line(text, b"\nnonvoluntary_ctxt_switches:")),
    )


def _line(text: bytes, label: bytes) -> bytes:
    """What stands after the label; empty when there is none. A regular expression takes ten times as long."""
    start = text.find(label)
    return b"" if start < 0 else text[start + len(label) : text.find(b"\n", start + 1)]


def parse_io(text: bytes) -> tuple[int, int]:
    """Bytes read from and written to storage. Raises ValueError when they are not there."""
    return int(_line(text, b"\nread_bytes:")), int(_line(text, b"\nwrite_bytes:"))


def parse_soft_limit(text: bytes) -> int | None:
    """How many descriptors the process may open; None: as many as it likes."""
    found = SOFT_LIMIT.search(text)
    return int(found[1]) if found and found[1].isdigit() else None


def parse_proportional(text: bytes) -> tuple[int, int]:
    """Bytes of memory and of swap, of shared pages only this process' share."""
    lines = dict(PROPORTIONAL.findall(text))
    return int(lines.get(b"Pss", 0)) * 1024, int(lines.get(b"SwapPss", 0)) * 1024


def parse_cgroup(text: str) -> str | None:
    """The path in the unified hierarchy (v2)."""
    found = UNIFIED.search(text)
    return found[1] if found else None


def stat(proc: Path, pid: int) -> Stat:
    """Raises one of GONE."""
    return parse_stat(read(f"{proc}/{pid}/stat"))


def command_line(proc: Path, pid: int) -> str:
    """The words, joined by blanks; empty for a process of the kernel. Raises one of GONE."""
    return read(f"{proc}/{pid}/cmdline").rstrip(b"\0").replace(b"\0", b" ").decode(errors="replace")


def descriptors(proc: Path, pid: int) -> int:
    """How many are open. Since Linux 6.2 the folder's size says it; before, one must look. Raises OSError."""
    folder = f"{proc}/{pid}/fd"
    return os.stat(folder).st_size or len(os.listdir(folder))  # noqa: PTH116, PTH208 - once for each process and scrape
