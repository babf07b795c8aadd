"""Sums over the Evidence's tallies: the numbers that PromQL's sums give, as integers."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from loadgen.model.evidence import Evidence, Tally
from loadgen.model.plan import Criterion


class Books(Struct, frozen=True, kw_only=True):
    """Several tallies added up. `buckets` is empty when nothing was counted."""

    requests: int = 0
    failures: int = 0
    buckets: tuple[int, ...] = ()

    @property
    def successes(self) -> int:
        """Operations that did not fail."""
        return self.requests - self.failures


def added(tallies: Iterable[Tally]) -> Books:
    """The sum of the tallies. ValueError when their buckets differ in number."""
    found = tuple(tallies)
    return Books(
        requests=sum(t.requests for t in found),
        failures=sum(sum(t.failures.values()) for t in found),
        buckets=tuple(sum(column) for column in zip(*(t.buckets for t in found), strict=True)),
    )


def chosen(criterion: Criterion, evidence: Evidence, phases: Iterable[str] | None = None) -> tuple[Tally, ...]:
    """The tallies of what a criterion counts, in its own phases or in those given."""
    wanted = frozenset(criterion.phases if phases is None else phases)
    names = frozenset(criterion.operations)
    return tuple(
        t for t in evidence.tallies if t.test_type == criterion.test_type and t.name in names and t.phase in wanted
    )


def counted(criterion: Criterion, evidence: Evidence, phases: Iterable[str] | None = None) -> Books:
    """What a criterion counts, added up."""
    return added(chosen(criterion, evidence, phases))


def within(books: Books, edges: tuple[float, ...], seconds: float) -> int:
    """Operations that succeeded within `seconds`, which must be an edge (ValueError), and `≤` is meant."""
    place = edges.index(seconds)
    return books.buckets[place] if books.buckets else 0
