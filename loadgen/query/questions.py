"""Questions to Prometheus that are kept with their answers, and never raise: what goes wrong becomes a problem."""

from __future__ import annotations

import math
from typing import Any

from msgspec import Struct

from loadgen.model.evidence import Query, Series
from loadgen.query.client import Answer, Prometheus, PrometheusFault

MOST_POINTS = 10_000
"""Of one range query; Prometheus refuses more than 11,000."""


class Sample(Struct, frozen=True):
    """One element of an instant vector."""

    labels: dict[str, str]
    value: float


class Track(Struct, frozen=True):
    """The raw samples of one series: ascending Unix seconds, and the values."""

    labels: dict[str, str]
    times: tuple[float, ...]
    values: tuple[float, ...]


class Span(Struct, frozen=True):
    """Moments for a range query: start, start + step, … up to end, in Unix seconds."""

    start: float
    end: float
    step: float

    @property
    def times(self) -> tuple[float, ...]:
        """All of them; at least one."""
        count = max(0, math.floor((self.end - self.start) / self.step + 1e-6)) + 1
        return tuple(self.start + k * self.step for k in range(count))


class Questions:
    """Asks, and remembers. After Prometheus was not reached once, nothing more is asked of it."""

    def __init__(self, client: Prometheus) -> None:
        self.client = client
        self.queries: list[Query] = []
        self.problems: list[str] = []
        self.gone = False
        """Prometheus was not reached."""

    def instant(self, name: str, expression: str, at: float) -> list[Sample] | None:
        """The vector at a moment; None when there was no answer."""
        answer = self._answer(lambda: self.client.instant(expression, at), name)
        if answer is None:
            return None
        self._keep(Query(id=name, expression=expression, time=at, warnings=answer.warnings, answer=answer.data))
        return [Sample(r["metric"], float(r["value"][1])) for r in answer.data["result"]]

    def raw(self, name: str, expression: str, at: float) -> list[Track] | None:
        """The raw samples that a range selector such as `up[5m]` holds at a moment; None when there was no answer."""
        answer = self._answer(lambda: self.client.instant(expression, at), name)
        if answer is None:
            return None
        self._keep(Query(id=name, expression=expression, time=at, warnings=answer.warnings, answer=answer.data))
        return [_track(r) for r in answer.data["result"]]

    def series(self, name: str, expression: str, span: Span, unit: str, labels: dict[str, str]) -> list[Series]:
        """The series over a span, each with `labels` besides its own; empty when there was no answer or no data."""
        times = span.times
        found: dict[tuple[tuple[str, str], ...], list[float | None]] = {}
        for first in range(0, len(times), MOST_POINTS):
            piece = times[first : first + MOST_POINTS]
            for track in self._range(name, expression, Span(piece[0], piece[-1], span.step)):
                values = found.setdefault(tuple(sorted(track.labels.items())), [None] * len(times))
                for at, value in zip(track.times, track.values, strict=True):
                    values[round((at - span.start) / span.step)] = None if math.isnan(value) else value
        return [
            Series(name=name, labels={**labels, **dict(own)}, unit=unit, times=times, values=tuple(values))
            for own, values in found.items()
        ]

    def _range(self, name: str, expression: str, span: Span) -> list[Track]:
        answer = self._answer(lambda: self.client.range(expression, span.start, span.end, span.step), name)
        if answer is None:
            return []
        self._keep(
            Query(
                id=name,
                expression=expression,
                time=None,
                start=span.start,
                end=span.end,
                step=span.step,
                warnings=answer.warnings,
                answer=answer.data,
            )
        )
        return [_track(r) for r in answer.data["result"]]

    def _keep(self, query: Query) -> None:
        self.queries.append(query)
        self.problems += [f"Prometheus warns that {query.id} may be incomplete: {w}" for w in query.warnings]

    def _answer(self, ask: Any, name: str) -> Answer | None:
        if self.gone:
            return None
        try:
            answer: Answer = ask()
        except PrometheusFault as fault:
            self.gone = not fault.reached
            self.problems.append(f"{name} could not be had: {fault}")
            return None
        return answer


def _track(result: dict[str, Any]) -> Track:
    times, values = zip(*result["values"], strict=True) if result["values"] else ((), ())
    return Track(result["metric"], tuple(map(float, times)), tuple(map(float, values)))
