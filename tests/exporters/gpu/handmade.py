"""Answers written by hand after NVML's documentation: no device ever gave them.

They have the form of a recording, so that they go the same way as one; `source` says `handmade`. What is taken from the
documentation: which question a device may refuse and with which error, the raw units, and how a lost device answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exporters.core.collector import Collector
from exporters.core.exposition import family, text
from exporters.gpu.backend import Event
from exporters.gpu.command import collectors_of
from exporters.gpu.recording import FORMAT, Header, Moment, Recording
from exporters.gpu.replay import Origin, Replay
from exporters.gpu.session import Session

SERVER, DESKTOP, SPLIT = "GPU-aaaa", "GPU-bbbb", "GPU-cccc"

GIB = 1 << 30

XIDS = [Event(SERVER, 13), Event(SERVER, 31), Event(SERVER, 13)]
"""Errors that a GPU reports."""

Answers = dict[str, Any]


def refused(error: str) -> dict[str, str]:
    """An answer that is an error."""
    return {"error": error}


NO = refused("not_supported")


def server(uuid: str = SERVER) -> Answers:
    """A device for servers, which tells everything, at half its power and with two NVLinks, one of them active."""
    return {
        f"nvmlDeviceGetName({uuid})": "Handmade Server GPU",
        f"nvmlDeviceGetPciInfo({uuid})": {"busId": "00000000:3B:00.0", "domain": 0, "bus": 59},
        f"nvmlDeviceGetUtilizationRates({uuid})": {"gpu": 97, "memory": 41},
        f"nvmlDeviceGetEncoderUtilization({uuid})": [3, 167000],
        f"nvmlDeviceGetDecoderUtilization({uuid})": [0, 167000],
        f"nvmlDeviceGetMemoryInfo({uuid}, 33554472)": {
            "version": 33554472,
            "total": 80 * GIB,
            "reserved": GIB,
            "free": 19 * GIB,
            "used": 60 * GIB,
        },
        f"nvmlDeviceGetPowerUsage({uuid})": 351_250,
        f"nvmlDeviceGetEnforcedPowerLimit({uuid})": 700_000,
        f"nvmlDeviceGetTotalEnergyConsumption({uuid})": 12_345_678,
        f"nvmlDeviceGetTemperature({uuid}, 0)": 64,
        f"nvmlDeviceGetFieldValues({uuid}, 82, 0)": 71,
        f"nvmlDeviceGetTemperatureThreshold({uuid}, 1)": 87,
        f"nvmlDeviceGetTemperatureThreshold({uuid}, 0)": 92,
        **{f"nvmlDeviceGetClockInfo({uuid}, {n})": mhz for n, mhz in enumerate((1980, 1980, 2619, 1545))},
        **{f"nvmlDeviceGetMaxClockInfo({uuid}, {n})": mhz for n, mhz in enumerate((1980, 1980, 2619, 1545))},
        f"nvmlDeviceGetCurrentClocksEventReasons({uuid})": 0x4 | 0x20,
        f"nvmlDeviceGetMigMode({uuid})": [0, 0],
        f"nvmlDeviceGetPcieThroughput({uuid}, 0)": 1500,
        f"nvmlDeviceGetPcieThroughput({uuid}, 1)": 250,
        f"nvmlDeviceGetNvLinkState({uuid}, 0)": 1,
        f"nvmlDeviceGetNvLinkState({uuid}, 1)": 0,
        f"nvmlDeviceGetNvLinkState({uuid}, 2)": refused("invalid_argument"),
        f"nvmlDeviceGetFieldValues({uuid}, 138, 0)": 2048,
        f"nvmlDeviceGetFieldValues({uuid}, 139, 0)": 1024,
        f"nvmlDeviceGetEccMode({uuid})": [1, 1],
        f"nvmlDeviceGetTotalEccErrors({uuid}, 0, 0)": 2,
        f"nvmlDeviceGetTotalEccErrors({uuid}, 1, 0)": 0,
        f"nvmlDeviceGetTotalEccErrors({uuid}, 0, 1)": 9,
        f"nvmlDeviceGetTotalEccErrors({uuid}, 1, 1)": 1,
        f"nvmlDeviceGetComputeRunningProcesses_v3({uuid})": [
            {"pid": 4711, "usedGpuMemory": 59 * GIB, "gpuInstanceId": 4294967295, "computeInstanceId": 4294967295},
            {"pid": 4712, "usedGpuMemory": None, "gpuInstanceId": 4294967295, "computeInstanceId": 4294967295},
        ],
        f"nvmlDeviceGetGraphicsRunningProcesses_v3({uuid})": [],
        f"nvmlDeviceGetMPSComputeRunningProcesses_v3({uuid})": [
            {"pid": 4713, "usedGpuMemory": 100 << 20, "gpuInstanceId": 4294967295, "computeInstanceId": 4294967295},
        ],
        f"nvmlDeviceRegisterEvents({uuid})": None,
    }


def desktop(uuid: str = DESKTOP) -> Answers:
    """An idle device for desktops under an old driver: no ECC, no NVLink, no energy, the older memory struct."""
    told = {
        f"nvmlDeviceGetName({uuid})": "Handmade Desktop GPU",
        f"nvmlDeviceGetPciInfo({uuid})": {"busId": "00000000:5E:00.0", "domain": 0, "bus": 94},
        f"nvmlDeviceGetUtilizationRates({uuid})": {"gpu": 0, "memory": 0},
        f"nvmlDeviceGetMemoryInfo({uuid}, 33554472)": refused("function_not_found"),
        f"nvmlDeviceGetMemoryInfo({uuid})": {"total": 8 * GIB, "free": 7 * GIB, "used": GIB},
        f"nvmlDeviceGetPowerUsage({uuid})": 18_000,
        f"nvmlDeviceGetTemperature({uuid}, 0)": 38,
        f"nvmlDeviceGetClockInfo({uuid}, 0)": 210,
        f"nvmlDeviceGetClockInfo({uuid}, 2)": 405,
        f"nvmlDeviceGetCurrentClocksEventReasons({uuid})": refused("function_not_found"),
        f"nvmlDeviceGetCurrentClocksThrottleReasons({uuid})": 0x1,
        f"nvmlDeviceGetComputeRunningProcesses_v3({uuid})": refused("no_permission"),
        f"nvmlDeviceGetGraphicsRunningProcesses_v3({uuid})": [{"pid": 990, "usedGpuMemory": 200 << 20}],
        f"nvmlDeviceRegisterEvents({uuid})": NO,
    }
    return {key.replace(SERVER, uuid): NO for key in server()} | told


def split(uuid: str = SPLIT) -> Answers:
    """A device under MIG with one instance, at the second of two places: utilisation is not supported then."""
    mig = "MIG-dddd"
    return server(uuid) | {
        f"nvmlDeviceGetUtilizationRates({uuid})": NO,
        f"nvmlDeviceGetMigMode({uuid})": [1, 1],
        f"nvmlDeviceGetMaxMigDeviceCount({uuid})": 2,
        f"nvmlDeviceGetUUID({uuid}/0)": refused("not_found"),
        f"nvmlDeviceGetUUID({uuid}/1)": mig,
        f"nvmlDeviceGetName({uuid}/1)": "Handmade Server GPU MIG 1g.10gb",
        f"nvmlDeviceGetGpuInstanceId({uuid}/1)": 7,
        f"nvmlDeviceGetComputeInstanceId({uuid}/1)": 0,
        f"nvmlDeviceGetMemoryInfo({mig}, 33554472)": {
            "total": 10 * GIB,
            "reserved": 0,
            "free": 8 * GIB,
            "used": 2 * GIB,
        },
        f"nvmlDeviceGetComputeRunningProcesses_v3({mig})": [{"pid": 4711, "usedGpuMemory": 2 * GIB}],
        f"nvmlDeviceGetGraphicsRunningProcesses_v3({mig})": NO,
        f"nvmlDeviceGetMPSComputeRunningProcesses_v3({mig})": [],
    }


def machine(**gpus: Answers | str) -> Answers:
    """A moment's answers. `gpus`: the devices by index; a text is the error that one answers with instead."""
    answers: Answers = {
        "nvmlInit()": None,
        "nvmlSystemGetDriverVersion()": "999.99.99",
        "nvmlSystemGetProcessName(4711)": "/usr/bin/python3.11 -m inference --token secret",
        "nvmlSystemGetProcessName(4713)": "/usr/bin/worker",
        "nvmlSystemGetProcessName(990)": refused("not_found"),
        "nvmlDeviceGetCount()": len(gpus),
    }
    for index, (uuid, told) in enumerate(gpus.items()):
        known = f"GPU-{uuid}"
        answers[f"nvmlDeviceGetUUID(#{index})"] = refused(told) if isinstance(told, str) else known
        answers |= {} if isinstance(told, str) else told
    return answers


def everything_says(error: str, answers: Mapping[str, Any], about: str = "") -> Answers:
    """The same answers, but those about a device (or all) are this error."""
    return {key: refused(error) if about in key else answer for key, answer in answers.items()}


def recording(*moments: Answers | tuple[Answers, list[Event]]) -> Recording:
    """A recording of these moments, a second apart."""
    told = [moment if isinstance(moment, tuple) else (moment, []) for moment in moments]
    return Recording(
        header=Header(
            recording=FORMAT, source="handmade", interval=1.0, about="written by hand, after the documentation"
        ),
        moments=tuple(Moment(at=float(at), answers=a, events=events) for at, (a, events) in enumerate(told)),
    )


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Exporter:
    """The collectors over such a recording, and a clock for both."""

    def __init__(self, *moments: Answers | tuple[Answers, list[Event]]) -> None:
        self.clock = Clock()
        served = recording(*moments)
        self.session = Session(Replay(served, self.clock), self.clock)
        every = [*collectors_of(self.session), Origin(served.header)]
        self.collectors: dict[str, Collector] = {each.name: each for each in every}

    def text(self, name: str) -> str:
        """A collector's text."""
        return text(found for each in self.collectors[name].collect(0.0) if (found := family(each))).decode()

    def values(self, name: str = "device") -> dict[tuple[str, ...], float]:
        """(metric, values of its labels …) → value."""
        samples = [sample for each in self.collectors[name].collect(0.0) for sample in each.samples]
        return {(sample.name, *sample.labels.values()): sample.value for sample in samples}
