"""Questions to Prometheus that are kept with their answers, and never raise: what goes wrong becomes a problem."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from loadgen.criteria.query import REFUSED
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
        tracks: list[Track] = []
        for first in range(0, len(span.times), MOST_POINTS):
            piece = span.times[first : first + MOST_POINTS]
            part = Span(piece[0], piece[-1], span.step)
            answer = self._answer(lambda part=part: self._asked(expression, part), name)
            if answer is not None:
                self._keep(_query(name, expression, part, answer.data, answer.warnings))
                tracks += map(_track, answer.data["result"])
        return _series(name, tracks, span, unit, labels)

    def tracks(self, name: str, expression: str, span: Span) -> list[Track]:
        """The series over a span as they are; the raw answer is not kept, for all of it goes into the evidence."""
        answer = self._answer(lambda: self._asked(expression, span), name)
        if answer is None:
            return []
        self._keep(_query(name, expression, span, None, answer.warnings))
        return [_track(r) for r in answer.data["result"]]

    def own_words(self, name: str, expression: str, span: Span, unit: str, labels: dict[str, str]) -> list[Series]:
        """The same for an expression of the user's own. What Prometheus says against it is kept as the answer.

        It makes no problem of the evidence, for nothing else is amiss.
        """
        if self.gone:
            return []
        try:
            answer = self._asked(expression, span)
        except PrometheusFault as fault:
            if fault.reached:
                self.queries.append(_query(name, expression, span, {REFUSED: str(fault)}))
            else:
                self._lost(name, fault)
            return []
        self.queries.append(_query(name, expression, span, answer.data, answer.warnings))
        return _series(name, map(_track, answer.data["result"]), span, unit, labels)

    def _asked(self, expression: str, span: Span) -> Answer:
        return self.client.range(expression, span.start, span.end, span.step)

    def _keep(self, query: Query) -> None:
        self.queries.append(query)
        self.problems += [f"Prometheus warns that {query.id} may be incomplete: {w}" for w in query.warnings]

    def _answer(self, ask: Any, name: str) -> Answer | None:
        if self.gone:
            return None
        try:
            answer: Answer = ask()
        except PrometheusFault as fault:
            self._lost(name, fault)
            return None
        return answer

    def _lost(self, name: str, fault: PrometheusFault) -> None:
        self.gone = not fault.reached
        self.problems.append(f"{name} could not be had: {fault}")


def _query(name: str, expression: str, span: Span, answer: Any, warnings: tuple[str, ...] = ()) -> Query:
    return Query(
        id=name,
        expression=expression,
        time=None,
        start=span.start,
        end=span.end,
        step=span.step,
        warnings=warnings,
        answer=answer,
    )


def _series(name: str, tracks: Iterable[Track], span: Span, unit: str, labels: dict[str, str]) -> list[Series]:
    """Every track on the span's moments; None where it has no value."""
    times = span.times
    found: dict[tuple[tuple[str, str], ...], list[float | None]] = {}
    for track in tracks:
        values = found.setdefault(tuple(sorted(track.labels.items())), [None] * len(times))
        for at, value in zip(track.times, track.values, strict=True):
            values[round((at - span.start) / span.step)] = None if math.isnan(value) else value
    return [
        Series(name=name, labels={**labels, **dict(own)}, unit=unit, times=times, values=tuple(values))
        for own, values in found.items()
    ]


def _track(result: dict[str, Any]) -> Track:
    times, values = zip(*result["values"], strict=True) if result["values"] else ((), ())
    return Track(result["metric"], tuple(map(float, times)), tuple(map(float, values)))
