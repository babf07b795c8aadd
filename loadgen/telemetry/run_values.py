"""What only the orchestrator knows of a run (its start, its end, what was computed), for the telemetry process to show.

The file holds 64-bit floats, each 0 until it is set; a value is stored beside a flag, so that 0 can be one. The name of
a resource, which nobody knows beforehand, has a place of fixed size after them; its time, set last, is its flag.
"""

from __future__ import annotations

from pathlib import Path

from loadgen.model.measured import Saturation
from loadgen.model.plan import Plan
from loadgen.model.verdict import FAIL, INVALID, PASS
from loadgen.telemetry.layout import layout_of
from loadgen.telemetry.memory import create_file, map_file, run_file

VERDICTS = (PASS, FAIL, INVALID)

_START, _STOP, _FINISHED, _VERDICT, _SATURATED, _CRITERIA = range(6)

_NAME_SLOTS = 64
"""Of the resource's name: 512 bytes. A longer one is cut."""


def _numbers(plan: Plan) -> int:
    return _CRITERIA + 4 * len(plan.criteria)


def create(work: Path, plan: Plan) -> None:
    """Make the file, nothing set. Raises OSError."""
    create_file(run_file(work), layout_of(plan).fingerprint, _numbers(plan) + _NAME_SLOTS)


class RunValues:
    """The run's own values: written by the orchestrator, read by the telemetry process."""

    def __init__(self, slots: memoryview[float], name: memoryview[int], plan: Plan) -> None:
        self._slots = slots
        self._name = name
        self._places = {c.id: _CRITERIA + 4 * index for index, c in enumerate(plan.criteria)}

    @classmethod
    def open(cls, work: Path, plan: Plan, *, writable: bool = True) -> RunValues:
        """Map the file of the run. Raises memory.CounterFileError."""
        numbers = _numbers(plan)
        view = map_file(run_file(work), layout_of(plan).fingerprint, numbers + _NAME_SLOTS, writable=writable)
        return cls(view[: 8 * numbers].cast("d"), view[8 * numbers :], plan)

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
