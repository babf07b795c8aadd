"""The MIG instances of a GPU: parts of it that work apart, each with a uuid and memory of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from exporters.gpu.backend import Call, NvmlFault
from exporters.gpu.fields import UNKNOWN_HERE
from exporters.gpu.session import Session

ENABLED = 1

EMPTY_PLACE = ("not_found", "invalid_argument")
"""What NVML answers for a place at which no instance is."""


class Instance(Struct, frozen=True):
    """A MIG instance."""

    uuid: str
    index: int
    """Within its GPU."""
    name: str
    gpu_instance: str
    compute_instance: str


class Instances(Struct, frozen=True):
    """The instances of a GPU, as far as they could be told."""

    found: tuple[Instance, ...] = ()
    unknown: Mapping[str, str] = {}
    """What could not be told → NVML's error: `mig`, whether there are any; `mig 1`, whether one is at this place."""


def instances(session: Session, gpu: str) -> Instances:
    """Those of a GPU; none where MIG is off, or not known to the device. Raises Lost."""
    try:
        if session.ask(Call("nvmlDeviceGetMigMode", gpu))[0] != ENABLED:
            return Instances()
        count = session.ask(Call("nvmlDeviceGetMaxMigDeviceCount", gpu))
    except NvmlFault as fault:
        return Instances(unknown={} if fault.error in UNKNOWN_HERE else {"mig": fault.error})
    found, unknown = [], {}
    for index in range(count):
        place = f"{gpu}/{index}"
        try:
            found.append(_instance(session, place, index, session.ask(Call("nvmlDeviceGetUUID", place))))
        except NvmlFault as fault:
            if fault.error not in EMPTY_PLACE:
                unknown[f"mig {index}"] = fault.error
    return Instances(tuple(found), unknown)


def _instance(session: Session, place: str, index: int, uuid: Any) -> Instance:
    return Instance(
        uuid,
        index,
        _word(session, "nvmlDeviceGetName", place),
        _word(session, "nvmlDeviceGetGpuInstanceId", place),
        _word(session, "nvmlDeviceGetComputeInstanceId", place),
    )


def _word(session: Session, function: str, place: str) -> str:
    try:
        return str(session.ask(Call(function, place)))
    except NvmlFault:
        return ""
