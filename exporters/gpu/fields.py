"""What becomes a sample: for each metric the question, and how the raw answer turns into base units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from prometheus_client.metrics_core import Metric

from exporters.gpu.backend import Call, NvmlFault
from exporters.gpu.session import Session

PERCENT, MILLI = 100, 1000
"""So many make one."""

MEGA, KILO, KIBI = 1_000_000, 1000, 1024

UNKNOWN_HERE = ("function_not_found", "not_supported", "argument_version_mismatch", "not_recorded")
"""The driver or the device does not know this question; another way of asking may do."""


class Source(Struct, frozen=True):
    """One way to learn a value."""

    function: str
    arguments: tuple[Any, ...] = ()
    part: str | int | None = None
    """Which member of a struct or list; None: the answer itself."""
    times: int = 1
    per: int = 1
    """The base unit is the answer times the one, by the other."""
    bit: int | None = None
    """Not the number, but whether this bit of it is set: 0 or 1."""

    def value(self, raw: Any) -> float | None:
        """The value of a raw answer; None where NVML has none."""
        part = raw if self.part is None or raw is None else raw[self.part]
        if part is None:
            return None
        return float(part & self.bit != 0) if self.bit is not None else part * self.times / self.per


class Field(Struct, frozen=True):
    """A sample of each device that has it."""

    metric: str
    help: str
    sources: tuple[Source, ...]
    """In order; the first that the device and its driver know."""
    labels: Mapping[str, str] = {}
    kind: str = "gauge"


class Row(Struct, frozen=True):
    """What came of a field on one device: a value, or the error because of which there is none."""

    device: str
    field: Field
    value: float | None = None
    error: str = ""


def read(session: Session, device: str, fields: Iterable[Field]) -> list[Row]:
    """Ask everything of a device. Each question is asked once, however many fields come from it. Raises Lost."""
    answers: dict[Call, Any] = {}
    return [_read(session, device, field, answers) for field in fields]


def _read(session: Session, device: str, field: Field, answers: dict[Call, Any]) -> Row:
    errors: list[str] = []
    for source in field.sources:
        call = Call(source.function, device, source.arguments)
        if call not in answers:
            answers[call] = _asked(session, call)
        answer = answers[call]
        if not isinstance(answer, NvmlFault):
            value = source.value(answer)
            return Row(device, field, value, "" if value is not None else "no_data")
        if answer.error not in UNKNOWN_HERE:
            return Row(device, field, error=answer.error)
        errors.append(answer.error)
    return Row(device, field, error=errors[0])


def _asked(session: Session, call: Call) -> Any:
    try:
        return session.ask(call)
    except NvmlFault as fault:
        return fault


def families(rows: Sequence[Row]) -> list[Metric]:
    """A family for each metric, with the values that there are; and one that names those that there are not."""
    found: dict[str, Metric] = {}
    for row in rows:
        if row.value is not None:
            metric = found.setdefault(row.field.metric, Metric(row.field.metric, row.field.help, row.field.kind))
            metric.add_sample(row.field.metric, {"uuid": row.device, **row.field.labels}, row.value)
    errors = {
        (row.device, row.field.metric, *row.field.labels.values()): row.error for row in rows if row.value is None
    }
    return [*found.values(), *missing(errors)]


def missing(errors: Mapping[tuple[str, ...], str]) -> list[Metric]:
    """(uuid, metric, value of its further label if it has one) → the error because of which it is not shown."""
    metric = Metric("gpu_metric_missing", "1: this GPU does not tell what the metric needs, or not now; why.", "gauge")
    for (device, name, *of), error in errors.items():
        metric.add_sample(metric.name, {"uuid": device, "metric": name, "of": "".join(of), "error": error}, 1.0)
    return [metric]
