"""A real stack for tests: `loadgen up` on free ports, with a state folder of its own; gone afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loadgen.query.client import Prometheus
from loadgen.run.standing import Standing, find
from loadgen.stack.daemons import end
from tests.e2e.harness import ROOT


class RunningStack:
    """A state folder with a stack, and `loadgen` as a user of it starts it."""

    def __init__(self, home: Path, config: Path) -> None:
        self.home, self.config = home, config

    def loadgen(self, *words: str) -> subprocess.CompletedProcess[str]:
        """One command, to its end."""
        return subprocess.run(
            [sys.executable, "-m", "loadgen", *words],
            cwd=ROOT,
            env={**os.environ, "LOADGEN_HOME": str(self.home)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def up(self) -> subprocess.CompletedProcess[str]:
        """`loadgen up`, on the ports that it had, else on free ones."""
        return self.loadgen("up", "--ports", "free", "--config", str(self.config))

    @property
    def standing(self) -> Standing:
        """What the state file says."""
        found = find(self.home)
        assert found is not None
        return found

    @property
    def client(self) -> Prometheus:
        """Asks its Prometheus."""
        return Prometheus(self.standing.prometheus)

    def files_of_runs(self) -> list[str]:
        """What runs have put there, by name."""
        folder = Path(self.standing.folder)
        files = (*folder.glob("runs/*"), *folder.glob("targets/*.json"))
        return sorted(path.name for path in files if path.name != "exporters.json")


@contextmanager
def start_stack(home: Path, config: Path) -> Iterator[RunningStack]:
    """A stack that is up."""
    stack = RunningStack(home, config)
    done = stack.up()
    try:
        assert done.returncode == 0, done.stdout + done.stderr
        yield stack
    finally:
        left = find(home)
        end(left.processes if left else ())
