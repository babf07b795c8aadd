"""Have an Alertmanager: the one that is there, else Debian's package, else a line that says what to do.

Run as `python3 -m scripts.get_alertmanager [--optional]`. Exit code 4 when it is missing, unless it was optional: only
a standing stack and the tests of notifications need it. No daemon is started.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from scripts import apt

REPOSITORY = Path(__file__).resolve().parents[1]
OLDEST = (0, 25)
PACKAGE = "prometheus-alertmanager"
PROGRAMS = ("alertmanager", "prometheus-alertmanager")
"""The upstream name, and that of Debian's package; amtool is called so in both."""

EXIT_ENVIRONMENT = 4


def main(arguments: list[str]) -> int:
    """Find or install it; say in a line what is missing."""
    state = Path(os.environ.get("LOADGEN_HOME") or REPOSITORY / ".loadgen")
    if usable(state):
        return 0
    try:
        apt.install(PACKAGE, service=PACKAGE)
        reason = f"installed, yet it does not answer `{PACKAGE} --version` with {_at_least()}, or amtool is missing"
    except apt.NotInstalled as error:
        reason = str(error)
    if usable(state):
        return 0
    optional = "--optional" in arguments
    rest = "; the rest works without it, the tests with LOADGEN_TESTS_WITHOUT_ALERTMANAGER=1" if optional else ""
    print(
        f"Alertmanager {_at_least()} is needed for notifications and for some tests: install the package `{PACKAGE}` "
        f"(as root: apt-get install {PACKAGE}) or put alertmanager and amtool on PATH, then try again{rest}. "
        f"Tried: {reason}",
        file=sys.stderr,
    )
    return 0 if optional else EXIT_ENVIRONMENT


def usable(state: Path) -> bool:
    """Whether the stack will find one that is new enough: one in the state folder's tools, else the one on PATH."""
    unpacked = sorted(state.glob("tools/*/alertmanager"))
    program = str(unpacked[-1]) if unpacked else next(filter(None, map(shutil.which, PROGRAMS)), None)
    amtool = shutil.which("amtool", path=str(unpacked[-1].parent) if unpacked else None)
    return program is not None and amtool is not None and version(program) >= OLDEST


def version(program: str) -> tuple[int, int]:
    """The first two numbers of what `program --version` says; (0, 0) when it says nothing of the kind."""
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return (0, 0)
    found = re.search(r"version (\d+)\.(\d+)", answer.stdout + answer.stderr)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _at_least() -> str:
    return f"{OLDEST[0]}.{OLDEST[1]} or newer"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
