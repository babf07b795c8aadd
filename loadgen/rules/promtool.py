"""promtool tests of a plan's rules, from the cases that each kind of criterion brings along.

The same case of several criteria of a kind makes one test: each test costs promtool a database of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from loadgen.catalogue.promql import duration, number, selector
from loadgen.criteria import SAMPLES, Alert, Case, Moment, Scope, kind_of
from loadgen.model.plan import Criterion, Plan
from loadgen.rules.acceptance import MEASURED, labels_of, window_of
from loadgen.rules.alerts import annotations_of, role_labels
from loadgen.rules.groups import as_yaml
from loadgen.rules.templates import expanded


class Entry(Struct, frozen=True):
    """A case of a criterion, with the criterion's alerts that the case checks."""

    criterion: Criterion
    case: Case
    alerts: tuple[Alert, ...]


def promtool_tests(plan: Plan, scope: Scope, rule_files: Sequence[str], heading: str = "") -> str:
    """The text of a promtool test file for `rule_groups(plan, scope)`, which stand in `rule_files`."""
    labels = {"run_id": scope.get("run_id", "a-run"), "scenario": scope.get("scenario", plan.scenario)}
    alike: dict[tuple[Any, ...], list[Entry]] = {}
    for entry in _entries(plan, labels):
        shape = (entry.criterion.kind, entry.case.law, tuple(moment.at for moment in entry.case.moments))
        alike.setdefault(shape, []).append(entry)
    return rule_test_file([_test(entries, labels) for entries in alike.values()], rule_files, heading)


def rule_test_file(
    tests: Sequence[dict[str, Any]], rule_files: Sequence[str], heading: str, interval: float = 1.0
) -> str:
    """A promtool test file, with an evaluation every `interval` seconds."""
    content = {"rule_files": list(rule_files), "evaluation_interval": duration(interval), "tests": list(tests)}
    return as_yaml(content, heading)


STALE = "stale"
"""In a series of promtool's: the target was not there any more."""


def input_series(series: Mapping[str, Sequence[float | str | None]]) -> list[dict[str, str]]:
    """Series in promtool's notation, where `_` is no sample."""
    return [{"series": name, "values": " ".join(_sample(v) for v in values)} for name, values in series.items()]


def _sample(value: float | str | None) -> str:
    if value is None or isinstance(value, str):
        return value or "_"
    return str(int(value)) if math.isfinite(value) and value == int(value) else number(value)


def _entries(plan: Plan, labels: Scope) -> Iterator[Entry]:
    window = window_of(plan)
    for criterion in plan.criteria:
        kind = kind_of(criterion)
        alerts = kind.alerts(criterion, labels, window)
        for case in kind.cases(criterion, labels, window):
            yield Entry(criterion, case, tuple(alert for alert in alerts if alert.name in case.checks))


def _test(entries: Sequence[Entry], labels: Scope) -> dict[str, Any]:
    first = entries[0]
    series = {name: values for entry in entries for name, values in entry.case.series.items()}
    named = [
        _fires(entries, place, alert.name, labels)
        for place in range(len(first.case.moments))
        for alert in first.alerts
        if alert.role != SAMPLES
    ]
    asked = [query for entry in entries for moment in entry.case.moments for query in _queries(entry, moment, labels)]
    return {
        "name": f"{first.criterion.kind}: {first.case.law}",
        "interval": "1s",
        "input_series": input_series(series),
        "alert_rule_test": named,
        "promql_expr_test": asked,
    }


def _fires(entries: Sequence[Entry], place: int, name: str, labels: Scope) -> dict[str, Any]:
    """Exactly the alerts of this name that are due at a moment, with their labels and annotations."""
    due = [
        _expected(entry, alert, entry.case.moments[place], labels)
        for entry in entries
        for alert in entry.alerts
        if alert.name == name and name in entry.case.moments[place].firing
    ]
    at = entries[0].case.moments[place].at
    return {"eval_time": f"{at}s", "alertname": name} | ({"exp_alerts": due} if due else {})


def _expected(entry: Entry, alert: Alert, moment: Moment, labels: Scope) -> dict[str, Any]:
    value = moment.firing[alert.name]
    return {
        "exp_labels": {**labels_of(entry.criterion, alert), **labels},
        "exp_annotations": {key: expanded(text, value, labels) for key, text in annotations_of(alert).items()},
    }


def _queries(entry: Entry, moment: Moment, labels: Scope) -> Iterator[dict[str, Any]]:
    """Whether the criterion is short of samples, and what is recorded as measured: that value, or nothing."""
    yield from (_short(entry, alert, moment, labels) for alert in entry.alerts if alert.role == SAMPLES)
    who = {"criterion": entry.criterion.id}
    value = moment.firing.get(kind_of(entry.criterion).breach, moment.measured)
    expected = [] if value is None else [{"labels": selector(MEASURED, {**who, **labels}), "value": value}]
    if expected or not entry.case.series:
        yield query(selector(MEASURED, who), moment.at, expected)


def alert_test(
    alert: Alert, at: float, due: Sequence[tuple[float, Mapping[str, str]]], own: Mapping[str, str] = {}
) -> dict[str, Any]:
    """Exactly these alerts of a name fire at a second, each with its value and the labels of its series.

    `own`: the labels that the rule itself adds.
    """
    expected = [
        {
            "exp_labels": {**role_labels(alert), **own, **labels},
            "exp_annotations": {key: expanded(text, value, labels) for key, text in annotations_of(alert).items()},
        }
        for value, labels in due
    ]
    return {"eval_time": duration(at) if at else "0s", "alertname": alert.name} | (
        {"exp_alerts": expected} if expected else {}
    )


def query(expression: str, at: float, expected: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What an expression must answer at a second: exactly these samples, or none at all."""
    return {"expr": expression, "eval_time": duration(at) if at else "0s"} | (
        {"exp_samples": list(expected)} if expected else {}
    )


def _short(entry: Entry, alert: Alert, moment: Moment, labels: Scope) -> dict[str, Any]:
    """All kinds share this alert, so only its own criterion is asked for."""
    who = {"alertname": alert.name, "alertstate": "firing", "criterion": entry.criterion.id}
    found = selector("ALERTS", {**who, **labels_of(entry.criterion, alert), **labels})
    return query(
        selector("ALERTS", who), moment.at, [{"labels": found, "value": 1}] if alert.name in moment.firing else []
    )
