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

ENDED = "ZXx"
"""States of a thread that runs no more."""

BYTES = "surrogateescape"
"""How bytes that are no UTF-8 are carried in text, as in the program's own arguments."""

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

    thread: int
    """One that lives, whose files speak for the process: the first, whose id is the pid, unless that one has ended."""
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
        """No thread of it runs any more; its parent has not yet asked how it went."""
        return self.state in ENDED and self.threads <= 1


class Status(NamedTuple):
    """/proc/<pid>/status, as far as it is of interest."""

    swapped: int
    """Bytes; a process of the kernel has no memory of its own, so none of it is swapped."""
    anonymous: int | None
    """Bytes of the resident memory that no file and no shared memory stands behind; None: the kernel does not say."""
    voluntary: int
    """Context switches, of the first thread only."""
    nonvoluntary: int


MOST_BYTES = 1 << 16
"""Of a kernel file; a user in many groups has a long status."""

SEARCHED_BYTES = 1 << 12
"""Of a command line: a regular expression may take the square of its length."""


def read(path: str, most: int = MOST_BYTES) -> bytes:
    """A kernel file in one piece; reading it as a text through pathlib costs three times as much."""
    place = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(place, most)
    finally:
        os.close(place)


def parse_stat(text: bytes) -> Stat:
    """The name stands in parentheses and may hold any character, those too."""
    head, _, tail = text.rpartition(b")")
    words = tail.split()
    pid, _, comm = head.partition(b" (")
    return Stat(
        thread=int(pid),
        comm=comm.decode(errors=BYTES),
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
    swapped, anonymous = _line(text, b"\nVmSwap:"), _line(text, b"\nRssAnon:")
    return Status(
        int(swapped.removesuffix(b"kB")) * 1024 if swapped else 0,
        int(anonymous.removesuffix(b"kB")) * 1024 if anonymous else None,
        *_two(text, b"\nvoluntary_ctxt_switches:"),
    )


def parse_processors(text: bytes) -> int:
    """A bit for each processor that a process may run on, from its status. Raises ValueError as above."""
    return int(_line(text, b"\nCpus_allowed:").replace(b",", b""), 16)


def _line(text: bytes, label: bytes) -> bytes:
    """What stands after the label; empty when there is none. A regular expression takes ten times as long."""
    start = text.find(label)
    return b"" if start < 0 else text[start + len(label) : text.find(b"\n", start + 1)]


def _two(text: bytes, label: bytes) -> tuple[int, int]:
    """What stands after the label and on the line below. Raises ValueError when they are not there."""
    words = text[text.find(label) :].split(None, 4)
    if len(words) < 4:
        raise ValueError(f"{label!r} is missing, or the next line")
    return int(words[1]), int(words[3])


def parse_io(text: bytes) -> tuple[int, int]:
    """Bytes read from and written to storage. Raises ValueError when they are not there."""
    return _two(text, b"\nread_bytes:")


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
    """What the kernel says of a process. Raises one of GONE.

    When its first thread has ended and others live, the kernel says of the first that it is dead and has no memory;
    then one of the others is asked.
    """
    seen = parse_stat(read(f"{proc}/{pid}/stat"))
    if seen.state not in ENDED or seen.ended:
        return seen
    threads = (parse_stat(read(f"{proc}/{thread}/stat")) for thread in os.listdir(f"{proc}/{pid}/task"))  # noqa: PTH208
    living = next((thread for thread in threads if thread.state not in ENDED), None)
    return seen._replace(threads=1) if living is None else living._replace(comm=seen.comm, start=seen.start)


def command_line(proc: Path, pid: int) -> str:
    """The words, joined by blanks; empty for a process of the kernel. Raises one of GONE."""
    return read(f"{proc}/{pid}/cmdline", SEARCHED_BYTES).rstrip(b"\0").replace(b"\0", b" ").decode(errors=BYTES)


def descriptors(proc: Path, thread: int) -> int:
    """How many are open. Since Linux 6.2 the folder's size says it; before, one must look. Raises OSError."""
    folder = f"{proc}/{thread}/fd"
    return os.stat(folder).st_size or len(os.listdir(folder))  # noqa: PTH116, PTH208 - once for each process and scrape
