"""The cgroups of processes: who is in one, and how many cores it may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path

from exporters.host.processes_proc import parse_cgroup


def cgroup_pids(sys: Path, path: str) -> set[int]:
    """The processes of a cgroup and of all below it, in the unified hierarchy or, under v1, in any."""
    pids: set[int] = set()
    for root in _hierarchies(sys):
        for folder, _, files in os.walk(root / path.strip("/")):
            if "cgroup.procs" in files:
                pids.update(_pids(Path(folder, "cgroup.procs")))
    return pids


def quota(proc: Path, sys: Path, pid: int) -> tuple[str, float] | None:
    """The tightest CPU quota that holds a process: its cgroup and the cores; None: it has none.

    Read from the unified hierarchy (v2), from the process' own cgroup up to the root. Raises OSError.
    """
    path = parse_cgroup(Path(f"{proc}/{pid}/cgroup").read_text())
    root = _unified(sys)
    if path is None or root is None:
        return None
    own = root / path.strip("/")
    above = [own, *own.parents]
    found = [(str(folder), _cores(folder)) for folder in above[: above.index(root) + 1]]
    return min(((folder, cores) for folder, cores in found if cores is not None), key=itemgetter(1), default=None)


def parse_cpu_max(text: str) -> float | None:
    """Cores from `cpu.max`, such as `150000 100000`; None for `max`."""
    share, period = text.split()
    return None if share == "max" else int(share) / int(period)


def _cores(folder: Path) -> float | None:
    try:
        return parse_cpu_max((folder / "cpu.max").read_text())
    except (OSError, ValueError):
        return None


def _unified(sys: Path) -> Path | None:
    base = sys / "fs/cgroup"
    return next((root for root in (base, base / "unified") if (root / "cgroup.controllers").exists()), None)


def _hierarchies(sys: Path) -> Iterator[Path]:
    base = sys / "fs/cgroup"
    if (base / "cgroup.controllers").exists():
        yield base
    elif base.is_dir():
        yield from (root for root in base.iterdir() if root.is_dir())


def _pids(file: Path) -> list[int]:
    try:
        return [int(line) for line in file.read_text().split()]
    except OSError:  # gone meanwhile, or a threaded cgroup, whose processes are listed above it
        return []
