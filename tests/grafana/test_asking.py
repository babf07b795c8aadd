"""The questions are put as Grafana puts them: what is filled in, what a variable finds, which names a query has."""

from __future__ import annotations

import pytest

from tests.grafana.asking import Value, _picked, questions_of
from tests.grafana.shipped import names_in


@pytest.mark.parametrize(
    "value, form, text",
    [
        (Value(("a.b",)), None, "a.b"),
        (Value(("a.b",), several=True), None, r"a\\.b"),
        (Value(("a", "b|c"), several=True), None, r"(a|b\\|c)"),
        (Value((".*",), raw=True), None, ".*"),
        (Value(("a.b", "c"), several=True), "raw", "a.b,c"),
        (Value(()), None, ""),
        (Value(("it's",)), None, r"it\\'s"),
    ],
)
def test_a_variable_is_filled_in_as_the_data_source_does(value: Value, form: str | None, text: str):
    assert value.text(form) == text


@pytest.mark.parametrize(
    "pattern, left",
    [
        ("", ['{run_id="a-1"} 4 5000', "{} -90.5 7000"]),
        (r'/run_id="([^"]+)"/', ["a-1"]),
        (r"/\} (-?[0-9.]+) /", ["4", "-90.5"]),
        (r"/(?<text>\w+)=\"(?<value>[^\"]+)/", ["a-1"]),
    ],
)
def test_a_variables_pattern_leaves_what_it_names(pattern: str, left: list[str]):
    assert list(_picked(['{run_id="a-1"} 4 5000', "{} -90.5 7000"], pattern)) == left


@pytest.mark.parametrize(
    "expression, names",
    [
        ('sum by (le, name) (rate(x_bucket{a="b{c}"}[$__rate_interval]))', {"x_bucket"}),
        ("a:b:c / on (kind) group_left () d offset -${shift}ms > bool 0.5", {"a:b:c", "d"}),
        ('{__name__=~"up|down",run_id="$run"}', {"up", "down"}),
        ("vector(time() - ${start}) or x == +Inf and y unless z", {"x", "y", "z"}),
        ("last_over_time(x[180d] offset -90d) * 1e3 or x @ 12", {"x"}),
        ('label_replace(x, "a", "$1", "b", "(.+)")', {"x"}),
    ],
)
def test_the_names_of_a_query_are_those_of_its_series(expression: str, names: set[str]):
    assert names_in(expression) == names


def test_panels_in_folded_rows_are_asked_too():
    panel = {"type": "stat", "title": "A", "targets": [{"refId": "A", "expr": "up", "instant": True}]}
    folded = {"type": "row", "title": "Folded", "panels": [{**panel, "title": "B"}]}
    asked = questions_of({"uid": "x", "panels": [panel, folded]})
    assert [(one.where, one.instant) for one in asked] == [("x / A / A", True), ("x / B / A", True)]
