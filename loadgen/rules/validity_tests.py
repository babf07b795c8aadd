"""promtool tests of the validity alerts: a run at every bound, one beyond each, and one whose telemetry vanishes.

Each is a test of all the alerts at once, for each test costs promtool a database of its own. Before the first tick
there is no series at all, and nothing may fire.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from loadgen.catalogue import le
from loadgen.catalogue.promql import duration, selector
from loadgen.criteria import Scope
from loadgen.model.plan import COOLDOWN, FINISHED, Plan
from loadgen.rules.promtool import STALE, alert_test, input_series, rule_test_file
from loadgen.rules.validity import LAG, SILENT, least, warnings
from loadgen.verdict.span import watched

Value = float | str | None
Course = Callable[[int], Value]
"""Tick → the value that is scraped."""

TARGET, BUSY_AT_MOST = 100, 2
START, BEGUN, LAGGED, BUSY, HANGS = 2, 3, 10, 6, 12
"""Ticks: the plan's time 0, the first phase, operations are counted, a worker is busy, a worker falls silent."""


Firing = dict[str, tuple[float, dict[str, str]]]
"""Alert → its value, and the labels that it has beside its run's."""


class Expected(Struct, frozen=True):
    """At a tick just these alerts fire."""

    tick: int
    firing: Firing = {}


class _Bounds:
    """The last value that is allowed of each thing, for a plan."""

    def __init__(self, plan: Plan) -> None:
        limits, self.interval = plan.validity, plan.scrape_interval
        self.least, self.share = least(plan), limits.late_share
        self.count = 1000 * self.least
        self.late = bisect_right(range(self.count + 1), self.share, key=lambda n: n / self.count) - 1
        self.first_late = 0 if 1 / self.least > self.share else 1
        self.planned = (BUSY_AT_MOST + 0.5) * self.interval / (limits.cpu_time_share or 1.0)
        self.busy = BUSY_AT_MOST if limits.cpu_time_share else 0
        self.users = min(n for n in range(TARGET + 1) if n / TARGET >= limits.users_share)
        self.silent = math.floor(SILENT / self.interval)
        self.gap = math.floor(limits.scrape_gap_intervals)


def validity_tests(plan: Plan, scope: Scope, rule_files: Sequence[str], heading: str = "") -> str:
    """The text of a promtool test file for `validity_groups(plan, scope)`, which stand in `rule_files`."""
    labels = {"run_id": scope.get("run_id", "a-run"), "scenario": scope.get("scenario", plan.scenario)}
    tests = [_Story(plan, scope, labels).test(law) for law in _LAWS]
    return rule_test_file(tests, rule_files, heading, plan.scrape_interval)


class _Story:
    """A run of one plan, with its series and what must fire."""

    def __init__(self, plan: Plan, scope: Scope, labels: Mapping[str, str]) -> None:
        self._plan, self._scope, self._labels = plan, scope, labels
        self._phase, self._bounds = watched(plan)[0], _Bounds(plan)

    def test(self, law: str) -> dict[str, Any]:
        series, ticks, expected = _LAWS[law](self)
        shown = {name: [course(tick) for tick in range(ticks)] for name, course in series.items()}
        return {
            "name": law,
            "interval": duration(self._plan.scrape_interval),
            "input_series": input_series(shown),
            "alert_rule_test": [one for moment in expected for one in self._moment(moment)],
        }

    def _moment(self, expected: Expected) -> Iterator[dict[str, Any]]:
        for one in warnings(self._plan, self._scope):
            found = expected.firing.get(one.alert.name)
            due = [] if found is None else [(found[0], {**self._labels, **found[1]})]
            yield alert_test(one.alert, expected.tick * self._plan.scrape_interval, due, {"check": one.check})

    def at_the_bounds(self) -> tuple[dict[str, Course], int, list[Expected]]:
        """Everything is as bad as it may be; the run comes to its end, and its telemetry vanishes."""
        bounds = self._bounds
        end = HANGS + bounds.silent + 8
        gone = end + 2
        series = self._all(
            late=bounds.late, busy=bounds.busy, users=bounds.users, beats_again=HANGS + bounds.silent + 1
        )
        series |= self._ends(end, None)
        ticks = gone + bounds.gap + 5
        moments = [0, 5, BUSY + bounds.busy, LAGGED, HANGS + bounds.silent, end, gone + bounds.gap + 3]
        return self._until(gone, series), ticks, [Expected(tick) for tick in moments]

    def beyond_them(self) -> tuple[dict[str, Course], int, list[Expected]]:
        """One more of each than may be; counters begin again one by one, and the run is stopped, with a verdict."""
        bounds, interval = self._bounds, self._bounds.interval
        back = HANGS + bounds.silent + 2
        dip, reset = back + 2, back + 5
        gone = reset + 8
        every = self._all(bounds.late + 1, bounds.busy + 1, bounds.users, back)
        first, second = (LAG, "loadtest_requests_total"), "loadtest_test_type_request_failures_total"
        series = {n: _begins_again(course, reset) if n.startswith(first) else course for n, course in every.items()}
        series |= {n: _begins_again(course, reset + 1) for n, course in every.items() if n.startswith(second)}
        series[self._name("loadtest_users", test_type=self._type)] = _dips(bounds.users, dip)
        series |= self._ends(None, reset + 4)
        late: Firing = {"LoadtestGeneratorLate": ((bounds.late + 1) / bounds.count, {})}
        busy: Firing = {
            "LoadtestGeneratorOverloaded": ((bounds.busy + 1) * interval / bounds.planned, {"worker": "0"}),
        }
        silent: Firing = {"LoadtestWorkerLost": ((bounds.silent + 1) * interval, {"worker": "0"})}
        missing: Firing = {"LoadtestUsersMissing": ((bounds.users - 1) / TARGET, {})}
        again: Firing = {"LoadtestCounterReset": (1.0, {})}
        both: Firing = {"LoadtestCounterReset": (2.0, {})}
        expected = [
            Expected(0),
            Expected(BUSY + bounds.busy - 1),
            Expected(BUSY + bounds.busy, busy),
            Expected(LAGGED, busy | late),
            Expected(back - 1, busy | late | silent),
            Expected(back, busy | late),
            Expected(dip, busy | late | missing),
            Expected(reset - 1, busy | late | missing),
            Expected(reset, busy | missing | again),
            Expected(reset + 1, busy | missing | both),
            Expected(gone - 1, busy | missing | both),
            Expected(gone),
            Expected(gone + bounds.gap + 3),
        ]
        return self._until(gone, series), gone + bounds.gap + 5, expected

    def vanishing(self) -> tuple[dict[str, Course], int, list[Expected]]:
        """Away before the start, as long as may be, for too long, for good; few are late, which counts in the drain."""
        bounds, interval = self._bounds, self._bounds.interval
        early, most = 5 + bounds.gap, bounds.gap + 2
        brief = early + most + 3
        long = brief + bounds.gap + 3
        fires = long + most + 1
        back = fires + 2
        drain, away = back + 3, back + 6
        unseen = ((2, early), (brief + 1, brief + bounds.gap), (long + 1, back), (away + 1, 10**6))
        series: dict[str, Course] = {self._name("loadtest_run_info", target="sim"): lambda _: 1.0}
        series[self._name("loadtest_run_start_timestamp_seconds")] = _from(early, lambda _: early * interval)
        series[self._name("loadtest_phase", phase=self._phase)] = _from(early, lambda tick: float(tick < drain))
        series[self._name("loadtest_phase", phase=COOLDOWN)] = _from(early, lambda tick: float(tick >= drain))
        few = bounds.first_late
        series |= self._lag(lambda _: float(few), lambda _: float(few))
        late: Firing = {"LoadtestGeneratorLate": (1.0, {})} if few else {}
        gap: Firing = {"LoadtestScrapeGap": ((back - long) * interval, {})}
        expected = [
            Expected(0),
            *(Expected(tick) for tick in range(early - 1, early + most + 1)),
            *(Expected(tick) for tick in range(brief + 1, long + bounds.gap + 1)),
            Expected(fires, {"LoadtestMetricsAbsent": ((fires - long) * interval, {})}),
            Expected(back, gap),
            Expected(drain, gap | late),
            Expected(away + most + 1, {"LoadtestMetricsAbsent": ((most + 1) * interval, {})}),
        ]
        return {name: _away(course, unseen) for name, course in series.items()}, away + most + 3, expected

    @property
    def _type(self) -> str:
        return self._plan.test_types[0]

    def _name(self, metric: str, **labels: str) -> str:
        return selector(metric, {**self._labels, **labels})

    def _all(self, late: int, busy: int, users: int, beats_again: int) -> dict[str, Course]:
        bounds, limits, who = self._bounds, self._plan.validity, {"test_type": self._type}
        interval, call = bounds.interval, {**who, "name": "an operation", "phase": self._phase}
        used = (START, *range(BUSY, BUSY + busy))
        return {
            self._name("loadtest_run_info", target="sim"): lambda _: 1.0,
            self._name("loadtest_run_start_timestamp_seconds"): _from(START, lambda _: START * interval),
            self._name("loadtest_phase", phase=self._phase): lambda tick: float(tick >= BEGUN),
            self._name("loadtest_phase_duration_seconds", phase=self._phase): lambda _: bounds.planned,
            self._name("loadtest_phase_duration_seconds", phase="another"): lambda _: 1.0,
            self._name("loadtest_generator_cpu_ratio", worker="0"): lambda tick: (
                limits.cpu_ratio + (0.01 if tick in used else 0)
            ),
            self._name("loadtest_generator_cpu_ratio", worker="1"): lambda _: 0.0,
            self._name("loadtest_users_target", **who): lambda tick: float(TARGET if tick >= BEGUN else 0),
            self._name("loadtest_users", **who): lambda tick: float(users if tick > BEGUN + 1 else 0),
            self._name("loadtest_worker_heartbeat_timestamp_seconds", worker="0"): lambda tick: (
                interval * (HANGS if HANGS <= tick < beats_again else tick)
            ),
            self._name("loadtest_requests_total", **call): lambda tick: float(10 * tick),
            self._name("loadtest_test_type_request_failures_total", **who): float,
            **self._lag(
                lambda tick: float(bounds.count if tick >= LAGGED else 1),
                lambda tick: float(late if tick >= LAGGED else bounds.first_late),
            ),
        }

    def _lag(self, count: Callable[[int], float], late: Callable[[int], float]) -> dict[str, Course]:
        edge = le(self._plan.validity.late_seconds)
        return {
            self._name(f"{LAG}_count", phase=self._phase): count,
            self._name(f"{LAG}_bucket", phase=self._phase, le=edge): lambda tick: count(tick) - late(tick),
        }

    def _ends(self, finished: int | None, verdict: int | None) -> dict[str, Course]:
        series: dict[str, Course] = {}
        if finished is not None:
            series[self._name("loadtest_phase", phase=FINISHED)] = lambda tick: float(tick >= finished)
        if verdict is not None:
            series[self._name("loadtest_run_verdict", verdict="FAIL")] = _from(verdict, lambda _: 1.0)
        return series

    def _until(self, gone: int, series: dict[str, Course]) -> dict[str, Course]:
        return {name: _away(course, ((gone, 10**6),)) for name, course in series.items()}


def _from(begin: int, course: Course) -> Course:
    return lambda tick: course(tick) if tick >= begin else None


def _away(course: Course, unseen: Sequence[tuple[int, int]]) -> Course:
    """Not scraped at tick 0, and in each stretch from its first tick up to before its last."""

    def seen(tick: int) -> Value:
        if tick == 0 or any(first < tick < last for first, last in unseen):
            return None
        return STALE if any(tick == first for first, _ in unseen) else course(tick)

    return seen


def _begins_again(course: Course, reset: int) -> Course:
    """What a counter shows that is at 0 again at `reset`."""
    return lambda tick: course(tick) if tick < reset else 0.0


def _dips(users: int, dip: int) -> Course:
    return lambda tick: float(users - 1 if tick == dip else users if tick > BEGUN + 1 else 0)


_LAWS: dict[str, Callable[[_Story], tuple[dict[str, Course], int, list[Expected]]]] = {
    "at every bound nothing fires, nor after the end": _Story.at_the_bounds,
    "beyond each bound its alert fires, and stays until the telemetry ends": _Story.beyond_them,
    "telemetry that vanishes under the load is missed, and once it is back there was a gap": _Story.vanishing,
}
