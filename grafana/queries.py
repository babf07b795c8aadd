"""PromQL of the panels: selectors whose names are checked, and targets."""

from __future__ import annotations

from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models.prometheus import PromQueryFormat, QueryEditorMode

from grafana.names import known
from loadgen.catalogue.promql import Regex, duration, selector
from loadgen.rules.validity import REMEMBERED

RUN, OTHER = "$run", "$other"
"""The runs that the variables name."""

TEST_TYPE, OPERATION, INSTANCE = Regex("$test_type"), Regex("$operation"), Regex("$instance")
"""What the variables of these names hold, one or several."""

RUN_LONG = duration(REMEMBERED)
"""How far back the rules look for what was so in a run, and with them who asks how it stands."""

FIRING = {"alertstate": "firing"}
"""The label of ALERTS while an alert fires; without `for` there is no other state."""


def series(name: str, /, **labels: str | Regex) -> str:
    """A selector of whatever run: `series("up", job="host")`. Raises UnknownName."""
    return selector(known(name), labels)


def of_run(name: str, /, **labels: str | Regex) -> str:
    """A selector of the chosen run. Raises UnknownName."""
    return selector(known(name), {"run_id": RUN, **labels})


def of_other(name: str, /, **labels: str | Regex) -> str:
    """A selector of the run that the chosen one is compared with. Raises UnknownName."""
    return selector(known(name), {"run_id": OTHER, **labels})


def rate(selected: str) -> str:
    """The rate of a counter, over four scrapes or more: as much as the panel's resolution asks for."""
    return f"rate({selected}[$__rate_interval])"


def last(selected: str) -> str:
    """The last value in the time shown, of whatever runs were in it."""
    return f"last_over_time({selected}[$__range])"


def any_time(selected: str) -> str:
    """The highest value in the time shown."""
    return f"max_over_time({selected}[$__range])"


def so_far(selected: str) -> str:
    """The last value of the chosen run, wherever in the time shown or before it: what is so stays when it is over."""
    return f"last_over_time({selected}[{RUN_LONG}])"


def ever(selected: str) -> str:
    """The highest value of the chosen run up to the end of the time shown."""
    return f"max_over_time({selected}[{RUN_LONG}])"


def start_of_load() -> str:
    """Unix seconds of the start of the load."""
    return f"max({so_far(of_run('loadtest_run_start_timestamp_seconds'))})"


def firing(**labels: str | Regex) -> str:
    """Alerts of the run while they fire."""
    return of_run("ALERTS", **labels, **FIRING)


def since(**labels: str | Regex) -> str:
    """Unix seconds since when each alert first fired: that of one which never did is left out."""
    active = f"min_over_time({of_run('ALERTS_FOR_STATE', **labels)}[{RUN_LONG}])"
    return f"({active} and ignoring (alertstate) {ever(firing(**labels))})"


def by(how: str, labels: str, expression: str) -> str:
    """An aggregation: `by("sum", "test_type", …)`; no labels make one series."""
    return f"{how} by ({labels}) ({expression})" if labels else f"{how} ({expression})"


def query(expression: str, legend: str = "__auto", *, ref: str = "") -> Dataquery:
    """A target over the range shown; `legend` may hold labels as `{{test_type}}`."""
    return _target(expression, legend, ref).range()


def moment(expression: str, legend: str = "__auto", *, ref: str = "") -> Dataquery:
    """A target at the end of the range shown, a row for each series: for tables."""
    return _target(expression, legend, ref).instant().format(PromQueryFormat.TABLE)


def latest(expression: str, legend: str = "__auto") -> Dataquery:
    """A target at the end of the range shown, a value for each series, named by its legend: for large letters, bars."""
    return _target(expression, legend, "").instant()


def buckets(expression: str) -> Dataquery:
    """A target of a heatmap: the buckets of a histogram by `le`."""
    return _target(expression, "{{le}}", "").range().format(PromQueryFormat.HEATMAP)


def _target(expression: str, legend: str, ref: str) -> Dataquery:
    target = Dataquery().expr(expression).legend_format(legend).editor_mode(QueryEditorMode.CODE)
    return target.ref_id(ref) if ref else target
