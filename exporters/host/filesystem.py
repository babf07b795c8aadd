"""Space and files on each mounted file system."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable

import psutil
from msgspec import Struct
from prometheus_client.metrics_core import Metric

from exporters.host.reading import Roots, reading

TYPES_LEFT_OUT = re.compile(
    r"autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay"
    r"|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tracefs"
)
PLACES_LEFT_OUT = re.compile(r"/(?:dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/.+)(?:/.*)?")
"""As node_exporter does: no place to keep anything, or shown by the disk below."""

GAUGES: dict[str, tuple[str, Callable[[os.statvfs_result], int]]] = {
    "size_bytes": ("How much it holds.", lambda found: found.f_blocks * found.f_frsize),
    "free_bytes": ("How much is free.", lambda found: found.f_bfree * found.f_frsize),
    "avail_bytes": ("How much is free for users other than root.", lambda found: found.f_bavail * found.f_frsize),
    "files": ("How many files it can hold.", lambda found: found.f_files),
    "files_free": ("How many more files it can hold.", lambda found: found.f_ffree),
    "readonly": ("1: nothing can be written.", lambda found: int(bool(found.f_flag & os.ST_RDONLY))),
}


class Mount(Struct, frozen=True):
    """Something mounted somewhere."""

    device: str
    mountpoint: str
    fstype: str


def filesystem(_roots: Roots) -> Iterable[Metric]:
    """Gauges for each; one that cannot be asked has node_filesystem_device_error 1 and no other."""
    families = {name: Metric(f"node_filesystem_{name}", text, "gauge") for name, (text, _) in GAUGES.items()}
    error = Metric("node_filesystem_device_error", "1: the file system could not be asked.", "gauge")
    everything = (Mount(each.device, each.mountpoint, each.fstype) for each in psutil.disk_partitions(all=True))
    for mount in mounted(everything):
        labels = {"device": mount.device, "fstype": mount.fstype, "mountpoint": mount.mountpoint}
        try:
            found = os.statvfs(mount.mountpoint)
        except OSError:
            error.add_sample(error.name, labels, 1)
            continue
        error.add_sample(error.name, labels, 0)
        for name, (_, value) in GAUGES.items():
            families[name].add_sample(families[name].name, labels, value(found))
    return [*families.values(), error]


def mounted(everything: Iterable[Mount]) -> list[Mount]:
    """Those that keep something, each once: the last that was mounted at a place hides the others."""
    by_place = {mount.mountpoint: mount for mount in everything}
    return [
        mount
        for mount in by_place.values()
        if not (TYPES_LEFT_OUT.fullmatch(mount.fstype) or PLACES_LEFT_OUT.fullmatch(mount.mountpoint))
    ]


collector = reading("filesystem", filesystem)
