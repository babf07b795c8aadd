"""Process groups: what chosen processes use together, and how often they were started again.

A group holds the processes of a name or a command line, all of a cgroup, or those that a pid file names with all their
descendants: a PostgreSQL server is its postmaster and everything that it forked.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence

from prometheus_client.metrics_core import Metric

from exporters.core.errors import UsageFault
from exporters.host.processes_books import Book
from exporters.host.processes_families import Seen, families
from exporters.host.processes_groups import FORM, Group, parse_group
from exporters.host.processes_proc import TICK, Identity
from exporters.host.processes_proportional import Proportional, ProportionalReader
from exporters.host.processes_reading import Process, Reader
from exporters.host.processes_table import ProcessTable
from exporters.host.reading import Roots, read

HIDDEN = (
    "host: collector processes: /proc shows this user only processes of its own (hidepid); a group of which none is "
    "seen is left out; give the exporter CAP_SYS_PTRACE or the group of /proc's option gid\n"
)


class Processes:
    """Keeps each group's book, and what is known of the processes, between scrapes."""

    name = "processes"

    def __init__(self, groups: Sequence[Group], roots: Roots | None = None) -> None:
        """`groups`: each with a name of its own."""
        roots = roots or Roots()
        self._table = ProcessTable(groups, roots)
        if groups and self._table.hidden:
            sys.stderr.write(HIDDEN)
        self._reader, self._proportional = Reader(roots), ProportionalReader(roots)
        self._books = {group.name: Book() for group in groups}
        self._members: dict[str, frozenset[Identity]] = {group.name: frozenset() for group in groups}
        self._looked: float | None = None
        self._boot = _boot_time(roots)

    def collect(self, _deadline: float) -> Iterable[Metric]:
        """All families of all groups."""
        if not self._books:
            return []
        now = time.clock_gettime(time.CLOCK_BOOTTIME)
        members = self._table.look(now, self._boot)
        alive = self._reader.read((known for group in members.values() for known in group), now)
        living = {name: [alive[identity] for identity in group if identity in alive] for name, group in members.items()}
        shares = self._proportional.read(living)
        seen = [self._booked(name, group, shares.get(name), now) for name, group in living.items()]
        self._looked = now
        return families(seen, self._boot)

    def close(self) -> None:
        """There is nothing to let go of."""

    def _booked(self, name: str, processes: Sequence[Process], share: Proportional | None, at: float) -> Seen:
        now = {process.identity: process for process in processes}
        pids = {identity.pid for identity in now}
        book = self._books[name]
        used = book.enter({identity: p.used for identity, p in now.items()}, {i for i in now if self._newborn(i)})
        book.follow([i for i, p in now.items() if p.stat.parent not in pids], self._members[name], at)
        self._members[name] = frozenset(now)
        return Seen(name=name, processes=processes, used=used, restarts=book.restarts, proportional=share)

    def _newborn(self, identity: Identity) -> bool:
        """Whether a process began since the last scrape; its start is known to a tick, rounded down."""
        return self._looked is not None and (identity.start + 1) * TICK >= self._looked


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flag that chooses a group."""
    parser.add_argument(
        "--group",
        type=parse_group,
        action="append",
        default=[],
        metavar="NAME:KIND=VALUE",
        help=f"processes that are counted together; {FORM}; may be repeated",
    )


def collector(options: argparse.Namespace) -> Processes:
    """The collector `processes`. Raises UsageFault when two groups have one name."""
    twice = [name for name, count in Counter(group.name for group in options.group).items() if count > 1]
    if twice:
        raise UsageFault(f"--group: two groups are called {twice[0]!r}; each needs a name of its own")
    return Processes(options.group)


def _boot_time(roots: Roots) -> float:
    """Unix seconds at which the machine was started."""
    found = re.search(r"^btime (\d+)$", read(f"{roots.proc}/stat"), re.MULTILINE)
    return float(found[1]) if found else time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
