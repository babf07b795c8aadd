"""The MIG instances of a GPU: parts of it that work apart, each with a uuid and memory of its own."""

from __future__ import annotations

from msgspec import Struct

from exporters.gpu.backend import Call, NvmlFault
from exporters.gpu.session import Session

ENABLED = 1


class Instance(Struct, frozen=True):
    """A MIG instance."""

    uuid: str
    index: int
    """Within its GPU."""
    name: str
    gpu_instance: str
    compute_instance: str


def instances(session: Session, gpu: str) -> list[Instance]:
    """Those of a GPU; none where MIG is off or unknown. Raises Lost."""
    try:
        if session.ask(Call("nvmlDeviceGetMigMode", gpu))[0] != ENABLED:
            return []
        count = session.ask(Call("nvmlDeviceGetMaxMigDeviceCount", gpu))
    except NvmlFault:
        return []
    return [found for index in range(count) if (found := _instance(session, gpu, index)) is not None]


def _instance(session: Session, gpu: str, index: int) -> Instance | None:
    place = f"{gpu}/{index}"
    try:
        uuid = session.ask(Call("nvmlDeviceGetUUID", place))
    except NvmlFault:  # not every place is taken
        return None
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
