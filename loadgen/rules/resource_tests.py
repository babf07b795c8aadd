"""promtool tests of the resource alerts: every kind at its limit for a moment less than most of the hold, and for long.

They begin where a kind's PromQL has answered: what that answers is each kind's own, and is tested with the exporters'
series. Before the first tick there is no series at all, and nothing may fire.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from loadgen.catalogue.promql import duration, selector
from loadgen.model.plan import Plan
from loadgen.resources import Resource
from loadgen.resources.course import SHARE
from loadgen.resources.selection import hold
from loadgen.rules.promtool import alert_test, input_series, rule_test_file
from loadgen.rules.resources import USE, WAITING, client_alert, judged_kinds, limit_alert

Course = Callable[[int], float | None]
"""Tick → the value that is recorded."""


class One(Struct, frozen=True):
    """A resource: its use and who waits. From a tick up to before another its kind's alert fires, or the clients'."""

    subject: str
    use: Course
    waiting: Course = lambda _: None
    full: tuple[int, int] = (0, 0)
    queue: tuple[int, int] = (0, 0)


def resource_tests(plan: Plan, rule_files: Sequence[str], heading: str = "") -> str:
    """The text of a promtool test file for `resource_groups(plan)`, which stand in `rule_files`."""
    return rule_test_file([_Story(plan).test()], rule_files, heading, plan.scrape_interval)


class _Story:
    """Everything at once: each test costs promtool a database of its own."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        interval, needed = plan.scrape_interval, hold(plan)
        points = math.floor(needed / interval + 0.5) + 1
        self._most = math.ceil(SHARE * points - 1e-9)
        """So many points of the hold must be at the limit."""
        spare = points - self._most
        whole = math.ceil(needed / interval)
        self._begin = whole + 3
        self._fires, last = self._begin + self._most - 1, self._begin + 2 * points
        self._ceases = last + spare + 1
        self._end = last
        self._late, self._seen = self._ceases + 2, self._ceases + 2 + whole
        self._who = {"run_id": plan.run_id, "scenario": plan.scenario} if plan.run_id else {}

    def test(self) -> dict[str, Any]:
        everything = [(kind, one) for kind in judged_kinds(self._plan) for one in self._of(kind)]
        ticks = self._seen + 2
        series = {
            name: [None, *(course(tick) for tick in range(1, ticks))]
            for kind, one in everything
            for name, course in self._series(kind, one)
        }
        moments = (0, self._begin - 1, self._fires - 1, self._fires, self._ceases - 1, self._ceases)
        return {
            "name": "what is at its limit for most of the hold is told, and who waits for what is not",
            "interval": duration(self._plan.scrape_interval),
            "input_series": input_series(series),
            "alert_rule_test": [
                one for tick in (*moments, self._seen - 1, self._seen) for one in self._asked(everything, tick)
            ],
        }

    def _of(self, kind: Resource) -> Iterator[One]:
        limit = self._plan.resources.limits[kind.kind]
        full, below = self._between(limit, 0.9 * limit), 0.999 * limit
        queue, fires, appears = self._between(3.0, 0.0), (self._fires, self._ceases), (self._seen, self._seen + 9)
        new = One("it was not there before", self._from(limit), self._from(1.0), full=appears)
        if kind.waiting is None:
            yield from (One("just below", lambda _: below), One("at the limit", full, full=fires), new)
            return
        yield One("all in use, and somebody waits", full, queue, full=fires)
        yield One("all in use, and nobody waits", full, lambda _: 0.0)
        yield One("all in use, and nobody says who waits", full)
        yield One("somebody waits just below", lambda _: below, queue, queue=fires)
        yield new

    def _between(self, there: float, elsewhere: float) -> Course:
        return lambda tick: there if self._begin <= tick <= self._end else elsewhere

    def _from(self, value: float) -> Course:
        return lambda tick: value if tick >= self._late else None

    def _labels(self, kind: Resource, one: One) -> dict[str, str]:
        return {**self._who, "kind": kind.kind, "subject": one.subject, "instance": "127.0.0.1:1"}

    def _series(self, kind: Resource, one: One) -> Iterator[tuple[str, Course]]:
        labels = self._labels(kind, one)
        yield selector(USE, labels), one.use
        if kind.waiting is not None and any(one.waiting(tick) is not None for tick in range(self._seen)):
            yield selector(WAITING, labels), one.waiting

    def _asked(self, everything: Sequence[tuple[Resource, One]], tick: int) -> Iterator[dict[str, Any]]:
        at = tick * self._plan.scrape_interval
        for kind in judged_kinds(self._plan):
            limit = self._plan.resources.limits[kind.kind]
            due = [
                (limit, self._labels(kind, one))
                for own, one in everything
                if own is kind and one.full[0] <= tick < one.full[1]
            ]
            yield alert_test(limit_alert(kind, self._plan), at, due)
        waited_for = [pair for pair in everything if pair[0].waiting is not None]
        if waited_for:
            longest: list[tuple[float, Mapping[str, str]]] = [
                (3.0, self._labels(kind, one)) for kind, one in waited_for if one.queue[0] <= tick < one.queue[1]
            ]
            yield alert_test(client_alert(self._plan), at, longest)
