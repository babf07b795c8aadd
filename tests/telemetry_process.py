"""A real telemetry process for tests, on a free loopback port."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loadgen.model.plan import Plan
from loadgen.storage import save
from loadgen.telemetry.counters import create

COMMAND = [sys.executable, "-m", "loadgen.telemetry"]


def prepare(work: Path, plan: Plan) -> None:
    """The plan and its counters, as a run lays them out."""
    create(work, plan)
    save(work / "plan.json", plan)


def command(work: Path, *more: str) -> list[str]:
    """The command line for the plan and the counters in `work`."""
    return [*COMMAND, "--plan", str(work / "plan.json"), "--work", str(work), *more]


@contextmanager
def start_telemetry(work: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The process and its port, listening; gone afterwards."""
    process = subprocess.Popen(
        command(work, "--listen", "127.0.0.1:0", *more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        told = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", said)
        assert told, f"{said!r}, then {process.stderr and process.stderr.read()}"
        yield process, int(told[1])
    finally:
        process.kill()
        process.communicate()
