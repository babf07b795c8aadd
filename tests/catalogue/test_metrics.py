"""The one list of metrics keeps to the rules that Prometheus' users know."""

from __future__ import annotations

import re

import pytest

from loadgen.catalogue import METRICS, Metric, metric
from loadgen.catalogue.metrics import COUNTER, GAUGE, HISTOGRAM

BOUNDED = {
    "test_type", "name", "phase", "reason", "kind", "worker", "criterion", "target", "version", "commit", "edges",
    "verdict", "unit", "sense", "check", "resource",
}  # fmt: skip


def test_a_name_stands_once():
    names = [m.name for m in METRICS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("each", METRICS, ids=lambda m: m.name)
def test_names_and_types_go_together(each: Metric):
    assert re.fullmatch(r"loadtest_[a-z_]+", each.name)
    assert each.type in (COUNTER, GAUGE, HISTOGRAM)
    assert each.name.endswith("_total") == (each.type == COUNTER)
    assert not each.name.endswith(("_bucket", "_sum", "_count"))


@pytest.mark.parametrize("each", METRICS, ids=lambda m: m.name)
def test_every_metric_says_what_it_is(each: Metric):
    assert each.help.endswith(".")
    assert each.unit


@pytest.mark.parametrize("each", METRICS, ids=lambda m: m.name)
def test_labels_are_bounded_and_none_says_success_or_failure(each: Metric):
    assert set(each.labels) <= BOUNDED


def test_metrics_are_found_by_name_and_others_are_not():
    assert metric("loadtest_users").type == GAUGE
    with pytest.raises(KeyError):
        metric("loadtest_happiness")
