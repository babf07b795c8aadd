"""Processes that outlive the command which starts them: started, asked whether they are well, and ended by identity."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil
from msgspec import Struct

from loadgen.run.errors import EnvironmentFault
from loadgen.run.standing import StackProcess

LOCALHOST = "127.0.0.1"
END_PATIENCE = 10.0
"""Seconds that a process gets to end by itself; Prometheus writes what it holds to disk first."""
KILL_PATIENCE = 5.0


class Service(Struct, frozen=True, kw_only=True):
    """A part of the stack. `patience`: seconds within which it must be well after its start."""

    role: str
    title: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    port: int
    health: str
    """Path that answers 200 when it is well."""
    patience: float = 30.0

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{LOCALHOST}:{self.port}"

    @property
    def digest(self) -> str:
        """Of its command line, by which one is told from another."""
        return hashlib.sha256("\0".join(self.command).encode()).hexdigest()


def start(service: Service, folder: Path, logs: Path) -> StackProcess:
    """Start it in `folder`, in a session of its own, its output in `<logs>/<role>.log`. Raises EnvironmentFault.

    What the one before it had said is kept.
    """
    logs.mkdir(parents=True, exist_ok=True)
    keep_log(service.role, logs)
    with log_of(service, logs).open("wb") as output:
        try:
            process = subprocess.Popen(
                service.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(service.environment),
                cwd=folder,
                start_new_session=True,
            )
        except OSError as error:
            raise EnvironmentFault(f"{service.title} does not start: {error.filename}: {error.strerror}") from error
    return StackProcess(role=service.role, pid=process.pid, created=_created(process.pid), command=service.digest)


def _created(pid: int) -> float:
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return time.time()  # it ended at once, as its log will say


def wait_until_well(
    started: Sequence[tuple[Service, StackProcess]], logs: Path, check: Callable[[], None] = lambda: None
) -> None:
    """Return when all of them answer. Raises EnvironmentFault for the first that ended or does not.

    `check` is called again and again, and may raise.
    """
    pairs = list(started)
    begun = time.monotonic()
    while pairs:
        check()
        service, process = pairs[0]
        if well(service):
            pairs.pop(0)
            continue
        if not process.alive():
            raise EnvironmentFault(f"{service.title} does not start: {last_words(service, logs)}")
        if time.monotonic() - begun > service.patience:
            text = f"{service.title} does not answer at {service.url}{service.health} after {service.patience:.0f} s"
            raise EnvironmentFault(f"{text}: {last_words(service, logs)}")
        time.sleep(0.05)


def well(service: Service) -> bool:
    """Whether it answers as it should."""
    connection = http.client.HTTPConnection(LOCALHOST, service.port, timeout=3)
    try:
        connection.request("GET", service.health)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def log_of(service: Service, logs: Path) -> Path:
    """Where its output goes."""
    return logs / f"{service.role}.log"


def keep_log(role: str, logs: Path) -> Path:
    """Put the log of a process that has ended where the next one's does not overwrite it, and say where."""
    kept = logs / f"{role}.log.1"
    with contextlib.suppress(FileNotFoundError):
        (logs / f"{role}.log").replace(kept)
    return kept


def last_words(service: Service, logs: Path, lines: int = 3) -> str:
    """The last lines of its log."""
    log = log_of(service, logs)
    text = log.read_text(errors="replace").strip() if log.exists() else ""
    return " | ".join(text.splitlines()[-lines:]) or "it printed nothing"


def end(processes: Sequence[StackProcess], told: Callable[[StackProcess], None] = lambda _: None) -> None:
    """End exactly these, the last started first: SIGTERM, and SIGKILL for those that do not heed it."""
    running = [(one, found) for one in reversed(processes) if (found := one.found()) is not None]
    for _, process in running:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, left = psutil.wait_procs([process for _, process in running], timeout=END_PATIENCE)
    for process in left:
        # It began a session, so what it started itself has its group.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    psutil.wait_procs(left, timeout=KILL_PATIENCE)
    for one, _ in running:
        told(one)
