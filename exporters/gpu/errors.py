"""Errors of the memory (ECC), and those that the driver reports by number (XID)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress

from prometheus_client.metrics_core import Metric

from exporters.gpu.backend import NvmlFault
from exporters.gpu.fields import Field, Row, Source, families, missing, read
from exporters.gpu.session import Lost, Present, Session

TYPES = ("corrected", "uncorrected")
VOLATILE, AGGREGATE = 0, 1

XID_TOTAL = "gpu_xid_errors_total"

ECC = (
    Field(
        "gpu_ecc_enabled",
        "1: the memory's errors are detected and corrected.",
        (Source("nvmlDeviceGetEccMode", part=0),),
    ),
    *(
        Field(
            name, help_text, (Source("nvmlDeviceGetTotalEccErrors", (kind, counter)),), {"type": TYPES[kind]}, "counter"
        )
        for name, help_text, counter in (
            ("gpu_ecc_errors_total", "Memory errors since the driver was loaded.", VOLATILE),
            ("gpu_ecc_lifetime_errors_total", "Memory errors in the life of the GPU.", AGGREGATE),
        )
        for kind in range(len(TYPES))
    ),
)


class Errors:
    """Counts XID errors from the moment on from which it listens, also those of a GPU that was lost with them."""

    name = "errors"

    def __init__(self, session: Session) -> None:
        self._session = session
        self._generation = 0
        self._watched: dict[str, str] = {}
        """uuid → why it cannot be watched, empty where it is."""
        self._counts: dict[str, Counter[int]] = {}

    def collect(self, _deadline: float) -> Iterable[Metric]:
        """All families. Raises Absent without a driver or a GPU."""
        rows: list[Row] = []
        with self._session as session:
            present = session.present()
            self._listen(present)
            for uuid in present.gpus:
                with suppress(Lost):  # the collector `device` says so
                    rows += read(session, uuid, ECC)
        deaf: dict[tuple[str, ...], str] = {(uuid, XID_TOTAL): error for uuid, error in self._watched.items() if error}
        return [*families(rows), *self._xids(), *missing(deaf)]

    def close(self) -> None:
        """Let go of the driver."""
        self._session.close()

    def _listen(self, present: Present) -> None:
        if self._generation != self._session.generation:
            self._watched, self._generation = {}, self._session.generation
        for uuid in [uuid for uuid in present.gpus if uuid not in self._watched]:
            try:
                self._session.backend.watch(uuid)
            except NvmlFault as fault:
                self._watched[uuid] = fault.error
            else:
                self._watched[uuid] = ""
                self._counts.setdefault(uuid, Counter())
        try:
            events = self._session.backend.events()
        except NvmlFault as fault:
            self._session.note(fault.error)
            return
        for event in events:
            self._counts.setdefault(event.device, Counter())[event.xid] += 1

    def _xids(self) -> Iterable[Metric]:
        total = Metric(XID_TOTAL, "XID errors since this exporter listens.", "counter")
        by_code = Metric(
            "gpu_xid_errors_by_code_total", "XID errors since this exporter listens, by their number.", "counter"
        )
        for uuid, counts in self._counts.items():
            total.add_sample(XID_TOTAL, {"uuid": uuid}, float(counts.total()))
            for xid, count in sorted(counts.items()):
                by_code.add_sample("gpu_xid_errors_by_code_total", {"uuid": uuid, "xid": str(xid)}, float(count))
        return [total, by_code]


def collector(session: Session) -> Errors:
    """The collector `errors`."""
    return Errors(session)
