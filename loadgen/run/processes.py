"""The processes of a run: started in sessions of their own, watched, and ended by id, whatever happens."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from loadgen.storage import write_whole


def _leash() -> list[str]:
    """A prefix that has the kernel end the child when its parent dies, so that nothing outlives a killed run.

    setpriv (util-linux) does it in the child itself: no code of ours runs between fork and exec, where threads (grpc
    has some) could hold locks. Without it Python's own processes still watch their parent.
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []


class Child:
    """One started process with its log file."""

    def __init__(
        self,
        role: str,
        process: subprocess.Popen[bytes],
        log: Path,
        end: int = signal.SIGTERM,
        group: str | None = None,
    ) -> None:
        self.role = role
        self.group = group or role
        """Whose resources its own are counted with."""
        self.log = log
        self.end = end
        """The signal that asks it to end."""
        self._process = process

    @property
    def pid(self) -> int:
        """Process id; its session and process group have the same."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._process.poll()

    def reap(self) -> None:
        """Take its exit status, which a killed process leaves within moments."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=2)

    def last_words(self, lines: int = 3) -> str:
        """The last lines of its log, for an error message."""
        text = self.log.read_text(errors="replace").strip() if self.log.exists() else ""
        return " | ".join(text.splitlines()[-lines:]) or "it printed nothing"

    def death(self) -> str:
        """How it ended, in a sentence."""
        code = self.exit_code()
        how = f"was ended by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
        return f"{self.role} (process {self.pid}) {how}; its last words: {self.last_words()}"

    def signal(self, number: int) -> None:
        """Send a signal to the whole process group; nothing when it has ended."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


class Processes:
    """All children of a run. As a context manager it leaves none behind."""

    def __init__(self, logs: Path, pids: Path | None = None) -> None:
        """`logs`, `pids`: folders of the log files and of the pid files, by which others find the children."""
        self._logs, self._pids = logs, pids
        self._children: list[Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_all()

    def start(
        self,
        role: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        end: int = signal.SIGTERM,
        group: str | None = None,
    ) -> Child:
        """Start `command` in `folder`, in a session of its own (Ctrl-C in the terminal must not reach it).

        Its output goes to its log; `environment` is all that it gets; `end` is the signal that asks it to end.
        Its process id goes into the pid file of its role, or of its `group` with those of the others in it.

        Raises OSError when the program cannot be started.
        """
        self._logs.mkdir(parents=True, exist_ok=True)
        log = self._logs / f"{role}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [*_leash(), *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=folder,
                start_new_session=True,
            )
        child = Child(role, process, log, end, group)
        self._children.append(child)
        if self._pids is not None:
            together = [one.pid for one in self._children if one.group == child.group]
            write_whole(self._pids / f"{child.group}.pid", "".join(f"{pid}\n" for pid in together).encode())
        return child

    def running(self) -> list[Child]:
        """The children that have not ended."""
        return [child for child in self._children if child.exit_code() is None]

    def stop(self, children: Sequence[Child], patience: float = 4.0) -> None:
        """Ask all to end, then after `patience` seconds SIGKILL; returns when all have ended."""
        for child in children:
            if child.exit_code() is None:
                child.signal(child.end)
        deadline = time.monotonic() + patience
        for child in children:
            while child.exit_code() is None and time.monotonic() < deadline:
                time.sleep(0.02)
        self._kill(children)

    def stop_all(self) -> None:
        """End everything, the last started first."""
        self.stop(list(reversed(self._children)))

    def kill_all(self) -> None:
        """End everything at once."""
        self._kill(self._children)

    @staticmethod
    def _kill(children: Sequence[Child]) -> None:
        for child in children:
            # Even when the child itself has ended, its group may not have.
            child.signal(signal.SIGKILL)
        for child in children:
            child.reap()
