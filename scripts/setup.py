"""The Python environment in `.venv`, with exactly the locked packages.

Run as `python3 -m scripts.setup [--dev]`. A second run finds its stamp and does nothing, needing neither network nor
time. Exit code 4 when the machine lacks something; the line says what to install.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts import apt

REPOSITORY = Path(__file__).resolve().parents[1]
RUNTIME, DEVELOPMENT = "requirements.lock", "requirements-dev.lock"
"""The second holds all of the first."""
STAMP = ".installed.json"
OLDEST = (3, 11)
EXIT_ENVIRONMENT = 4

LAUNCHER = """#!/bin/sh
exec "$(dirname "$(readlink -f "$0")")/python" -P -m loadgen "$@"
"""


class Missing(Exception):
    """The machine lacks something; the text says what, and how to mend it."""


def main(arguments: list[str]) -> int:
    """Make or renew the environment where the lock asks for it."""
    locks = [RUNTIME, DEVELOPMENT] if "--dev" in arguments else [RUNTIME]
    try:
        prepare(REPOSITORY, locks)
    except Missing as error:
        print(error, file=sys.stderr)
        return EXIT_ENVIRONMENT
    return 0


def prepare(root: Path, locks: list[str]) -> None:
    """Bring `<root>/.venv` to the state of the last of `locks`, which holds the others. Raises Missing."""
    environment = root / ".venv"
    wanted = stamp_of(root, locks)
    if is_current(environment, wanted):
        return
    with _alone(root):
        if is_current(environment, wanted):
            return
        if sys.version_info[:2] < OLDEST:
            raise Missing(
                f"Python 3.11 or newer is needed; this is {sys.version.split()[0]} (make PYTHON=python3.11 …)"
            )
        if not is_our_own(environment, wanted):
            create(environment)
        install(environment, root / locks[-1])
        connect(environment, root)
        (environment / STAMP).write_text(json.dumps(wanted))


def stamp_of(root: Path, locks: list[str]) -> dict[str, str]:
    """What an environment is made from: this Python, this folder, and the SHA-256 of each lock."""
    sums = {name: hashlib.sha256((root / name).read_bytes()).hexdigest() for name in locks}
    return {"python": f"{sys.version_info.major}.{sys.version_info.minor}", "root": str(root), **sums}


def is_current(environment: Path, wanted: dict[str, str]) -> bool:
    """Whether everything wanted was installed there; more (the development packages) may be."""
    return (environment / "bin/python").exists() and wanted.items() <= _stamp(environment).items()


def is_our_own(environment: Path, wanted: dict[str, str]) -> bool:
    """Whether it was finished in this folder with this Python, so that only packages have to change."""
    stamp = _stamp(environment)
    return (environment / "bin/python").exists() and all(stamp.get(key) == wanted[key] for key in ("python", "root"))


def create(environment: Path) -> None:
    """A new, empty environment with pip; Debian's python3-venv is installed where that is allowed. Raises Missing."""
    if importlib.util.find_spec("ensurepip") is None:
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        try:
            apt.install(package)
        except apt.NotInstalled as error:
            raise Missing(
                f"Python's venv is missing: install {package} (as root: apt-get install {package}); {error}"
            ) from error
    print("making the Python environment in .venv …", flush=True)
    _run([sys.executable, "-m", "venv", "--clear", str(environment)], "the environment could not be made")


def install(environment: Path, lock: Path) -> None:
    """Install the locked packages, each checked by its hash. Raises Missing."""
    print(f"installing {lock.name} …", flush=True)
    (environment / STAMP).unlink(missing_ok=True)
    options = ["--require-hashes", "--no-input", "--disable-pip-version-check", "--quiet"]
    command = [str(environment / "bin/python"), "-m", "pip", "install", *options, "-r", str(lock)]
    _run(command, f"the packages of {lock.name} could not be installed (the first time needs the network)")


def connect(environment: Path, root: Path) -> None:
    """Put this folder's packages on the environment's path, and `loadgen` among its programs; nothing is built."""
    site = sysconfig.get_path("purelib", scheme="venv", vars={"base": str(environment), "platbase": str(environment)})
    (Path(site) / "june-loadtest.pth").write_text(f"{root}\n")
    launcher = environment / "bin/loadgen"
    launcher.write_text(LAUNCHER)
    launcher.chmod(0o755)


def _stamp(environment: Path) -> dict[str, str]:
    """What the environment says of itself; nothing when it was never finished."""
    try:
        stamp = json.loads((environment / STAMP).read_bytes())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _run(command: list[str], failure: str) -> None:
    """Run a program that speaks for itself. Raises Missing with `failure` when it fails."""
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONHOME", "PYTHONPATH")}
    if subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode != 0:
        raise Missing(f"{failure}; what it said stands above")


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Let a second set-up of the same folder wait for the first."""
    state = root / ".loadgen"
    state.mkdir(exist_ok=True)
    with (state / "setup.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
