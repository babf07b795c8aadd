"""The stand-in's own books: what it answered, by operation, and when."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from sim.operations import OPERATIONS, Operation

_LINE = msgspec.json.Encoder()


class Count(Struct):
    """One operation's books."""

    answered: int = 0
    """Every answer, errors among them."""
    errors: int = 0
    """Answers that told of an error, in whatever form; refusals too."""
    given_up: int = 0
    """Requests whose client went away before the answer; not among the answered."""


class Answered:
    """Counts by operation, and the record of times where one is wanted."""

    def __init__(self, record: Path | None = None) -> None:
        """`record`: JSON lines, one for each answer, written by `flush`. Raises OSError when it cannot be written."""
        self._counts = {o: Count() for o in OPERATIONS}
        self._record = record
        self._times: list[tuple[str, str, str, float, float]] = []
        if record is not None:
            record.write_bytes(b"")

    @property
    def recording(self) -> bool:
        """Whether times are kept."""
        return self._record is not None

    def settle(self, operation: Operation, request_id: str, received: float, now: float, *, failed: bool) -> None:
        """Book an answer. Times are CLOCK_MONOTONIC seconds."""
        count = self._counts[operation]
        count.answered += 1
        count.errors += failed
        if self._record is not None:
            self._times.append((operation.test_type, operation.call, request_id, received, now))

    def give_up(self, operation: Operation) -> None:
        """Book a request whose client went away."""
        self._counts[operation].given_up += 1

    def listed(self) -> list[dict[str, object]]:
        """The books of every operation, those at 0 too."""
        return [
            {"test_type": o.test_type, "call": o.call, **msgspec.structs.asdict(c)} for o, c in self._counts.items()
        ]

    def clear(self) -> None:
        """Set every count to 0."""
        for operation in self._counts:
            self._counts[operation] = Count()

    def flush(self) -> None:
        """Append what was recorded since the last time to the file."""
        if self._record is None:
            return
        lines = [
            _LINE.encode({"test_type": test_type, "call": call, "id": i, "received": received, "answered": sent})
            for test_type, call, i, received, sent in self._times
        ]
        self._times.clear()
        with self._record.open("ab") as file:
            file.writelines(line + b"\n" for line in lines)
