"""promtool tests of how criteria and runs stand: one of each sense, alerts that come and go, and other runs beside."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from loadgen.catalogue.promql import selector
from loadgen.criteria import ACCEPTANCE, AT_LEAST, AT_MOST, BELOW, BURNING
from loadgen.model.plan import FINISHED
from loadgen.model.verdict import FAIL
from loadgen.rules.acceptance import MEASURED
from loadgen.rules.alerts import VALIDITY
from loadgen.rules.promtool import query
from loadgen.rules.states import (
    BREACHED,
    GIVEN,
    GONE,
    HOLDING,
    NO_VERDICT,
    PATIENCE,
    STATE,
    UNSOUND,
    UNSOUND_SO_FAR,
    USED,
)

RUN = {"run_id": "a-run", "scenario": "a-scenario"}
OTHER = {"run_id": "another-run", "scenario": "a-scenario"}
THIRD = {"run_id": "a-third-run", "scenario": "another-scenario"}

SHARES: tuple[tuple[str, str, float | None, float | None, float | None], ...] = (
    ("within", AT_MOST, 0.05, 0.0125, 0.25),
    ("beyond", AT_MOST, 60.0, 90.0, 1.5),
    ("never", AT_MOST, 60.0, math.inf, math.inf),
    ("shrank", AT_MOST, 8.0, -4.0, -0.5),
    ("none allowed, none there", AT_MOST, 0.0, 0.0, 0.0),
    ("none allowed, one there", AT_MOST, 0.0, 1.0, math.inf),
    ("a bound below 0", AT_MOST, -2.0, -3.0, None),
    ("all but reached", BELOW, 0.5, 0.25, 0.5),
    ("reached", BELOW, 0.5, 0.5, 1.0),
    ("more than enough", AT_LEAST, 8.0, 16.0, 0.5),
    ("just enough", AT_LEAST, 8.0, 8.0, 1.0),
    ("too little", AT_LEAST, 8.0, 4.0, 2.0),
    ("nothing", AT_LEAST, 8.0, 0.0, math.inf),
    ("less than nothing", AT_LEAST, 8.0, -1.0, math.inf),
    ("at least nothing", AT_LEAST, 0.0, 0.0, None),
    ("no bound", AT_LEAST, None, 8.0, None),
    ("not measured", AT_MOST, 60.0, None, None),
)
"""A criterion, its sense, its bound, what is measured, and the share that is used."""

Values = dict[str, str]
"""Selector → values in promptool's notation."""


def state_tests() -> list[dict[str, Any]]:
    """The tests, as they stand in promtool's file."""
    return [_shares(), _until_the_end(), *_coming_and_going(), _both(), _others(), _alone(), *_given(), _unjudged()]


def _test(law: str, series: Values, asked: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": law,
        "interval": "1s",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": list(asked),
    }


def _shown(rule: str, at: int, *samples: tuple[Mapping[str, str], float]) -> dict[str, Any]:
    return query(rule, at, [{"labels": selector(rule, labels), "value": value} for labels, value in samples])


def _criterion(name: str, sense: str, who: Mapping[str, str]) -> Values:
    labels = {**who, "criterion": name, "kind": "a kind", "test_type": "rest", "unit": "ratio", "sense": sense}
    return {selector("loadtest_criterion_info", labels): "1x9"}


def _run(who: Mapping[str, str], *criteria: str) -> Values:
    """A run that is scraped, with criteria."""
    shown = {selector("loadtest_run_info", {**who, "target": "sim"}): "1x9"}
    return shown | {name: v for c in criteria for name, v in _criterion(c, AT_MOST, who).items()}


def _alert(role: str, who: Mapping[str, str], values: str, state: str = "firing", **more: str) -> Values:
    labels = {"alertname": f"Loadtest{role.title()}", "alertstate": state, "role": role, "severity": "critical"}
    return {selector("ALERTS", {**labels, **who, **more}): values}


def _measured(ended: str) -> Values:
    series = {selector("loadtest_phase", {**RUN, "phase": FINISHED}): ended}
    for name, sense, bound, value, _ in SHARES:
        who = {**RUN, "criterion": name}
        series |= _criterion(name, sense, RUN)
        series |= {} if bound is None else {selector("loadtest_criterion_bound", who): f"{bound}x9"}
        # promtool takes +Inf as a sample, and nothing that is to be repeated.
        series |= (
            {}
            if value is None
            else {selector(MEASURED, who): " ".join(["+Inf" if value == math.inf else f"{value}"] * 9)}
        )
    return series


def _shares() -> dict[str, Any]:
    known = [({**RUN, "criterion": name}, used) for name, *_, used in SHARES if used is not None]
    return _test(
        "each criterion uses its share of its bound, by its sense", _measured("0 1x8"), [_shown(USED, 3, *known)]
    )


def _until_the_end() -> dict[str, Any]:
    now = [
        ({**RUN, "criterion": name}, used) for name, sense, *_, used in SHARES if used is not None and sense != AT_LEAST
    ]
    return _test("what must reach its bound has no share before the end", _measured("0x9"), [_shown(USED, 3, *now)])


def _coming_and_going() -> list[dict[str, Any]]:
    """Each alert from second 2 to second 4, with stale markers as Prometheus writes them when it resolves."""
    comes, c = "_ _ 1 1 1 stale", {"criterion": "c"}
    at = (1, 3, 6)

    def asked(rule: str, who: Mapping[str, str], values: tuple[int, int, int]) -> list[dict[str, Any]]:
        return [_shown(rule, second, (who, value)) for second, value in zip(at, values, strict=True)]

    return [
        _test(
            "a criterion is breached, and the run failing, just while its acceptance alert fires",
            _run(RUN, "c") | _alert(ACCEPTANCE, RUN, comes, **c) | _alert(BURNING, RUN, "1x9", **c),
            [*asked(BREACHED, {**RUN, **c}, (0, 1, 0)), *asked(UNSOUND, RUN, (0, 0, 0)), *asked(STATE, RUN, (1, 2, 1))],
        ),
        _test(
            "a run is invalid just while an alert of validity fires",
            _run(RUN, "c") | _alert(VALIDITY, RUN, comes) | _alert(VALIDITY, RUN, "1x9", "pending", check="scrapes"),
            [*asked(BREACHED, {**RUN, **c}, (0, 0, 0)), *asked(UNSOUND, RUN, (0, 1, 0)), *asked(STATE, RUN, (1, 3, 1))],
        ),
    ]


def _both() -> dict[str, Any]:
    alerts = _alert(VALIDITY, RUN, "1x9", check="a") | _alert(VALIDITY, RUN, "1x9", check="b")
    return _test(
        "an invalid run is not said to fail, however many alerts fire",
        _run(RUN, "c", "d") | alerts | _alert(ACCEPTANCE, RUN, "1x9", criterion="d"),
        [
            _shown(BREACHED, 3, ({**RUN, "criterion": "c"}, 0), ({**RUN, "criterion": "d"}, 1)),
            _shown(UNSOUND, 3, (RUN, 1)),
            _shown(STATE, 3, (RUN, 3)),
        ],
    )


def _others() -> dict[str, Any]:
    theirs = _alert(ACCEPTANCE, OTHER, "1x9", criterion="c") | _alert(VALIDITY, OTHER, "1x9")
    return _test(
        "the alerts of one run say nothing of another",
        _run(RUN, "c") | _run(OTHER, "c") | theirs,
        [
            _shown(BREACHED, 3, ({**RUN, "criterion": "c"}, 0), ({**OTHER, "criterion": "c"}, 1)),
            _shown(UNSOUND, 3, (RUN, 0), (OTHER, 1)),
            _shown(STATE, 3, (RUN, 1), (OTHER, 3)),
        ],
    )


def _alone() -> dict[str, Any]:
    """As when the run's metrics are absent."""
    return _test(
        "a run of which nothing is seen is invalid while an alert says so",
        _alert(VALIDITY, RUN, "1x9"),
        [_shown(UNSOUND, 3, (RUN, 1)), _shown(STATE, 3, (RUN, 3))],
    )


def _given() -> list[dict[str, Any]]:
    alerts = _alert(VALIDITY, RUN, "1x9") | _alert(ACCEPTANCE, RUN, "1x9", criterion="c")
    return [
        _test(
            f"the verdict {name} is the last word",
            _run(RUN, "c") | alerts | {selector("loadtest_run_verdict", {**RUN, "verdict": name}): "_ _ 1x7"},
            [_shown(STATE, 1, (RUN, 3)), _shown(STATE, 3, (RUN, code))],
        )
        for name, code in GIVEN.items()
    ]


def _unjudged() -> dict[str, Any]:
    """Three runs: one stays beyond its end and is judged late, one vanishes, one vanishes with its verdict."""
    length, gone, late = 5, 3, 8
    judged, lost = late + 3, gone + round(GONE)
    end, begun = lost + 3, late - length - PATIENCE
    info, verdict, given = {"target": "sim"}, {"verdict": FAIL}, GIVEN[FAIL]
    series = {
        selector("loadtest_run_info", RUN | info): _until(end),
        selector("loadtest_run_start_timestamp_seconds", RUN): _until(end, begun),
        selector("loadtest_run_duration_seconds", RUN): _until(end, length),
        selector("loadtest_run_verdict", RUN | verdict): "_ " * judged + _until(end - judged),
        **_alert(VALIDITY, RUN, _until(end), check="a"),
        selector("loadtest_run_info", OTHER | info): _until(gone),
        selector("loadtest_run_info", THIRD | info): _until(gone),
        selector("loadtest_run_verdict", THIRD | verdict): _until(gone),
    }
    return _test(
        "a run that is over without a verdict is said to be so",
        series,
        [
            _shown(STATE, gone - 1, (RUN, UNSOUND_SO_FAR), (OTHER, HOLDING), (THIRD, given)),
            _shown(STATE, late, (RUN, UNSOUND_SO_FAR)),
            _shown(STATE, late + 1, (RUN, NO_VERDICT)),
            _shown(STATE, judged, (RUN, given)),
            _shown(STATE, lost - 2, (RUN, given)),
            _shown(STATE, lost + 1, (RUN, given), (OTHER, NO_VERDICT)),
        ],
    )


def _until(ticks: int, value: float = 1) -> str:
    """A value up to before a tick, at which the target is gone."""
    return f"{value} " * ticks + "stale"
