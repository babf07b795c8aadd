"""Operation by operation.

What is asked of the buckets of each operation is dear, and Prometheus often shares a machine with the load: such lines
have few points, and the densest panel is folded away.
"""

from __future__ import annotations

from grafana_foundation_sdk.builders import heatmap, table, timeseries
from grafana_foundation_sdk.builders.common import StackingConfig
from grafana_foundation_sdk.models.common import StackingMode

from grafana.panels import (
    NONE,
    NOT_KNOWN,
    PER_SECOND,
    SECONDS,
    SHARE,
    SHORT,
    Said,
    density,
    lines,
    not_known,
    option,
    quick_to_slow,
    rows,
)
from grafana.parts.traffic import NOTHING_FAILED
from grafana.queries import OPERATION, TEST_TYPE, bounds, buckets, by, moment, of_run, query, rate, so_far
from loadgen.catalogue.promql import Regex, number
from loadgen.rules.vocabulary import KNOWN

WHO = "test_type, name"
CALL = "{{test_type}} {{name}}"
FEW, APART = 100, "5s"
"""Points of a line, and the least between two."""

SOME = ">= 0"
"""What a quantile is: that of nothing is no number."""

NOTHING = "None of these operations ended in the time shown: choose others above, or a wider time."

BUCKET = "loadtest_response_time_seconds_bucket"


def chosen(name: str) -> str:
    """A selector of the chosen operations of the run. Raises UnknownName."""
    return of_run(name, test_type=TEST_TYPE, name=OPERATION)


def quantile(share: float, histogram: str) -> str:
    """A quantile of each chosen operation over time, from a histogram's buckets."""
    found = by("sum", f"{WHO}, le", rate(chosen(f"{histogram}_bucket")))
    return _known(f"histogram_quantile({number(share)}, {found})")


def slowest() -> table.Panel:
    """All operations in figures."""
    said = Said(
        title="Operations",
        description="Each operation over the run so far: its estimated P95, which nobody knows where more than 5 % "
        "failed, the bound of its test type or its own, its fastest and slowest success, and its failures.",
        unit=NONE,
        width=24,
        height=14,
        empty=NOTHING,
    )
    whole = f"histogram_quantile(0.95, {by('sum', f'{WHO}, le', so_far(chosen(BUCKET)))}) {SOME}"
    done, failed = _total("loadtest_requests_total"), _total("loadtest_request_failures_total")
    panel = rows(
        said,
        moment(whole),
        moment(_bound()),
        moment(by("min", WHO, so_far(chosen("loadtest_response_time_min_seconds")))),
        moment(by("max", WHO, so_far(chosen("loadtest_response_time_max_seconds")))),
        moment(done),
        moment(failed),
        moment(f"{failed} / {done}"),
        columns={
            "test_type": "Test type",
            "name": "Operation",
            "#A": "P95",
            "#B": "Bound, if judged",
            "#C": "Fastest",
            "#D": "Slowest",
            "#E": "Operations",
            "#F": "Failed",
            "#G": "Share failed",
        },
        sort="P95",
        down=True,
        widths={"Test type": 120, "Operation": 300},
    )
    panel = panel.override_by_regexp("/^(P95|Bound, if judged|Fastest|Slowest)$/", [option("unit", SECONDS)])
    panel = panel.override_by_name("P95", [option("mappings", [not_known(0.95), NOT_KNOWN])])
    panel = panel.override_by_regexp("/^(Operations|Failed)$/", [option("unit", SHORT), option("decimals", 0)])
    return panel.override_by_name("Share failed", [option("unit", SHARE), option("decimals", 2)])


def failed() -> table.Panel:
    """Failures in figures."""
    said = Said(
        title="Failures by operation and reason",
        description="How often each operation has failed in the run so far, and for which reason.",
        unit=SHORT,
        width=24,
        height=6,
        empty="Nothing has failed in the run so far.",
    )
    found = by("sum", f"{WHO}, reason", so_far(chosen("loadtest_request_failures_total")))
    shown = {"test_type": "Test type", "name": "Operation", "reason": "Reason", "#A": "Failed"}
    widths = {"Test type": 120, "Operation": 300, "Failed": 120}
    return rows(said, moment(f"{found} > 0"), columns=shown, sort="Failed", down=True, widths=widths).decimals(0)


def latency() -> timeseries.Panel:
    """P95 of each."""
    said = Said(
        title="Response time, P95",
        description="Estimated P95 of the time from the moment an operation was due to its end, absent while more than "
        "5 % fail, with the bounds of the chosen test types.",
        unit=SECONDS,
        width=12,
        height=11,
        empty=NOTHING,
    )
    info = by("max", "criterion", of_run("loadtest_criterion_info", test_type=TEST_TYPE))
    bound = f"{by('max', 'criterion', of_run('loadtest_latency_bound_seconds'))} and on (criterion) {info}"
    found = quantile(0.95, "loadtest_response_time_seconds")
    panel = lines(said, query(found, CALL), bounds(bound), ranked=True)
    return quick_to_slow(panel).max_data_points(FEW).interval(APART)


def service_time() -> timeseries.Panel:
    """From the send."""
    said = Said(
        title="Service time, P95",
        description="Estimated P95 of the time from the actual send to the answer, of operations that had one.",
        unit=SECONDS,
        width=12,
        height=11,
        empty=NOTHING,
    )
    return (
        lines(said, query(quantile(0.95, "loadtest_request_duration_seconds"), CALL), ranked=True)
        .max_data_points(FEW)
        .interval(APART)
    )


def latency_density() -> heatmap.Panel:
    """All that are chosen."""
    said = Said(
        title="Response times of the chosen operations",
        description="How many of them a second took how long, failed ones in the topmost row whatever they took.",
        unit=SECONDS,
        width=24,
        height=10,
        empty=NOTHING,
    )
    return density(said, buckets(by("sum", "le", rate(chosen(BUCKET))))).max_data_points(FEW).interval(APART)


def rates() -> timeseries.Panel:
    """How many."""
    said = Said(
        title="Operations per second",
        description="How many of each operation ended each second.",
        unit=PER_SECOND,
        width=12,
        height=10,
        empty=NOTHING,
    )
    return lines(said, query(by("sum", WHO, rate(chosen("loadtest_requests_total"))), CALL), ranked=True)


def failures() -> timeseries.Panel:
    """How many of them failed."""
    said = Said(
        title="Failures per second",
        description="How many of each operation failed each second, by the reason for which they count as failed.",
        unit=PER_SECOND,
        width=12,
        height=10,
        empty=NOTHING_FAILED,
    )
    found = by("sum", f"{WHO}, reason", rate(chosen("loadtest_request_failures_total")))
    panel = lines(said, query(f"{found} > 0", f"{CALL}: {{{{reason}}}}"), ranked=True)
    return panel.fill_opacity(40).stacking(StackingConfig().mode(StackingMode.NORMAL))


def _known(quantile: str) -> str:
    """Nothing where there was nothing, and nothing where the quantile lies beyond the last bucket."""
    return f"{quantile} {SOME} {KNOWN}"


def _total(counter: str) -> str:
    """What was counted in the run so far: its counters begin at 0."""
    return by("sum", WHO, so_far(chosen(counter)))


def _bound() -> str:
    """Each operation's bound: that of a criterion of its own, else its test type's."""
    general, particular = _named("[^:]+:([^:]+)"), _named("[^:]+:([^:]+):.+")
    own = f'label_replace({particular}, "name", "$1", "criterion", "[^:]+:[^:]+:(.+)")'
    each = by("group", WHO, so_far(chosen("loadtest_requests_total")))
    of_type = f"{each} * on (test_type) group_left () {by('max', 'test_type', general)}"
    return f"{by('max', WHO, own)} and on ({WHO}) {each} or on ({WHO}) {of_type}"


def _named(pattern: str) -> str:
    """Bounds of the criteria whose identity has this form, with the test type that stands in it."""
    bounds = so_far(of_run("loadtest_latency_bound_seconds", criterion=Regex(pattern)))
    return f'label_replace({bounds}, "test_type", "$1", "criterion", "{pattern}")'
