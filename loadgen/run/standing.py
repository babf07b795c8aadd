"""The stack that stands beside the runs: who started what, where it is, and whether it still runs."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec
import psutil
from msgspec import Struct

from loadgen.run.errors import EnvironmentFault
from loadgen.storage import load

STATE_FILE = "stack.json"
"""In the state folder; there from the moment a stack is up until it is ended."""

NATIVE, COMPOSE = "native", "compose"
PROMETHEUS = "prometheus"
"""The role without which a stack is of no use to a run."""

SAME_PROCESS = 5.0
"""Seconds by which two readings of one process's creation time may differ: the wall clock, against which the kernel's
is told, may have been set meanwhile. No process id comes round again that fast."""


class StackProcess(Struct, frozen=True, kw_only=True):
    """A process of a native stack. `created`: Unix seconds, by which it is told from a later one of the same id."""

    role: str
    pid: int
    created: float
    command: str = ""
    """Tells whether it was started with another command line than one of now; empty where nobody noted it."""

    def alive(self) -> bool:
        """Whether this very process runs."""
        return self.found() is not None

    def found(self) -> psutil.Process | None:
        """The process, while it runs."""
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created) < SAME_PROCESS
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        return None


class StackPorts(Struct, frozen=True, kw_only=True):
    """Where the parts of a native stack listen, all on loopback."""

    prometheus: int = 9090
    alertmanager: int = 9093
    alertlog: int = 9647
    grafana: int = 3000
    host: int = 9611
    gpu: int = 9612
    dbpool: int = 9613


class Standing(Struct, frozen=True, kw_only=True):
    """A stack that was started. URLs are None for what it has not got."""

    kind: str
    """native: processes on this machine; compose: containers."""
    prometheus: str
    alertmanager: str | None = None
    grafana: str | None = None
    folder: str
    """Holds prometheus.yml, `runs/` and `targets/`, as we see it."""
    processes: tuple[StackProcess, ...] = ()
    started: float
    """Unix seconds."""
    ports: StackPorts | None = None
    """Of a native stack, so that it can be started again where it was."""

    def process(self, role: str) -> StackProcess | None:
        """The process of that role."""
        return next((one for one in self.processes if one.role == role), None)

    def dead(self) -> tuple[StackProcess, ...]:
        """Those that ended without having been told to by `loadgen down`."""
        return tuple(one for one in self.processes if not one.alive())


def find(state: Path) -> Standing | None:
    """The stack of this state folder; None when none was started. Raises EnvironmentFault for an unreadable file."""
    path = state / STATE_FILE
    try:
        return load(path, Standing)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise EnvironmentFault(
            f"{path} cannot be read: {error}; end what it was written for, if anything runs, and delete it"
        ) from error


def usable(state: Path) -> Standing | None:
    """The stack on which a run is to be made; None when there is none, and a run brings its own Prometheus.

    Raises EnvironmentFault for one whose Prometheus has died, and for containers that we stand outside of.
    """
    standing = find(state)
    if standing is None:
        return None
    if standing.kind == COMPOSE and not Path(standing.folder).is_dir():
        raise EnvironmentFault(
            "the stack runs in containers, and a run on it must be one of them: use `make load`, or "
            "`docker compose run --rm loadgen run …`; after `make down` a run brings its own Prometheus"
        )
    if any(one.role == PROMETHEUS for one in standing.dead()):
        raise EnvironmentFault(
            f"the stack was started, but its Prometheus has ended since (see {state / 'stack/logs/prometheus.log'}); "
            "`make up` starts it again, and after `make down` a run brings its own"
        )
    return standing
