"""Every collector of the host exporter over a machine of fixed files: the golden text, and the cases beside it."""

from __future__ import annotations

import argparse
import os
import shutil
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from exporters.core.collector import NOT_HERE, Absent, Collector
from exporters.core.exposition import family, text
from exporters.host.command import EXPORTER
from exporters.host.container import container
from exporters.host.cpu import Cpu
from exporters.host.diskstats import diskstats
from exporters.host.filesystem import Mount, filesystem, mounted
from exporters.host.netclass import netclass
from exporters.host.pressure import pressure
from exporters.host.reading import Reading, Roots

FOLDER = Path(__file__).parent
MACHINE = FOLDER / "machine"

OWN_TESTS = ("processes",)
"""Collectors that need processes, and have their golden texts where those are made."""


@pytest.fixture
def machine(tmp_path: Path) -> Roots:
    """A copy of the machine, to be changed."""
    shutil.copytree(MACHINE, tmp_path / "machine")
    return Roots(proc=tmp_path / "machine/proc", sys=tmp_path / "machine/sys")


@pytest.fixture(autouse=True)
def fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no file: the clock, the kernel's name, the mounted disks."""
    system = os.uname_result(("Linux", "june", "6.1.0-18-amd64", '#1 SMP "Debian"', "x86_64"))
    monkeypatch.setattr(os, "uname", lambda: system)
    monkeypatch.setattr(time, "time", lambda: 1_700_000_123.25)
    disks = [("/dev/vda1", "/", "ext4"), ("tmpfs", "/run", "tmpfs"), ("host:/x", "/mnt/gone", "nfs4")]
    parts = [SimpleNamespace(device=device, mountpoint=place, fstype=kind) for device, place, kind in disks]
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: parts)  # noqa: A006 - psutil's name
    monkeypatch.setattr(os, "statvfs", space)


def space(place: str) -> SimpleNamespace:
    """Of a disk that is full for users, of a read-only one, and of a server that is gone."""
    if place == "/mnt/gone":
        raise OSError(116, "Stale file handle")
    flags = os.ST_RDONLY if place == "/run" else 0
    return SimpleNamespace(f_blocks=1000, f_frsize=4096, f_bfree=50, f_bavail=0, f_files=900, f_ffree=800, f_flag=flags)


def collectors() -> list[Collector]:
    made = EXPORTER.collectors(argparse.Namespace(group=[]))
    return [each for each in made if each.name not in OWN_TESTS]


def shown(collector: Collector) -> str:
    return text(found for each in collector.collect(0.0) if (found := family(each))).decode()


@pytest.mark.parametrize("collector", collectors(), ids=lambda each: each.name)
def test_the_text_is_the_golden_one(collector: Collector):
    """Dashboards and rules build on this text. After a wanted change: UPDATE_GOLDEN=1 pytest tests/exporters."""
    collector._roots = Roots(proc=MACHINE / "proc", sys=MACHINE / "sys")  # type: ignore[attr-defined]
    golden = FOLDER / "golden" / f"{collector.name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(shown(collector))
    assert shown(collector) == golden.read_text()


def test_every_golden_text_belongs_to_a_collector():
    assert {path.stem for path in (FOLDER / "golden").glob("*.txt")} - set(OWN_TESTS) == {c.name for c in collectors()}


@pytest.mark.parametrize("collector", [c for c in collectors() if isinstance(c, Reading)], ids=lambda each: each.name)
def test_a_collector_whose_files_this_kernel_lacks_is_absent_or_needs_none(collector: Reading, tmp_path: Path):
    collector._roots = Roots(proc=tmp_path / "proc", sys=tmp_path / "sys")
    if collector.name in ("clock", "filesystem"):
        assert shown(collector)
        return
    with pytest.raises(Absent) as absent:
        shown(collector)
    assert absent.value.reason == NOT_HERE
    assert str(tmp_path) in str(absent.value) or "psi=1" in str(absent.value)


def seconds(cpu: Cpu, mode: str) -> float:
    (family_,) = [each for each in cpu.collect(0.0) if each.name == "node_cpu_seconds_total"]
    (value,) = [s.value for s in family_.samples if s.labels == {"cpu": "0", "mode": mode}]
    return value


def test_cpu_seconds_wait_while_the_kernel_steps_back_and_start_anew_with_a_new_processor(machine: Roots):
    cpu = Cpu(machine)

    def set_iowait(ticks: int) -> None:
        (machine.proc / "stat").write_text(f"cpu0 5000 20 1500 160000 {ticks} 0 200 15 30 10\n")

    seen = []
    for ticks in (700, 699, 650, 701, 300):
        set_iowait(ticks)
        seen.append(seconds(cpu, "iowait"))
    assert seen == [7.0, 7.0, 7.0, 7.01, 3.0]


def test_a_kernel_from_before_guests_and_steal_has_fewer_modes(machine: Roots):
    (machine.proc / "stat").write_text("cpu0 5000 20 1500 160000 700 0 200\n")
    assert {s.labels["mode"] for each in Cpu(machine).collect(0.0) for s in each.samples} == {
        "user",
        "nice",
        "system",
        "idle",
        "iowait",
        "irq",
        "softirq",
    }


def test_a_disk_is_shown_once_and_not_by_its_partitions(machine: Roots):
    devices = {sample.labels["device"] for metric in diskstats(machine) for sample in metric.samples}
    assert devices == {"nvme0n1", "sdb"}


def test_a_column_that_an_older_kernel_lacks_is_left_out_and_no_0(machine: Roots):
    (flushes,) = [metric for metric in diskstats(machine) if metric.name == "node_disk_flush_requests_total"]
    assert [sample.labels["device"] for sample in flushes.samples] == ["nvme0n1"]


def test_a_speed_that_nobody_knows_is_left_out(machine: Roots):
    (speed,) = [metric for metric in netclass(machine) if metric.name == "node_network_speed_bytes"]
    assert [(sample.labels["device"], sample.value) for sample in speed.samples] == [("eth0", 1_250_000_000)]


def test_of_disks_mounted_over_each_other_only_the_one_to_be_seen_is_shown():
    below, above = Mount("/dev/vda1", "/data", "ext4"), Mount("/dev/vdb1", "/data", "xfs")
    assert mounted([below, above]) == [above]


def test_what_keeps_nothing_is_no_disk():
    assert mounted([Mount("proc", "/proc", "proc"), Mount("tmpfs", "/dev/shm", "tmpfs")]) == []
    assert mounted([Mount("overlay", "/", "overlay"), Mount("/dev/vda1", "/var/lib/docker/x", "ext4")]) == []


def test_a_server_that_is_gone_is_an_error_of_its_own_file_system_alone(machine: Roots):
    shown_for = {
        (metric.name, sample.labels["mountpoint"]): sample.value
        for metric in filesystem(machine)
        for sample in metric.samples
    }
    assert shown_for["node_filesystem_device_error", "/mnt/gone"] == 1
    assert ("node_filesystem_size_bytes", "/mnt/gone") not in shown_for
    assert shown_for["node_filesystem_device_error", "/"] == 0


def test_pressure_that_was_switched_off_is_absent(machine: Roots, monkeypatch: pytest.MonkeyPatch):
    def unsupported(_path: Path) -> str:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("exporters.host.pressure.contents", unsupported)
    with pytest.raises(Absent):
        list(pressure(machine))


def test_pressure_that_may_not_be_read_is_a_failure(machine: Roots, monkeypatch: pytest.MonkeyPatch):
    def forbidden(_path: Path) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("exporters.host.pressure.contents", forbidden)
    with pytest.raises(PermissionError):
        list(pressure(machine))


def names_of_container(machine: Roots) -> set[str]:
    return {metric.name for metric in container(machine)}


def test_a_container_without_a_limit_shows_none(machine: Roots):
    (machine.sys / "fs/cgroup/cpu.max").write_text("max 100000\n")
    (machine.sys / "fs/cgroup/memory.max").write_text("max\n")
    names = names_of_container(machine)
    assert "container_spec_cpu_period" in names
    assert not names & {"container_spec_cpu_quota", "container_spec_memory_limit_bytes"}


def test_a_controller_that_was_not_handed_down_has_no_families(machine: Roots):
    for path in (machine.sys / "fs/cgroup").glob("memory.*"):
        path.unlink()
    names = names_of_container(machine)
    assert "container_cpu_usage_seconds_total" in names
    assert not any(name.startswith("container_memory") for name in names)


def test_the_machine_itself_is_no_container(machine: Roots):
    (machine.sys / "fs/cgroup/cgroup.type").unlink()
    with pytest.raises(Absent):
        list(container(machine))
