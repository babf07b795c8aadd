"""What only the orchestrator knows of a run (its start, its end, what was computed), for the telemetry process to show.

The file holds 64-bit floats, each 0 until it is set; a value is stored beside a flag, so that 0 can be one. After them
there are two places for text that nobody knows beforehand. The name of a resource: its time, set last, is its flag. The
reasons why a run is invalid: the verdict is.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from loadgen.model.measured import Saturation
from loadgen.model.plan import Plan
from loadgen.model.verdict import FAIL, INVALID, PASS
from loadgen.telemetry.layout import layout_of
from loadgen.telemetry.memory import create_file, map_file, run_file

VERDICTS = (PASS, FAIL, INVALID)

_START, _STOP, _FINISHED, _VERDICT, _SATURATED, _CRITERIA = range(6)

END = b"\0"
"""After each reason."""

_NAME_SLOTS = 64
"""Of the resource's name: 512 bytes. A longer one is cut."""

_REASON_SLOTS = 128
"""Of the reasons beside those that name a criterion: 1024 bytes. Of more the last are left out."""


def _numbers(plan: Plan) -> int:
    return _CRITERIA + 4 * len(plan.criteria)


def _slots(plan: Plan) -> int:
    """Of the whole file. A reason that names a criterion is its id and a word of less than three slots."""
    named = sum(4 + len(criterion.id.encode()) // 8 for criterion in plan.criteria)
    return _numbers(plan) + _NAME_SLOTS + _REASON_SLOTS + named


def create(work: Path, plan: Plan) -> None:
    """Make the file, nothing set. Raises OSError."""
    create_file(run_file(work), layout_of(plan).fingerprint, _slots(plan))


class RunValues:
    """The run's own values: written by the orchestrator, read by the telemetry process."""

    def __init__(self, slots: memoryview[float], text: memoryview[int], plan: Plan) -> None:
        self._slots = slots
        self._name, self._reasons = text[: 8 * _NAME_SLOTS], text[8 * _NAME_SLOTS :]
        self._places = {c.id: _CRITERIA + 4 * index for index, c in enumerate(plan.criteria)}

    @classmethod
    def open(cls, work: Path, plan: Plan, *, writable: bool = True) -> RunValues:
        """Map the file of the run. Raises memory.CounterFileError."""
        numbers = 8 * _numbers(plan)
        view = map_file(run_file(work), layout_of(plan).fingerprint, _slots(plan), writable=writable)
        return cls(view[:numbers].cast("d"), view[numbers:], plan)

    def start(self, unix: float) -> None:
        """The plan's clock stands at 0 at `unix`, in Unix seconds; it may lie ahead."""
        self._slots[_START] = unix

    def stop(self, unix: float) -> None:
        """The load was ended early, at `unix`: from then on the phase is cooldown and no users are wanted."""
        self._slots[_STOP] = unix

    def finish(self) -> None:
        """The plan ran to its end and every worker has delivered its last count."""
        self._slots[_FINISHED] = 1.0

    def criterion_value(self, criterion: str, value: float) -> None:
        """What was measured for a criterion that PromQL cannot express; +Inf is never. KeyError for an unknown one."""
        self._set(self._places[criterion], value)

    def recovery(self, criterion: str, seconds: float) -> None:
        """Seconds from the end of the spike until the target was back; +Inf is never. KeyError for an unknown one."""
        self._set(self._places[criterion] + 2, seconds)

    def saturation(self, found: Saturation | None, start: float | None) -> None:
        """What gave way first, if anything did, in a load that began at `start` (Unix seconds). To be set once."""
        if found is None or found.first is None or found.at is None or start is None:
            return
        name = found.first.encode()[: len(self._name)].decode(errors="ignore").encode()
        self._name[: len(name)] = name
        self._slots[_SATURATED] = start + found.at

    def invalid(self, reasons: Sequence[str]) -> None:
        """Why the run is invalid, to be set once and before the verdict, with which it is shown."""
        text = b""
        for reason in reasons:
            more = reason.encode().replace(END, b"") + END
            if len(text) + len(more) > len(self._reasons):
                break
            text += more
        self._reasons[: len(text)] = text

    def verdict(self, name: str) -> None:
        """PASS, FAIL or INVALID; ValueError for anything else."""
        self._slots[_VERDICT] = 1.0 + VERDICTS.index(name)

    def _set(self, place: int, value: float) -> None:
        self._slots[place] = value
        self._slots[place + 1] = 1.0

    @property
    def started(self) -> float | None:
        """Unix seconds of the start; None before it is known."""
        return self._slots[_START] or None

    @property
    def stopped(self) -> float | None:
        """Unix seconds of an early end; None without one."""
        return self._slots[_STOP] or None

    @property
    def finished(self) -> bool:
        """Whether `finish` was called."""
        return bool(self._slots[_FINISHED])

    @property
    def given_verdict(self) -> str | None:
        """The verdict; None before there is one."""
        place = int(self._slots[_VERDICT])
        return VERDICTS[place - 1] if place else None

    @property
    def why_invalid(self) -> tuple[str, ...]:
        """The reasons, once there is a verdict; none for a run that passed or failed."""
        known = bytes(self._reasons).rstrip(END) if self._slots[_VERDICT] else b""
        return tuple(reason.decode() for reason in known.split(END)) if known else ()

    @property
    def first_saturation(self) -> tuple[str, float] | None:
        """The resource that gave way first, and when, in Unix seconds; None when none did or it is not known yet."""
        at = self._slots[_SATURATED]
        return (bytes(self._name).rstrip(b"\0").decode(), at) if at else None

    @property
    def criterion_values(self) -> dict[str, float]:
        """By criterion, those that were set."""
        return {c: self._slots[place] for c, place in self._places.items() if self._slots[place + 1]}

    @property
    def recoveries(self) -> dict[str, float]:
        """By criterion, those that were set."""
        return {c: self._slots[place + 2] for c, place in self._places.items() if self._slots[place + 3]}
