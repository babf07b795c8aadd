"""Whether an expression can speak of a run is read off its selectors."""

from __future__ import annotations

import pytest

from loadgen.catalogue.promql import duration, seconds_in
from loadgen.query.selectors import Matcher, selectors, speaks_of

RUN = {"run_id": "spike-2026", "scenario": "spike"}


@pytest.mark.parametrize(
    "expression, speaks",
    [
        ("up", True),
        ('up{scenario="spike"}', True),
        ('up{scenario="smoke"}', False),
        ('up{run_id=""}', False),
        ('up{scenario!="spike"}', False),
        ('up{scenario=~"smoke|target"}', False),
        ('up{scenario=~"sm.*|sp.*"}', True),
        ('up{run_id!~"spike-.*"}', False),
        ('up{scenario=~"("}', True),
        ('up{job="scenario=\\"smoke\\""}', True),
        ('{__name__=~"a|b", scenario="smoke"}', False),
        (
            'sum by (scenario) (rate(up{scenario="smoke"}[1m])) / on (run_id) group_left (job) up{scenario="smoke"}',
            False,
        ),
        ('max_over_time(up{scenario="smoke"}[5m:1s] offset 1m) > bool 1e-05 and time() > +Inf', False),
        ('up{scenario="smoke"} or up', True),
        ('label_replace(up{scenario="smoke"}, "a", "scenario", "", "")', False),
        ("vector(1)", False),
        ("up{", True),
    ],
)
def test_what_every_selector_leaves_out_is_left_out(expression: str, speaks: bool):
    assert speaks_of(expression, RUN) is speaks


def test_labels_are_read_as_they_were_meant():
    (found,) = selectors('up{a="x\\"},y",b=~`c\\d`}')
    assert found == (Matcher("a", "=", 'x"},y'), Matcher("b", "=~", "c\\d"))


@pytest.mark.parametrize(
    "text, seconds", [("1s500ms", 1.5), ("1500ms", 1.5), ("1h30m", 5400), ("1d", 86400), ("0s", 0)]
)
def test_durations_of_prometheus_are_read(text: str, seconds: float):
    assert seconds_in(text) == seconds


def test_a_duration_comes_back_and_nonsense_does_not():
    assert [seconds_in(duration(seconds)) for seconds in (0.001, 0.25, 1, 61.5)] == [0.001, 0.25, 1, 61.5]
    for text in ("1.5s", "s", "1s ", "5", "None"):
        with pytest.raises(ValueError, match="no duration"):
            seconds_in(text)
