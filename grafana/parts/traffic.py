"""Load, latency and errors over time."""

from __future__ import annotations

from grafana_foundation_sdk.builders import heatmap, timeseries
from grafana_foundation_sdk.builders.common import StackingConfig
from grafana_foundation_sdk.builders.dashboard import FieldColor
from grafana_foundation_sdk.models.common import StackingMode
from grafana_foundation_sdk.models.dashboard import FieldColorModeId

from grafana import theme
from grafana.panels import PER_SECOND, SECONDS, SHARE, SHORT, Said, density, lines, quick_to_slow
from grafana.queries import TEST_TYPE, bounds, buckets, by, of_run, query, rate
from loadgen.rules.vocabulary import BUCKETS, FAILURES, QUANTILES, REQUESTS

FEW_ERRORS = 0.02
"""Up to where an axis of errors goes at the least: twice the usual bound."""

NOTHING_FAILED = "Nothing has failed in the time shown."


def users() -> timeseries.Panel:
    """Planned and at work."""
    said = Said(
        title="Users",
        description="Users at work, by test type and together, beside the users that the plan wants.",
        unit=SHORT,
        width=8,
    )
    panel = lines(
        said,
        query(by("sum", "", of_run("loadtest_users_target")), "planned"),
        query(of_run("run:loadtest_users:sum"), "at work"),
        query(of_run("test_type:loadtest_users:sum"), "{{test_type}}"),
    )
    panel = panel.override_by_name("planned", theme.planned()).override_by_name("at work", theme.achieved())
    return by_test_type(panel)


def operations() -> timeseries.Panel:
    """Rates."""
    said = Said(
        title="Operations per second",
        description="Operations that ended, by test type and together, with those that failed.",
        unit=PER_SECOND,
        width=8,
    )
    panel = lines(
        said,
        query(of_run(f"run:{REQUESTS}"), "all"),
        query(of_run(f"run:{FAILURES}"), "failed"),
        query(of_run(f"test_type:{REQUESTS}"), "{{test_type}}"),
    )
    panel = panel.override_by_name("all", theme.achieved()).override_by_name("failed", theme.full(theme.BAD))
    return by_test_type(panel)


def in_flight() -> timeseries.Panel:
    """What is open."""
    said = Said(
        title="In flight and connections",
        description="Operations sent and not yet answered, open connections, and connections made anew each second.",
        unit=SHORT,
        width=8,
    )
    panel = lines(
        said,
        query(by("sum", "", of_run("loadtest_requests_in_flight")), "in flight"),
        query(by("sum", "", of_run("loadtest_connections")), "connections"),
        query(by("sum", "", rate(of_run("loadtest_reconnects_total"))), "reconnects per second"),
    )
    for name, colour in zip(("in flight", "connections", "reconnects per second"), theme.DISTINCT, strict=False):
        panel = panel.override_by_name(name, theme.full(colour))
    return panel


def latency() -> timeseries.Panel:
    """Quantiles of one test type; the panel is repeated for each."""
    said = Said(
        title="Response time, $test_type",
        description="Estimated quantiles of the time from the moment a judged operation was due to its end, each "
        "absent while more fail than it leaves out, with the bounds within which the criteria want it.",
        unit=SECONDS,
        width=8,
        height=9,
        empty="No judged operation of this test type ended in the time shown, or more failed than the quantiles leave "
        "out.",
    )
    quantiles = [
        query(of_run(f"test_type:loadtest_response_time_seconds:{name}", test_type=TEST_TYPE), name.upper())
        for name in QUANTILES
    ]
    info = by("max", "criterion", of_run("loadtest_criterion_info", test_type=TEST_TYPE))
    bound = f"{by('max', 'criterion', of_run('loadtest_latency_bound_seconds'))} and on (criterion) {info}"
    panel = lines(said, *quantiles, bounds(bound))
    for name, colour in theme.QUANTILES.items():
        panel = panel.override_by_name(name, theme.full(colour))
    return quick_to_slow(panel).repeat("test_type").repeat_direction("h").max_per_row(3)


def latency_density() -> heatmap.Panel:
    """All response times."""
    said = Said(
        title="Response times of all judged operations",
        description="How many judged operations a second took how long, failed ones in the topmost row whatever they "
        "took.",
        unit=SECONDS,
        width=24,
        height=10,
    )
    return density(said, buckets(of_run(f"run:{BUCKETS}")))


def error_share() -> timeseries.Panel:
    """Shares by test type with the bounds."""
    said = Said(
        title="Share of failed operations",
        description="Failed operations among all that ended, judged or not, by test type, with the bounds of the error "
        "criteria.",
        unit=SHARE,
        width=12,
        height=9,
    )
    bound = of_run("loadtest_criterion_bound")
    kind = by("max", "criterion", of_run("loadtest_criterion_info", kind="errors"))
    panel = lines(
        said,
        query(of_run("test_type:loadtest_request_failures:ratio_rate"), "{{test_type}}"),
        bounds(f"{by('max', 'criterion', bound)} and on (criterion) {kind}"),
    )
    return by_test_type(panel).axis_soft_max(FEW_ERRORS)


def failures() -> timeseries.Panel:
    """By reason."""
    said = Said(
        title="Failures by reason",
        description="Operations that failed each second, by the reason for which they count as failed.",
        unit=PER_SECOND,
        width=12,
        height=9,
        empty=NOTHING_FAILED,
    )
    found = by("sum", "reason", rate(of_run("loadtest_request_failures_total")))
    panel = lines(said, query(f"{found} > 0", "{{reason}}"))
    panel = panel.color_scheme(FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC))
    return panel.fill_opacity(40).stacking(StackingConfig().mode(StackingMode.NORMAL))


def by_test_type(panel: timeseries.Panel) -> timeseries.Panel:
    """Each test type's line in its own colour."""
    for test_type, colour in theme.TEST_TYPES.items():
        panel = panel.override_by_name(test_type, theme.full(colour))
    return panel
