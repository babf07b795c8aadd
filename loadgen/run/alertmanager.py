"""A native Alertmanager: the program, and the command line that has it listen on loopback alone."""

from __future__ import annotations

import shutil
from pathlib import Path

PROGRAMS = ("alertmanager", "prometheus-alertmanager")
"""The upstream name, and that of Debian's package."""


def find_alertmanager(state: Path) -> Path | None:
    """The program: one that stands in the state folder's tools, else the one on PATH; None when there is none."""
    unpacked = sorted(state.glob("tools/*/alertmanager"))
    on_path = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if unpacked:
        return unpacked[-1]
    return Path(on_path) if on_path else None


def alertmanager_command(program: Path, config: Path, data: Path, port: int) -> list[str]:
    """The command line. `data`: a folder of its own, for what was notified already and for silences.

    A cluster would listen on all interfaces, so there is none.
    """
    return [
        str(program),
        f"--config.file={config}",
        f"--storage.path={data}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        "--log.level=warn",
    ]
