"""Whether records that can be read can also be reckoned with: a file may be changed, or written by something else."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise

from loadgen.model.evidence import Blocks, Evidence
from loadgen.model.plan import Plan
from loadgen.model.record import RunRecord

CALENDAR_ENDS = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
LARGEST = 2**53
"""Of counts: up to here a float holds every one exactly."""


def on_calendar(moment: float | None) -> bool:
    """Whether it is Unix seconds that can be written as a date; so is a moment that is not known."""
    return moment is None or 0 <= moment < CALENDAR_ENDS


def faults(plan: Plan, record: RunRecord, evidence: Evidence) -> Iterator[str]:
    """What is wrong with the records of a run, in half sentences that begin with a record's name."""
    for name, moment in (("started", record.started), ("ended", record.ended)):
        if not on_calendar(moment):
            yield f"run.json: {name} is {moment:g}, which is no time in Unix seconds"
    borders: dict[str, tuple[float, ...]] = {}
    for blocks in evidence.blocks:
        found = _fault(blocks, len(plan.edges) + 1)
        if not found and borders.setdefault(blocks.phase, blocks.times) != blocks.times:
            found = "other times than those of the operations before it"
        if found:
            yield f"evidence.json: the blocks of {blocks.test_type}:{blocks.name} in {blocks.phase} have {found}"


def _fault(blocks: Blocks, width: int) -> str | None:
    """`width`: buckets of a block."""
    count = len(blocks.requests)
    if count == 0 or not len(blocks.times) - 1 == len(blocks.failures) == len(blocks.buckets) == count:
        return "lists of lengths that do not belong together"
    if not all(math.isfinite(time) for time in blocks.times) or any(a >= b for a, b in pairwise(blocks.times)):
        return "times that do not ascend"
    if any(len(row) != width for row in blocks.buckets):
        return f"other buckets than the {width} of the plan"
    if not all(0 <= min(row) <= max(row) <= LARGEST for row in (blocks.requests, blocks.failures, *blocks.buckets)):
        return f"counts outside 0 to {LARGEST}"
    return None
