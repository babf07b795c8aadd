"""The text format: what Prometheus reads is what the collectors meant."""

from __future__ import annotations

import math

import pytest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from exporters.core.exposition import family, text

HOSTILE = 'a"b\\c\nd{e="f"} 7 # "'


def metric(kind: str, *values: object, name: str = "m", labels: dict[str, str] | None = None) -> Metric:
    made = Metric(name, "Help.", kind)
    for value in values:
        made.add_sample(name, labels or {}, value)  # type: ignore[arg-type]
    return made


def shown(*metrics: Metric) -> str:
    return text(found for each in metrics if (found := family(each))).decode()


def test_a_counter_keeps_the_name_that_the_field_gave_it():
    assert shown(metric("counter", 3, name="pg_stat_database_xact_commit")) == (
        "# HELP pg_stat_database_xact_commit Help.\n"
        "# TYPE pg_stat_database_xact_commit counter\n"
        "pg_stat_database_xact_commit 3\n"
    )


def test_a_counter_of_the_client_library_has_its_ending_in_all_three_lines():
    made = CounterMetricFamily("seconds_total", "Help.", value=1.5, created=17.0)
    assert shown(made) == "# HELP seconds_total Help.\n# TYPE seconds_total counter\nseconds_total 1.5\n"


def test_types_that_the_text_format_lacks_are_shown_as_what_they_are_there():
    assert "# TYPE m untyped\n" in shown(metric("unknown", 1))
    assert "# TYPE gpu_info gauge\n" in shown(InfoMetricFamily("gpu", "Help.", value={"uuid": "u"}))


def test_a_histogram_has_the_familys_name_in_its_head():
    made = HistogramMetricFamily("wait_seconds", "Help.", buckets=[("1.0", 2), ("+Inf", 3)], sum_value=9.5)
    assert shown(made).splitlines()[1:] == [
        "# TYPE wait_seconds histogram",
        'wait_seconds_bucket{le="1.0"} 2',
        'wait_seconds_bucket{le="+Inf"} 3',
        "wait_seconds_count 3",
        "wait_seconds_sum 9.5",
    ]


@pytest.mark.parametrize(
    "value, text",
    [
        (1, "1"),
        (True, "1"),
        (0.1, "0.1"),
        (1e300, "1e+300"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
    ],
)
def test_a_value_is_shown_with_every_digit_it_has(value: float, text: str):
    assert shown(metric("gauge", value)).endswith(f"\nm {text}\n")


@pytest.mark.parametrize("value", [None, "1", [1]])
def test_what_is_no_number_is_refused(value: object):
    with pytest.raises(TypeError):
        family(metric("gauge", value))


def test_a_label_comes_back_as_it_was_whatever_it_holds():
    back = list(text_string_to_metric_families(shown(metric("gauge", 1, labels={"command": HOSTILE}))))
    assert back[0].samples[0].labels == {"command": HOSTILE}


def test_labels_that_are_no_utf8_spoil_nothing_and_two_of_them_stay_two():
    lines = [shown(metric("gauge", 1, labels={"place": f"/bad{byte}é"})).splitlines()[-1] for byte in "\udcff\udcfe"]
    assert lines == [r'm{place="/bad\\xffé"} 1', r'm{place="/bad\\xfeé"} 1']


def test_a_family_without_samples_is_not_shown_at_all():
    assert family(metric("gauge")) is None


def test_a_gauge_with_samples_of_two_names_is_refused():
    made = metric("gauge", 1)
    made.add_sample("another", {}, 1)
    with pytest.raises(ValueError, match="several names"):
        family(made)


def test_families_of_one_name_share_a_head():
    one, two = metric("gauge", 1, labels={"server": "a"}), metric("gauge", 2, labels={"server": "b"})
    assert shown(one, metric("gauge", 7, name="n"), two) == (
        '# HELP m Help.\n# TYPE m gauge\nm{server="a"} 1\nm{server="b"} 2\n# HELP n Help.\n# TYPE n gauge\nn 7\n'
    )
