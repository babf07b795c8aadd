"""Have Chromium: the one that is there, else Debian's package, else a line that says what to do.

Run as `python3 -m scripts.get_chromium [--optional]`. Exit code 4 when it is missing, unless it was optional: only the
tests of the HTML reports need it. Nobody needs it to read one: any browser will do.
"""

from __future__ import annotations

import shutil
import subprocess
import sys

from scripts import apt

OLDEST = 131
"""The first that prints what is folded away in a page without scripts."""
PACKAGE = "chromium"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
EXIT_ENVIRONMENT = 4


def main(arguments: list[str]) -> int:
    """Find or install it; say in a line what is missing."""
    if program() is not None:
        return 0
    try:
        apt.install(PACKAGE)
        reason = f"installed, yet it does not answer `{PACKAGE} --version` with {OLDEST} or newer"
    except apt.NotInstalled as error:
        reason = str(error)
    if program() is not None:
        return 0
    optional = "--optional" in arguments
    rest = "; the rest works without it, the tests with LOADGEN_TESTS_WITHOUT_BROWSER=1" if optional else ""
    print(
        f"Chromium {OLDEST} or newer is needed for the tests of the HTML reports: install the package `{PACKAGE}` "
        f"(as root: apt-get install {PACKAGE}) or put chromium on PATH, then try again{rest}. Tried: {reason}",
        file=sys.stderr,
    )
    return 0 if optional else EXIT_ENVIRONMENT


def program() -> str | None:
    """The first one on PATH that is new enough."""
    found = (shutil.which(name) for name in PROGRAMS)
    return next((path for path in found if path and version(path) >= OLDEST), None)


def version(path: str) -> int:
    """The first number of what `--version` says; 0 when it says nothing of the kind."""
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    words = answer.stdout.replace(".", " ").split()
    return next((int(word) for word in words if word.isdecimal()), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
