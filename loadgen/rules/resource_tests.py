"""promtool tests of the resource rules: what is recorded of the exporters' series, and when the alerts fire.

Recorded: each kind just below its limit and at it, by the series that its own file gives as an example. All counters
begin again at 0 before the second is asked for.

Alerts: every kind at its limit for a moment less than most of the hold, and for long. This begins with what is
recorded. Before the first tick there is no series at all, and nothing may fire.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from loadgen.catalogue.promql import duration, selector
from loadgen.model.plan import Plan
from loadgen.resources import Example, Resource, Shown
from loadgen.resources.course import SHARE
from loadgen.resources.selection import SCRAPES, hold, scrapes_of, subject
from loadgen.rules.promtool import alert_test, input_series, query, rule_test_file
from loadgen.rules.resources import USE, WAITING, client_alert, judged_kinds, limit_alert

Course = Callable[[int], float | None]
"""Tick → the value that is recorded."""

BELOW, PEAK = 0.999, 1.05
"""Of a limit: just below it, and for one tick beyond it. An alert says the highest."""
NEAR, FULL = 2 * SCRAPES, 4 * SCRAPES
"""Ticks at which what is recorded is just below the limit, and at it: each for longer than the window of a rate."""
BEGINS_AGAIN = FULL - 2
QUEUE = 20.0
"""So many wait."""
EXACT = 6
"""Decimals to which a rate is the same in every Prometheus."""


class One(Struct, frozen=True):
    """A resource: its use and who waits. From a tick up to before another its kind's alert fires, or the clients'."""

    subject: str
    use: Course
    waiting: Course = lambda _: None
    full: tuple[int, int] = (0, 0)
    queue: tuple[int, int] = (0, 0)


def resource_tests(plan: Plan, rule_files: Sequence[str], heading: str = "") -> str:
    """The text of a promtool test file for `resource_groups(plan)`, which stand in `rule_files`."""
    return rule_test_file([_recorded(plan), _Story(plan).test()], rule_files, heading, plan.scrape_interval)


def _recorded(plan: Plan) -> dict[str, Any]:
    """Every kind by its examples, beside the same of another run, of which everything is in use."""
    series: dict[str, list[float | None]] = {}
    asked: list[dict[str, Any]] = []
    for kind in judged_kinds(plan):
        below, full = (kind.examples(plan, part * plan.resources.limits[kind.kind]) for part in (BELOW, 1))
        scrape = scrapes_of(plan, kind.jobs(plan))[0]
        where = {"job": scrape.job, "instance": scrape.address}
        own = where | ({"run_id": plan.run_id} if plan.run_id and scrape.ours else {})
        for before, after in zip(below, full, strict=True):
            for one, then in zip(before.series, after.series, strict=True):
                series[selector(one.metric, {**one.labels, **own})] = _values(one, then, plan.scrape_interval)
                another = selector(one.metric, {**one.labels, **where, "run_id": "of another run"})
                series[another] = _values(then, then, plan.scrape_interval)
        asked += _answers(plan, kind, full, where["instance"])
    return {
        "name": "what the exporters show is recorded, just below the limit and at it, and when counters begin again",
        "interval": duration(plan.scrape_interval),
        "input_series": input_series(series),
        "promql_expr_test": asked,
    }


def _values(before: Shown, after: Shown, interval: float) -> list[float | None]:
    """Nothing at the first tick; one up to NEAR, the other from then on. Growth is added up, twice from 0."""
    values = [before.value if tick <= NEAR else after.value for tick in range(FULL + 1)]
    if before.counter:
        grown = [interval * value for value in values]
        values = [*accumulate(grown[:BEGINS_AGAIN]), *accumulate(grown[BEGINS_AGAIN:])]
    return [None, *values[1:]]


def _answers(plan: Plan, kind: Resource, examples: Sequence[Example], instance: str) -> Iterator[dict[str, Any]]:
    """Exactly these are recorded, at both ticks."""
    limit, who = plan.resources.limits[kind.kind], _who(plan)
    found = []
    for example in examples:
        labels = {**example.labels, "instance": instance}
        named = _subject(plan, kind, labels)
        found.append(({**who, **labels, "kind": kind.kind, "subject": named}, example.waiting))
    for tick, part in ((NEAR, BELOW), (FULL, 1.0)):
        at, use = tick * plan.scrape_interval, round(part * limit, EXACT)
        mine = selector(USE, {"kind": kind.kind})
        yield query(f"round({mine}, 1e-{EXACT})", at, [{"labels": selector("", who), "value": use} for who, _ in found])
        if kind.waiting is not None:
            queue = [{"labels": selector(WAITING, who), "value": waiting} for who, waiting in found]
            yield query(selector(WAITING, {"kind": kind.kind}), at, queue)


def _subject(plan: Plan, kind: Resource, labels: Mapping[str, str]) -> str:
    """As the verdict says it; of what belongs to no run nothing is here."""
    if plan.run_id:
        return subject(plan, kind.jobs(plan), labels, kind.by)
    scrapes = tuple(replace(scrape, ours=False) for scrape in plan.measured.scrapes)
    return subject(replace(plan, measured=replace(plan.measured, scrapes=scrapes)), kind.jobs(plan), labels, kind.by)


def _who(plan: Plan) -> dict[str, str]:
    return {"run_id": plan.run_id, "scenario": plan.scenario} if plan.run_id else {}


class _Story:
    """Everything at once: each test costs promtool a database of its own."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        interval, needed = plan.scrape_interval, hold(plan)
        self._reach = math.floor(needed / interval + 0.5)
        points = self._reach + 1
        self._most = math.ceil(SHARE * points - 1e-9)
        """So many points of the hold must be at the limit."""
        spare = points - self._most
        whole = math.ceil(needed / interval)
        self._begin = whole + 3
        self._fires, last = self._begin + self._most - 1, self._begin + 2 * points
        self._ceases = last + spare + 1
        self._end = last
        self._late, self._seen = self._ceases + 2, self._ceases + 2 + whole

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
        full, below = self._between(limit, 0.9 * limit), BELOW * limit
        queue, fires, appears = self._between(QUEUE, 0.0), (self._fires, self._ceases), (self._seen, self._seen + 9)
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
        """Its first tick is a peak."""

        def value(tick: int) -> float:
            if not self._begin <= tick <= self._end:
                return elsewhere
            return PEAK * there if tick == self._begin else there

        return value

    def _highest(self, value: float, since: int, tick: int) -> float:
        """What an alert says that fires since a tick: of the whole hold, which at first holds the peak."""
        return PEAK * value if since == self._fires and tick - self._begin <= self._reach else value

    def _from(self, value: float) -> Course:
        return lambda tick: value if tick >= self._late else None

    def _labels(self, kind: Resource, one: One) -> dict[str, str]:
        return {**_who(self._plan), "kind": kind.kind, "subject": one.subject, "instance": "127.0.0.1:1"}

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
                (self._highest(limit, one.full[0], tick), self._labels(kind, one))
                for own, one in everything
                if own is kind and one.full[0] <= tick < one.full[1]
            ]
            yield alert_test(limit_alert(kind, self._plan), at, due)
        waited_for = [pair for pair in everything if pair[0].waiting is not None]
        if waited_for:
            longest: list[tuple[float, Mapping[str, str]]] = [
                (self._highest(QUEUE, one.queue[0], tick), self._labels(kind, one))
                for kind, one in waited_for
                if one.queue[0] <= tick < one.queue[1]
            ]
            yield alert_test(client_alert(self._plan), at, longest)
