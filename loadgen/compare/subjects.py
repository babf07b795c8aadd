"""What is compared: all judged operations together, each test type's, and every operation; and what a run counted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from loadgen.compare.estimates import Counted
from loadgen.model.evidence import Blocks
from loadgen.model.plan import Phase, Plan
from loadgen.model.run import Run

Key = tuple[str, str]
"""Test type and name of an operation."""


class Subject(Struct, frozen=True, kw_only=True):
    """One operation, one test type as a whole (`name` empty) or all (both empty), which are its judged operations."""

    test_type: str
    name: str
    judged: bool
    members: frozenset[Key]

    @property
    def called(self) -> str:
        """For people."""
        return called(self.test_type, self.name)


def called(test_type: str, name: str) -> str:
    """For people: `rest:chat`, `rest`, `all judged operations`."""
    return ":".join(filter(None, (test_type, name))) or "all judged operations"


def subjects(plan: Plan, present: frozenset[Key]) -> tuple[Subject, ...]:
    """All, the test types, then the operations in the order of the plan; of operations only those `present`."""
    keys = {(o.test_type, o.name): o.judged for o in plan.operations if (o.test_type, o.name) in present}
    judged = frozenset(key for key, counts in keys.items() if counts)
    types = [(t, frozenset(key for key in judged if key[0] == t)) for t in plan.test_types]
    return (
        Subject(test_type="", name="", judged=True, members=judged),
        *(Subject(test_type=t, name="", judged=True, members=own) for t, own in types if own),
        *(
            Subject(test_type=key[0], name=key[1], judged=counts, members=frozenset({key}))
            for key, counts in keys.items()
        ),
    )


def present(runs: Sequence[Run]) -> frozenset[Key]:
    """Operations of which every run has blocks in each of its judged phases that has any."""
    return frozenset[Key].intersection(*(_present(run) for run in runs))


def _present(run: Run) -> frozenset[Key]:
    by_phase = [
        frozenset((b.test_type, b.name) for b in run.evidence.blocks if b.phase == phase.name)
        for phase in judged_phases(run)
    ]
    return frozenset[Key].intersection(*by_phase) if by_phase else frozenset()


def judged_phases(run: Run) -> tuple[Phase, ...]:
    """The judged phases of which there are blocks."""
    there = {b.phase for b in run.evidence.blocks}
    return tuple(p for p in run.plan.phases if p.judged and p.name in there)


def counted(run: Run, wanted: Sequence[Subject]) -> Counted:
    """What the run counted of each subject, whose members must be `present` in it."""
    parts = [_phase(run, phase.name, wanted) for phase in judged_phases(run)]
    lengths = [np.diff(np.asarray(times, dtype=np.float64)) for times, _, _ in parts]
    return Counted(
        buckets=np.concatenate([buckets for _, buckets, _ in parts], axis=1),
        failures=np.concatenate([failures for _, _, failures in parts], axis=1),
        seconds=np.concatenate(lengths),
        strata=np.repeat(np.arange(len(parts)), [len(length) for length in lengths]),
    )


def _phase(run: Run, phase: str, wanted: Sequence[Subject]) -> tuple[tuple[float, ...], np.ndarray, np.ndarray]:
    """Borders of the blocks of a phase; buckets, subjects × blocks × edges; failures, subjects × blocks."""
    found: dict[Key, Blocks] = {(b.test_type, b.name): b for b in run.evidence.blocks if b.phase == phase}
    buckets = {key: np.asarray(b.buckets, dtype=np.int64) for key, b in found.items()}
    failures = {key: np.asarray(b.failures, dtype=np.int64) for key, b in found.items()}
    one = next(iter(found.values()))
    shape = (len(one.requests), len(run.plan.edges) + 1)
    return (
        one.times,
        np.stack([sum((buckets[key] for key in s.members), np.zeros(shape, dtype=np.int64)) for s in wanted]),
        np.stack([sum((failures[key] for key in s.members), np.zeros(shape[0], dtype=np.int64)) for s in wanted]),
    )
