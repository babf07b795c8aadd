"""The failures that were kept with details: a choice that shows every kind, in the order of time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from loadgen.report.contents import Failure

MOST = 100
"""Samples in a report; all that were kept stand in failures.jsonl."""


class Kept(Struct, frozen=True, kw_only=True):
    """A line of failures.jsonl, as `users.logs` writes it. Its time is in Unix seconds."""

    time: float
    test_type: str
    operation: str
    phase: str
    reason: str
    status: str = ""
    message: str = ""
    excerpt: str = ""
    request_id: str = ""
    response_time: float | None = None


def samples(lines: Iterable[bytes], started: float) -> tuple[tuple[Failure, ...], int]:
    """At most MOST of them, and how many more were kept. `started`: Unix seconds of plan time 0.

    The first of each operation and reason come before the second of any. A line that cannot be read, as the last one of
    a worker that was killed, counts among those left out.
    """
    ranks: Counter[tuple[str, str, str]] = Counter()
    found: list[tuple[int, Kept]] = []
    unread = 0
    for one in _read(lines):
        if one is None:
            unread += 1
            continue
        ranks[one.test_type, one.operation, one.reason] += 1
        found.append((ranks[one.test_type, one.operation, one.reason], one))
    shown = sorted(found, key=lambda pair: (pair[0], pair[1].time))[:MOST]
    by_time = sorted((one for _, one in shown), key=lambda one: one.time)
    return tuple(_failure(one, started) for one in by_time), len(found) - len(shown) + unread


def _read(lines: Iterable[bytes]) -> Iterator[Kept | None]:
    decode = msgspec.json.Decoder(Kept).decode
    for line in lines:
        if line.strip():
            try:
                yield decode(line)
            except msgspec.MsgspecError:
                yield None


def _failure(one: Kept, started: float) -> Failure:
    answered = f"answered: {one.excerpt}" if one.excerpt else ""
    return Failure(
        at=one.time - started,
        test_type=one.test_type,
        name=one.operation,
        phase=one.phase,
        reason=one.reason,
        status=one.status,
        detail="; ".join(filter(None, (one.message, answered))),
        response_time=one.response_time,
        request_id=one.request_id,
    )
