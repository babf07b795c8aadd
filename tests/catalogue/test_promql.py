"""PromQL text: whatever a value holds, it stays a value."""

from __future__ import annotations

import math

import pytest

from loadgen.catalogue.promql import Regex, any_of, duration, number, quote, selector


@pytest.mark.parametrize(
    "value, quoted",
    [
        ("chat", '"chat"'),
        ('"} or vector(1) #', '"\\"} or vector(1) #"'),
        ("back\\slash", '"back\\\\slash"'),
        ("two\nlines\r\t", '"two\\nlines\\r\\t"'),
        ("bell\x07", '"bell\\x07"'),
        ("{a,b}`'", '"{a,b}`\'"'),
        ("größe", '"größe"'),
    ],
)
def test_a_quoted_value_ends_where_it_should(value: str, quoted: str):
    assert quote(value) == quoted


def test_a_selector_without_labels_is_the_name():
    assert selector("loadtest_users") == "loadtest_users"


def test_a_selector_keeps_the_order_of_its_labels():
    wanted = 'loadtest_users{run_id="a\\"b",phase=~"x|y"}'
    assert selector("loadtest_users", {"run_id": 'a"b', "phase": Regex("x|y")}) == wanted


def test_any_of_matches_the_values_literally():
    wanted = 'm{name=~"a\\\\.b|c\\\\|d"}'
    assert selector("m", {"name": any_of(["a.b", "c|d"])}) == wanted


@pytest.mark.parametrize("value, text", [(0.1, "0.1"), (2.0, "2.0"), (math.inf, "+Inf"), (-math.inf, "-Inf")])
def test_a_number_reads_back_as_the_same_float(value: float, text: str):
    assert number(value) == text
    assert float(text) == value


def test_a_duration_is_exact_to_the_millisecond():
    assert [duration(s) for s in (10.0, 2.5, 0.001, 90)] == ["10s", "2500ms", "1ms", "90s"]


def test_a_duration_of_nothing_is_refused():
    with pytest.raises(ValueError, match="1 ms"):
        duration(0.0001)
