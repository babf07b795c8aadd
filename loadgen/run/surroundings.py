"""The machine and the software a run stands on: facts for the record, and whether they suffice."""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from msgspec import Struct

import loadgen
from loadgen.model.measured import EXPORTERS
from loadgen.model.plan import Plan
from loadgen.storage import REPOSITORY

OK, WARNING, FAILED = "ok", "warning", "failed"

WORKER_BYTES = 130 * 2**20
USER_BYTES = 200 * 2**10
EXPORTER_BYTES = 50 * 2**20
SERVICES_BYTES = 400 * 2**20
"""Rough needs of memory, on the generous side: a worker, a user with its connection, an exporter, Prometheus with the
rest."""

DESCRIPTORS_OF_A_WORKER = 200
DESCRIPTORS_OF_A_USER = 2
DISK_BYTES = 300 * 2**20

NVIDIA_LIBRARY, NVIDIA_DEVICE = "libnvidia-ml.so.1", Path("/dev/nvidiactl")


class Finding(Struct, frozen=True, kw_only=True):
    """One check before the load. A `failed` one keeps the run from starting; its text says how to mend it."""

    name: str
    state: str
    text: str


def cores() -> int:
    """CPUs that this process may use."""
    return len(os.sched_getaffinity(0))


def nvidia() -> bool:
    """Whether this machine has an NVIDIA driver, so that a GPU exporter would have something to ask."""
    if NVIDIA_DEVICE.exists():
        return True
    try:
        ctypes.CDLL(NVIDIA_LIBRARY)
    except OSError:
        return False
    return True


def commit() -> str:
    """The commit of this checkout; without one what LOADGEN_COMMIT says, as in our image, else nothing."""
    git = shutil.which("git")
    if git is None or not (REPOSITORY / ".git").exists():
        return os.environ.get("LOADGEN_COMMIT", "")[:12]
    answer = subprocess.run(
        [git, "-C", str(REPOSITORY), "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip()


def facts(prometheus_version: str) -> dict[str, Any]:
    """Versions and size of the machine, for the record's `environment`."""
    return {
        "loadgen": loadgen.__version__,
        "python": platform.python_version(),
        "locust": version("locust"),
        "grpcio": version("grpcio"),
        "prometheus": prometheus_version,
        "system": platform.platform(),
        "host": platform.node(),
        "cpu": _processor(),
        "cpus": cores(),
        "memory_bytes": psutil.virtual_memory().total,
    }


def _processor() -> str:
    """What the kernel calls the processor; empty where it does not say."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def machine_findings(plan: Plan, folders: tuple[Path, ...]) -> list[Finding]:
    """Whether memory, descriptors and disk suffice for the plan's users."""
    return [_memory(plan), _descriptors(plan), *(_disk(folder) for folder in folders)]


def _memory(plan: Plan) -> Finding:
    exporters = sum(scrape.ours and scrape.job in EXPORTERS for scrape in plan.measured.scrapes)
    services = SERVICES_BYTES + exporters * EXPORTER_BYTES
    need = services + plan.workers * WORKER_BYTES + plan.users * USER_BYTES
    free = psutil.virtual_memory().available
    workers = "1 worker" if plan.workers == 1 else f"{plan.workers} workers"
    text = f"{plan.users} users on {workers} need about {need >> 20} MiB, {free >> 20} MiB are available"
    if free < need:
        return Finding(name="memory", state=FAILED, text=f"{text}; use fewer users (--users) or a larger machine")
    return Finding(name="memory", state=OK, text=text)


def _descriptors(plan: Plan) -> Finding:
    need = DESCRIPTORS_OF_A_WORKER + DESCRIPTORS_OF_A_USER * -(-plan.users // plan.workers)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = "no limit" if hard == resource.RLIM_INFINITY else str(hard)
    text = f"a worker needs about {need} file descriptors, {limit} are allowed"
    if hard != resource.RLIM_INFINITY and hard < need:
        return Finding(name="descriptors", state=FAILED, text=f"{text}; raise `ulimit -n`, or use more --workers")
    return Finding(name="descriptors", state=OK, text=text)


def _disk(folder: Path) -> Finding:
    existing = next(p for p in (folder, *folder.parents) if p.exists())
    free = shutil.disk_usage(existing).free
    text = f"{free >> 20} MiB are free for {folder}"
    if not os.access(existing, os.W_OK):
        return Finding(name="disk", state=FAILED, text=f"{existing} cannot be written; choose another folder")
    if free < DISK_BYTES:
        return Finding(name="disk", state=FAILED, text=f"{text}, {DISK_BYTES >> 20} MiB are wanted; make room")
    return Finding(name="disk", state=OK, text=text)


def raise_descriptor_limit() -> None:
    """Let this process and its children use as many descriptors as the hard limit allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
