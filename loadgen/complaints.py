"""What is said on standard error: problems, one a line, and where the trace of a mistake of ours is."""

from __future__ import annotations

import contextlib
import sys
import traceback

from loadgen.model.inert import inert
from loadgen.storage import state_folder, write_whole


def complain(*problems: str) -> None:
    """Say them. What would steer a terminal in them does not."""
    # Nobody may be listening any more; the exit code still says it, and must stay ours.
    with contextlib.suppress(BrokenPipeError):
        for problem in problems:
            sys.stderr.write("".join(f"{inert(line)}\n" for line in problem.split("\n")))


def trace() -> str:
    """Where the trace of the current exception was written."""
    path = state_folder() / "last_error.txt"
    try:
        write_whole(path, traceback.format_exc().encode())
    except OSError:
        return "its trace could not be written"
    return f"its trace is in {path}"
