"""Whether each GPU answers, what it is, and its state: utilisation, memory, power, temperature, clocks, throttling."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.metrics_core import Metric

from exporters.gpu.backend import Call, NvmlFault
from exporters.gpu.fields import MEGA, MILLI, PERCENT, Field, Row, Source, families, missing, read
from exporters.gpu.mig import Instance, instances
from exporters.gpu.session import Lost, Present, Session

MEMORY_V2 = 0x02000028
"""The version of NVML's second memory struct, which knows reserved memory apart."""

MEMORY_TEMPERATURE = 82
"""A value that has a number instead of a function."""

CLOCKS = {"graphics": 0, "sm": 1, "memory": 2, "video": 3}

THROTTLE_REASONS = (
    "gpu_idle",
    "applications_clocks_setting",
    "sw_power_cap",
    "hw_slowdown",
    "sync_boost",
    "sw_thermal_slowdown",
    "hw_thermal_slowdown",
    "hw_power_brake_slowdown",
    "display_clock_setting",
)
"""In the order of their bits."""


def _memory(part: str, help_text: str) -> Field:
    sources = (
        Source("nvmlDeviceGetMemoryInfo", (MEMORY_V2,), part=part),
        *([] if part == "reserved" else [Source("nvmlDeviceGetMemoryInfo", part=part)]),
    )
    return Field(f"gpu_memory_{part}_bytes", help_text, sources)


def _throttle(bit: int, reason: str) -> Field:
    functions = ("nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons")
    sources = tuple(Source(function, bit=1 << bit) for function in functions)
    return Field("gpu_throttle_reason", "1: the clocks are lower for this reason.", sources, {"reason": reason})


MEMORY = (
    _memory("used", "Device memory in use; with drivers older than 510 including what is reserved."),
    _memory("free", "Device memory that is free."),
    _memory("reserved", "Device memory that the driver and the firmware keep for themselves."),
    _memory("total", "Device memory."),
)
"""What a MIG instance has too."""

FIELDS = (
    Field(
        "gpu_utilization_ratio",
        "Share of the time in which any kernel ran; says nothing of how much of the GPU it used.",
        (Source("nvmlDeviceGetUtilizationRates", part="gpu", per=PERCENT),),
    ),
    Field(
        "gpu_memory_copy_utilization_ratio",
        "Share of the time in which device memory was read or written.",
        (Source("nvmlDeviceGetUtilizationRates", part="memory", per=PERCENT),),
    ),
    Field(
        "gpu_encoder_utilization_ratio",
        "Utilisation of the video encoder.",
        (Source("nvmlDeviceGetEncoderUtilization", part=0, per=PERCENT),),
    ),
    Field(
        "gpu_decoder_utilization_ratio",
        "Utilisation of the video decoder.",
        (Source("nvmlDeviceGetDecoderUtilization", part=0, per=PERCENT),),
    ),
    *MEMORY,
    Field("gpu_power_watts", "Power draw.", (Source("nvmlDeviceGetPowerUsage", per=MILLI),)),
    Field("gpu_power_limit_watts", "Power limit in force.", (Source("nvmlDeviceGetEnforcedPowerLimit", per=MILLI),)),
    Field(
        "gpu_energy_joules_total",
        "Energy used since the driver was loaded.",
        (Source("nvmlDeviceGetTotalEnergyConsumption", per=MILLI),),
        kind="counter",
    ),
    Field(
        "gpu_temperature_celsius",
        "Temperature of the GPU's core.",
        (Source("nvmlDeviceGetTemperature", (0,)), Source("nvmlDeviceGetTemperatureV1", (0,))),
    ),
    Field(
        "gpu_memory_temperature_celsius",
        "Temperature of the device memory.",
        (Source("nvmlDeviceGetFieldValues", (MEMORY_TEMPERATURE, 0)),),
    ),
    Field(
        "gpu_slowdown_temperature_celsius",
        "From this temperature on the hardware slows the clocks down.",
        (Source("nvmlDeviceGetTemperatureThreshold", (1,)),),
    ),
    Field(
        "gpu_shutdown_temperature_celsius",
        "At this temperature the GPU shuts down.",
        (Source("nvmlDeviceGetTemperatureThreshold", (0,)),),
    ),
    *(
        Field(
            "gpu_clock_hertz",
            "Clock now.",
            (Source("nvmlDeviceGetClockInfo", (number,), times=MEGA),),
            {"clock": name},
        )
        for name, number in CLOCKS.items()
    ),
    *(
        Field(
            "gpu_clock_max_hertz",
            "Highest clock.",
            (Source("nvmlDeviceGetMaxClockInfo", (number,), times=MEGA),),
            {"clock": name},
        )
        for name, number in CLOCKS.items()
    ),
    *(_throttle(bit, reason) for bit, reason in enumerate(THROTTLE_REASONS)),
)


class Device:
    """Says of every GPU that was ever seen whether it answers; the rest only of those that do."""

    name = "device"

    def __init__(self, session: Session) -> None:
        self._session = session

    def collect(self, _deadline: float) -> Iterable[Metric]:
        """All families. Raises Absent without a driver or a GPU."""
        with self._session as session:
            present = session.present()
            lost, rows, info = dict(present.lost), [], _info()
            unknown: dict[tuple[str, ...], str] = {}
            for uuid, index in present.gpus.items():
                try:
                    found = self._rows(uuid)
                    inside = instances(session, uuid)
                    found += [row for mig in inside.found for row in read(session, mig.uuid, MEMORY)]
                    self._tell(info, uuid, index, inside.found)
                except Lost as gone:
                    lost[uuid] = gone.error
                else:
                    rows += found
                    unknown |= {(uuid, info.name, what): error for what, error in inside.unknown.items()}
            return [*_up(present, lost), info, *families(rows), *missing(unknown)]

    def close(self) -> None:
        """Let go of the driver."""
        self._session.close()

    def _rows(self, uuid: str) -> list[Row]:
        """Raises Lost also when the GPU tells nothing at all."""
        rows = read(self._session, uuid, FIELDS)
        if all(row.value is None for row in rows):
            self._session.note(rows[0].error)
            raise Lost(rows[0].error)
        return rows

    def _tell(self, info: Metric, uuid: str, index: int, inside: Iterable[Instance]) -> None:
        name, driver = self._word("nvmlDeviceGetName", uuid), self._word("nvmlSystemGetDriverVersion", "")
        bus = self._word("nvmlDeviceGetPciInfo", uuid, "busId")
        about = {"name": name, "index": str(index), "pci_bus_id": bus, "driver_version": driver}
        info.add_sample(
            info.name, {"uuid": uuid, **about, "parent": "", "gpu_instance": "", "compute_instance": ""}, 1.0
        )
        for mig in inside:
            of = {"parent": uuid, "gpu_instance": mig.gpu_instance, "compute_instance": mig.compute_instance}
            info.add_sample(
                info.name, {"uuid": mig.uuid, **about, "name": mig.name, "index": str(mig.index), **of}, 1.0
            )

    def _word(self, function: str, device: str, part: str | None = None) -> str:
        """A text, empty where there is none."""
        try:
            answer = self._session.ask(Call(function, device))
        except NvmlFault:
            return ""
        return str(answer if part is None else answer[part])


def _info() -> Metric:
    return Metric("gpu_info", "1; what is to be known of a GPU or a MIG instance, which has a `parent`.", "gauge")


def _up(present: Present, lost: dict[str, str]) -> Iterable[Metric]:
    up = Metric("gpu_up", "1: the GPU answers; 0: it was there before and does not.", "gauge")
    error = Metric("gpu_error", "1: why a GPU does not answer; without a uuid: one that has not told it.", "gauge")
    for uuid in sorted({*present.gpus, *lost}):
        up.add_sample(up.name, {"uuid": uuid}, float(uuid not in lost))
    for uuid, reason in sorted(lost.items()):
        error.add_sample(error.name, {"uuid": uuid, "error": reason}, 1.0)
    for reason in sorted(set(present.nameless)):
        error.add_sample(error.name, {"uuid": "", "error": reason}, float(present.nameless.count(reason)))
    return [up, error]


def collector(session: Session) -> Device:
    """The collector `device`."""
    return Device(session)
