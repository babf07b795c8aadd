"""Have a Prometheus: the one that is there, else Debian's, else a pinned release, else a line that says what to do.

Run as `python3 -m scripts.get_prometheus`. Exit code 4 when there is none.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

from scripts import apt, archive

REPOSITORY = Path(__file__).resolve().parents[1]
PINS = Path(__file__).with_name("prometheus.sha256")
"""Lines as sha256sum writes them. For another release, take its line from the sha256sums.txt published with it."""

OLDEST = (2, 42)
PROGRAMS = ("prometheus", "promtool")
RELEASES = "https://github.com/prometheus/prometheus/releases/download"
RELEASES_VARIABLE = "LOADGEN_PROMETHEUS_URL"
"""Environment variable with another base address, for a mirror: `<base>/v<version>/<archive>`."""

MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
EXIT_ENVIRONMENT = 4


def main() -> int:
    """Find or fetch one; say which in a line."""
    state = Path(os.environ.get("LOADGEN_HOME") or REPOSITORY / ".loadgen")
    tools = state / "tools"
    if usable(tools):
        return 0
    reasons = []
    for name, attempt in (("package", from_debian), ("archive", lambda: from_release(tools))):
        try:
            attempt()
        except (apt.NotInstalled, archive.Refused) as error:
            reasons.append(f"{name}: {error}")
            continue
        if usable(tools):
            return 0
        reasons.append(f"{name}: installed, yet it does not answer `prometheus --version` with {_at_least()}")
    print(
        f"Prometheus {_at_least()} is missing: install the package `prometheus` (as root: apt-get install prometheus) "
        f"or put prometheus and promtool on PATH, then try again. Tried: {'; '.join(reasons)}",
        file=sys.stderr,
    )
    return EXIT_ENVIRONMENT


def usable(tools: Path) -> bool:
    """Whether a run will find a Prometheus that is new enough: one unpacked in `tools`, else the one on PATH."""
    unpacked = sorted(tools.glob("*/prometheus"))
    folder = str(unpacked[-1].parent) if unpacked else None
    programs = [shutil.which(program, path=folder) for program in PROGRAMS]
    return all(program is not None for program in programs) and version(str(programs[0])) >= OLDEST


def version(program: str) -> tuple[int, int]:
    """The first two numbers of what `program --version` says; (0, 0) when it says nothing of the kind."""
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return (0, 0)
    found = re.search(r"version (\d+)\.(\d+)", answer.stdout + answer.stderr)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def from_debian() -> None:
    """Install Debian's package, no daemon started. An older one that is there is somebody's and stays as it is.

    Raises apt.NotInstalled.
    """
    there = shutil.which("prometheus")
    if there is not None:
        raise apt.NotInstalled(f"{there} is there, but older than {_at_least()} or without promtool; it was left alone")
    apt.install("prometheus", service="prometheus")


def from_release(tools: Path) -> None:
    """Download, check and unpack the pinned archive for this machine into `tools`. Raises archive.Refused."""
    suffix = f".{platform.system().lower()}-{MACHINES.get(platform.machine(), platform.machine())}.tar.gz"
    pins = {name: sha256 for sha256, name in map(str.split, PINS.read_text().splitlines())}
    names = [name for name in pins if name.endswith(suffix)]
    if not names:
        raise archive.Refused(f"no release is pinned for *{suffix}")
    release = names[0].removeprefix("prometheus-").removesuffix(suffix)
    base = os.environ.get(RELEASES_VARIABLE) or RELEASES
    url = f"{base.rstrip('/')}/v{release}/{names[0]}"
    print(f"downloading {url} …", flush=True)
    archive.fetch(url, pins[names[0]], (*PROGRAMS, "LICENSE", "NOTICE"), tools)


def _at_least() -> str:
    return f"{OLDEST[0]}.{OLDEST[1]} or newer"


if __name__ == "__main__":
    sys.exit(main())
