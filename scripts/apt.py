"""Debian packages, where this user may install them, and without leaving a daemon behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

POLICY = Path("/usr/sbin/policy-rc.d")
"""Debian asks this program before it starts a package's daemon; 101 means no."""

INIT_SCRIPTS = Path("/etc/init.d")
SYSTEMD = Path("/run/systemd/system")
"""Exists where systemd is in charge."""

POLICY_TEXT = """#!/bin/sh
# Written while june-loadtest installs a package, so that no daemon starts. If you can read this, it may be deleted.
exit 101
"""

QUIET = ("-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::http::Timeout=20")


class NotInstalled(Exception):
    """A package could not be installed; the text says why."""


def root_prefix() -> list[str] | None:
    """What to put before a command that needs root: nothing for root, `sudo -n` where it asks no password, or None."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo is None or subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode != 0:
        return None
    return [sudo, "-n"]


def install(package: str, service: str | None = None, meanwhile: Mapping[Path, str] = MappingProxyType({})) -> None:
    """Install a Debian package. A service it brings is neither started nor enabled; one known before is left alone.

    `meanwhile`: files that stand there, with these texts, only while it is installed. Raises NotInstalled.
    """
    if shutil.which("apt-get") is None:
        raise NotInstalled("there is no apt-get")
    root = root_prefix()
    if root is None:
        raise NotInstalled("neither root nor sudo without a password")
    known = service is None or _is_known(service)
    print(f"installing the Debian package {package} …", flush=True)
    with _end_deferred(), _no_daemon_starts(root), _files(root, meanwhile, "644"):
        _apt_install(root, package)
    if service is not None and not known and SYSTEMD.is_dir():
        subprocess.run([*root, "systemctl", "disable", "--now", service], capture_output=True, check=False)


def _apt_install(root: Sequence[str], package: str) -> None:
    """Try with the package lists as they are, then with fresh ones."""
    if _apt(root, "install", *QUIET, package).returncode == 0:
        return
    _apt(root, "update", "-q")
    answer = _apt(root, "install", *QUIET, package)
    if answer.returncode != 0:
        lines = [line for line in answer.stdout.splitlines() if line.startswith("E: ")] or answer.stdout.splitlines()
        raise NotInstalled(f"apt-get install {package}: {lines[-1].strip() if lines else 'failed without a word'}")


def _apt(root: Sequence[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run apt-get without a question; its output is in stdout. RUNLEVEL=1 tells old init scripts to stay down."""
    environment = ["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "LC_ALL=C"]
    return subprocess.run(
        [*root, *environment, "apt-get", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _is_known(service: str) -> bool:
    """Whether the machine has such a service already: then it is somebody's and not ours to disable."""
    if (INIT_SCRIPTS / service).exists():
        return True
    systemctl = shutil.which("systemctl")
    if systemctl is None:
        return False
    return subprocess.run([systemctl, "cat", service], capture_output=True, check=False).returncode == 0


@contextmanager
def _no_daemon_starts(root: Sequence[str]) -> Iterator[None]:
    """Keep packages from starting daemons meanwhile. A policy of somebody else's stays, and decides."""
    theirs = POLICY.exists() and POLICY.read_text() != POLICY_TEXT
    with _files(root, {} if theirs else {POLICY: POLICY_TEXT}, "755"):
        yield


@contextmanager
def _files(root: Sequence[str], texts: Mapping[Path, str], mode: str) -> Iterator[None]:
    """Files of root's that are there meanwhile."""
    try:
        for path, text in texts.items():
            with tempfile.NamedTemporaryFile("w", prefix="june-loadtest-") as file:
                file.write(text)
                file.flush()
                command = [*root, "install", "-D", "-m", mode, file.name, str(path)]
                subprocess.run(command, capture_output=True, check=False)
        yield
    finally:
        if texts:
            subprocess.run([*root, "rm", "-f", *map(str, texts)], capture_output=True, check=False)


@contextmanager
def _end_deferred() -> Iterator[None]:
    """Let a SIGTERM wait: a package manager that is cut off leaves a mess, and our guard would stay behind."""
    asked: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: asked.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        if asked:
            signal.raise_signal(asked[0])
