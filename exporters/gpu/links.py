"""Traffic over PCIe and NVLink.

A collector of its own, since NVML watches for 20 ms to measure PCIe throughput, in each direction of each GPU.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from prometheus_client.metrics_core import Metric

from exporters.gpu.fields import KIBI, KILO, UNKNOWN_HERE, Field, Row, Source, families, read
from exporters.gpu.session import Lost, Session

MOST_LINKS = 36

NO_SUCH_LINK = ("invalid_argument", *UNKNOWN_HERE)
"""What NVML answers beyond a GPU's last link, or of one without NVLinks; any other error is about this link alone."""

NVLINK_SENT, NVLINK_RECEIVED = (138, 202), (139, 204)
"""Numbers of the counters: data in KiB, and in bytes, of which newer generations have only the latter."""

PCIE = tuple(
    Field(
        "gpu_pcie_throughput_bytes_per_second",
        "PCIe traffic of the GPU, over the last 20 ms.",
        (Source("nvmlDeviceGetPcieThroughput", (number,), times=KILO),),
        {"direction": direction},
    )
    for number, direction in enumerate(("transmitted", "received"))
)


def _state(link: int) -> Field:
    return Field(
        "gpu_nvlink_up", "1: the NVLink is active.", (Source("nvmlDeviceGetNvLinkState", (link,)),), {"link": str(link)}
    )


def _traffic(link: int) -> tuple[Field, ...]:
    directions = {"transmitted": NVLINK_SENT, "received": NVLINK_RECEIVED}
    return tuple(
        Field(
            f"gpu_nvlink_{direction}_bytes_total",
            f"Bytes {direction} over the NVLink.",
            (
                Source("nvmlDeviceGetFieldValues", (kibibytes, link), times=KIBI),
                Source("nvmlDeviceGetFieldValues", (plain_bytes, link)),
            ),
            {"link": str(link)},
            "counter",
        )
        for direction, (kibibytes, plain_bytes) in directions.items()
    )


class Links:
    """Of a GPU without NVLinks it says once that it has none."""

    name = "links"

    def __init__(self, session: Session) -> None:
        self._session = session

    def collect(self, _deadline: float) -> Iterable[Metric]:
        """All families. Raises Absent without a driver or a GPU."""
        rows: list[Row] = []
        with self._session as session:
            for uuid in session.present().gpus:
                with suppress(Lost):  # the collector `device` says so
                    rows += [*read(session, uuid, PCIE), *self._nvlinks(uuid)]
        return families(rows)

    def close(self) -> None:
        """Let go of the driver."""
        self._session.close()

    def _nvlinks(self, uuid: str) -> list[Row]:
        rows: list[Row] = []
        for link in range(MOST_LINKS):
            (state,) = read(self._session, uuid, [_state(link)])
            ends = state.error in NO_SUCH_LINK
            if not ends or link == 0:
                rows.append(state)
            if ends:
                break
            if state.value:
                rows += read(self._session, uuid, _traffic(link))
        return rows


def collector(session: Session) -> Links:
    """The collector `links`."""
    return Links(session)
