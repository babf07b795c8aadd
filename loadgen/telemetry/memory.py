"""Counter files: a header, then 64-bit slots, mapped into memory by one writer and any number of readers."""

from __future__ import annotations

import mmap
from pathlib import Path

from loadgen.storage import write_whole

MAGIC = b"JLTCNT01"
HEADER = 64
"""Bytes: the magic, the layout's fingerprint, the number of slots, zeros."""


class CounterFileError(Exception):
    """A counter file that cannot be used; its text is one sentence for the user."""


def worker_file(work: Path, worker: int) -> Path:
    """The counters of worker number `worker`, from 0."""
    return work / f"worker-{worker}.counters"


def run_file(work: Path) -> Path:
    """The values that the orchestrator owns."""
    return work / "run.counters"


def create_file(path: Path, fingerprint: bytes, slots: int) -> None:
    """Write a file whose slots are all 0. Raises OSError, with the path in it."""
    header = MAGIC + fingerprint + slots.to_bytes(8, "little")
    write_whole(path, header.ljust(HEADER, b"\0") + bytes(8 * slots))


def map_file(path: Path, fingerprint: bytes, slots: int, *, writable: bool) -> memoryview:
    """The file's slots as bytes, to be cast to `Q` or `d`. The mapping lives as long as the view.

    Raises CounterFileError when there is no such file or when it was made for another plan.
    """
    try:
        with path.open("r+b" if writable else "rb") as file:
            access = mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ
            mapped = mmap.mmap(file.fileno(), 0, access=access)
    except (OSError, ValueError) as fault:
        raise CounterFileError(f"{path}: cannot map the counters: {fault}") from fault
    view = memoryview(mapped)
    expected = MAGIC + fingerprint + slots.to_bytes(8, "little")
    if len(view) != HEADER + 8 * slots or view[: len(expected)] != expected:
        raise CounterFileError(f"{path}: these counters belong to another plan or another version of loadgen")
    return view[HEADER:]
