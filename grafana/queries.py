"""PromQL of the panels: selectors whose names are checked, and targets."""

from __future__ import annotations

from collections.abc import Callable

from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models.prometheus import PromQueryFormat, QueryEditorMode

from grafana.names import known
from loadgen.catalogue.promql import Regex, duration, selector
from loadgen.rules.states import GIVEN, NO_VERDICT, PATIENCE, STATE
from loadgen.rules.validity import REMEMBERED

RUN, OTHER = "$run", "$other"
"""The runs that the variables name."""

TEST_TYPE, OPERATION, INSTANCE = Regex("$test_type"), Regex("$operation"), Regex("$instance")
"""What the variables of these names hold, one or several."""

RUN_LONG = duration(REMEMBERED)
"""How far back the rules look for what was so in a run, and with them who asks how it stands."""

START, LENGTH = "loadtest_run_start_timestamp_seconds", "loadtest_run_duration_seconds"
"""When the load of a run began, in Unix seconds, and how many seconds of it are planned."""

OF_A_RUN = 'run_id!=""'
"""Whatever carries the name of a run."""

FIRING = {"alertstate": "firing"}
"""The label of ALERTS while an alert fires; without `for` there is no other state."""


def series(name: str, /, **labels: str | Regex) -> str:
    """A selector of whatever run: `series("up", job="host")`. Raises UnknownName."""
    return selector(known(name), labels)


def of_run(name: str, /, **labels: str | Regex) -> str:
    """A selector of the chosen run. Raises UnknownName."""
    return picked(known(name), RUN, **labels)


def of_other(name: str, /, **labels: str | Regex) -> str:
    """A selector of the run that the chosen one is compared with. Raises UnknownName."""
    return picked(known(name), OTHER, **labels)


def picked(name: str, run: str | Regex, /, **labels: str | Regex) -> str:
    """A selector of runs that variables name, and of nothing where these are empty.

    An empty run_id would pick what has none: exporters that run all the time, and the stack's own.
    """
    return selector(name, {"run_id": run, **labels}).removesuffix("}") + f",{OF_A_RUN}}}"


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


def standing(of: Callable[[str], str], highest: str) -> str:
    """Each run's state: its verdict, where it has one; that it has none, where it should long be over; else the last.

    While a run is taken down its alerts may outlast its verdict for a scrape, and would say `invalid so far` for good.
    A run that died with its Prometheus is said to hold so far: the rules had no time to take that back. `of`: the last
    value of a series by its name; `highest`: the highest of STATE.
    """
    last, start, length = (by("max", "run_id", of(name)) for name in (STATE, START, LENGTH))
    late = f"({last} and {start} + {length} + {PATIENCE:g} < time())"
    return f"({by('max', 'run_id', highest)} >= {min(GIVEN.values())} or {NO_VERDICT} + 0 * {late} or {last})"


def start_of_load() -> str:
    """Unix seconds of the start of the load."""
    return f"max({so_far(of_run(START))})"


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


def as_one(bounds: str, word: str, label: str, between: str) -> str:
    """Bounds, as one line where all are equal, with the legend's text in the label `bound`.

    The text is `word`, or where they differ `word`, `between` and the label.
    """
    one = f'label_replace(max({bounds}) == min({bounds}), "bound", "{word}", "", "")'
    return f'{one} or on () label_replace({bounds}, "bound", "{word}{between}$1", "{label}", "(.*)")'


def bounds(series: str, word: str = "bound", label: str = "criterion", between: str = " of ") -> Dataquery:
    """The lines of bounds or limits: the last target of a panel, so that they stand last in its legend."""
    return query(as_one(series, word, label, between), "{{bound}}")


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
