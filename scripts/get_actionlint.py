"""Have actionlint: the one that is there, else built by Go, else a pinned release, else a line that says what to do.

Run as `python3 -m scripts.get_actionlint`. Exit code 4 when there is none.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts import archive

BINARIES = Path(__file__).resolve().parents[1] / ".venv/bin"
PINS = Path(__file__).with_name("actionlint.sha256")
"""Lines as sha256sum writes them. For another release, take its lines from the checksums published with it."""

VERSION = "1.7.12"
OLDEST = (1, 7)
MODULE = "github.com/rhysd/actionlint/cmd/actionlint"
RELEASES = "https://github.com/rhysd/actionlint/releases/download"
RELEASES_VARIABLE = "LOADGEN_ACTIONLINT_URL"
"""Environment variable with another base address, for a mirror: `<base>/v<version>/<archive>`."""

GO = Path("/usr/local/go/bin/go")
"""Where Go's own installation instructions put it, which need not be on PATH."""
PATIENCE = 300
"""Seconds for Go to fetch the sources and build them; half a minute is usual."""

MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
EXIT_ENVIRONMENT = 4


def main() -> int:
    """Find or make one; say in a line what is missing."""
    if program() is not None:
        return 0
    reasons = []
    for name, attempt in (("go", from_go), ("archive", from_release)):
        try:
            attempt(BINARIES)
        except archive.Refused as error:
            reasons.append(f"{name}: {error}")
            continue
        if program() is not None:
            return 0
        reasons.append(f"{name}: installed, yet it does not answer `actionlint -version` with {_at_least()}")
    print(
        f"actionlint {_at_least()} is missing, which checks .github/workflows: put it on PATH, or have Go there "
        f"(go install {MODULE}@v{VERSION}), then try again. Tried: {'; '.join(reasons)}",
        file=sys.stderr,
    )
    return EXIT_ENVIRONMENT


def program() -> str | None:
    """The one that was put beside the environment's programs, else the one on PATH, if it is new enough."""
    found = (shutil.which("actionlint", path=str(BINARIES)), shutil.which("actionlint"))
    return next((path for path in found if path and version(path) >= OLDEST), None)


def version(path: str) -> tuple[int, int]:
    """The first two numbers of what `-version` says; (0, 0) when it says nothing of the kind."""
    try:
        answer = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return (0, 0)
    found = re.match(r"v?(\d+)\.(\d+)\.", answer.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def from_go(folder: Path) -> None:
    """Let Go fetch the pinned version, check it by its public checksums and build it. Raises archive.Refused."""
    go = shutil.which("go") or (str(GO) if GO.exists() else None)
    if go is None:
        raise archive.Refused("there is no go")
    print(f"building actionlint {VERSION} with {go} …", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    # A workspace of its own: what Go fetches is of no use later, and without HOME there would be no place for it.
    # What Go fetched is read-only unless it is told otherwise, and could not be deleted.
    with tempfile.TemporaryDirectory(prefix="loadgen-go-") as place:
        own = {"GOPATH": place, "GOCACHE": f"{place}/cache", "GOBIN": f"{place}/bin", "GOFLAGS": "-modcacherw"}
        try:
            answer = subprocess.run(
                [go, "install", f"{MODULE}@v{VERSION}"],
                env={**os.environ, **own},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise archive.Refused(str(error)) from error
        if answer.returncode != 0:
            lines = answer.stderr.strip().splitlines()
            raise archive.Refused(lines[-1] if lines else f"it ended with {answer.returncode} and no word")
        shutil.move(f"{place}/bin/actionlint", folder / "actionlint")


def from_release(folder: Path) -> None:
    """Download and check the pinned archive for this machine, and take the program out. Raises archive.Refused."""
    suffix = f"_{platform.system().lower()}_{MACHINES.get(platform.machine(), platform.machine())}.tar.gz"
    pins = {name: sha256 for sha256, name in map(str.split, PINS.read_text().splitlines())}
    name = f"actionlint_{VERSION}{suffix}"
    if name not in pins:
        raise archive.Refused(f"no release is pinned for *{suffix}")
    base = os.environ.get(RELEASES_VARIABLE) or RELEASES
    url = f"{base.rstrip('/')}/v{VERSION}/{name}"
    print(f"downloading {url} …", flush=True)
    archive.fetch_one(url, pins[name], "actionlint", folder)


def _at_least() -> str:
    return f"{OLDEST[0]}.{OLDEST[1]} or newer"


if __name__ == "__main__":
    sys.exit(main())
