"""Who computes or draws on each GPU or MIG instance, and how much of its memory each process holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from prometheus_client.metrics_core import Metric

from exporters.gpu.backend import Call, NvmlFault
from exporters.gpu.fields import missing
from exporters.gpu.mig import instances
from exporters.gpu.session import Lost, Session

KINDS = {
    "compute": ("nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetComputeRunningProcesses_v2"),
    "graphics": ("nvmlDeviceGetGraphicsRunningProcesses_v3", "nvmlDeviceGetGraphicsRunningProcesses_v2"),
    "mps": ("nvmlDeviceGetMPSComputeRunningProcesses_v3", "nvmlDeviceGetMPSComputeRunningProcesses_v2"),
}
"""Kind → how newer drivers are asked, and older ones. mps: clients of the Multi-Process Service, which NVML lists apart
from what else computes."""


class _Running(NamedTuple):
    """The processes of one kind on one device, or the error because of which they are not known."""

    place: str
    kind: str
    processes: Mapping[int, tuple[str, int | None]] = {}
    """Pid → name, and bytes of memory; None where NVML cannot tell."""
    error: str = ""


class Processes:
    """A process of several kinds is listed in each."""

    name = "processes"

    def __init__(self, session: Session) -> None:
        self._session = session

    def collect(self, _deadline: float) -> Iterable[Metric]:
        """All families. Raises Absent without a driver or a GPU."""
        found: list[_Running] = []
        with self._session as session:
            for gpu in session.present().gpus:
                with suppress(Lost):  # the collector `device` says so
                    places = [mig.uuid for mig in instances(session, gpu).found] or [gpu]
                    found += [self._running(place, kind) for place in places for kind in KINDS]
        return _families(found)

    def close(self) -> None:
        """Let go of the driver."""
        self._session.close()

    def _running(self, place: str, kind: str) -> _Running:
        newer, older = KINDS[kind]
        try:
            processes = self._asked(Call(newer, place), Call(older, place))
        except NvmlFault as fault:
            return _Running(place, kind, error=fault.error)
        return _Running(place, kind, {pid: (self._name(pid), held) for pid, held in _held(processes).items()})

    def _asked(self, newer: Call, older: Call) -> Any:
        try:
            return self._session.ask(newer)
        except NvmlFault as fault:
            if fault.error != "function_not_found":
                raise
        return self._session.ask(older)

    def _name(self, pid: int) -> str:
        """The program's file, without its folder and its arguments; empty when it is hidden from us."""
        try:
            words = self._session.ask(Call("nvmlSystemGetProcessName", arguments=(pid,))).split()
        except NvmlFault:
            return ""
        return PurePosixPath(words[0]).name if words else ""


def _held(processes: Iterable[Mapping[str, Any]]) -> dict[int, int | None]:
    """Pid → bytes. Of a GPU under MIG a process is listed for each instance it is in; its memory is their sum."""
    sums: dict[int, int | None] = {}
    for each in processes:
        pid, held = each["pid"], each["usedGpuMemory"]
        before = sums.get(pid, 0)
        sums[pid] = None if held is None or before is None else before + held
    return sums


def _families(found: Iterable[_Running]) -> list[Metric]:
    count = Metric("gpu_processes", "Processes on the GPU.", "gauge")
    memory = Metric("gpu_process_memory_bytes", "Device memory that a process holds; the pid is the host's.", "gauge")
    for running in found:
        labels = {"uuid": running.place, "type": running.kind}
        if not running.error:
            count.add_sample(count.name, labels, float(len(running.processes)))
        for pid, (name, held) in running.processes.items():
            if held is not None:
                memory.add_sample(memory.name, {**labels, "pid": str(pid), "process": name}, float(held))
    return [
        count,
        memory,
        *missing({(running.place, count.name, running.kind): running.error for running in found if running.error}),
    ]


def collector(session: Session) -> Processes:
    """The collector `processes`."""
    return Processes(session)
