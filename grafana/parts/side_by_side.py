"""Two runs in one panel, over the seconds since the start of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from grafana_foundation_sdk.builders import trend

from grafana import panels, theme
from grafana.compared import shifted, since_start
from grafana.names import RESOURCE_USE, RESOURCE_WAITING
from grafana.panels import PER_SECOND, SECONDS, SHARE, SHORT, Said
from grafana.parts.traffic import FEW_ERRORS
from grafana.queries import OTHER, RUN, TEST_TYPE, by, of_other, of_run, query
from loadgen.catalogue.promql import Regex
from loadgen.rules.vocabulary import KNOWN

AXIS, CHOSEN, ANOTHER = "seconds since the start", "this run", "other run"
"""Names of the axis and of the lines."""

ERRORS = "Errors"

EMPTY = (
    "The time shown lies on no part of this run: open it from the list of runs, and choose another to compare it with."
)

Of = Callable[[Callable[[str], str], str], str]
"""PromQL of one run, from what is done to each selector and the run's variable."""


def curves() -> tuple[trend.Panel, ...]:
    """A panel for each question, with both runs in it."""
    of_type = {"test_type": TEST_TYPE}
    asked = (
        ("Users", "Users at work", SHORT, _sum("test_type:loadtest_users:sum", of_type)),
        (
            "Operations per second",
            "Operations that ended",
            PER_SECOND,
            _sum("test_type:loadtest_requests:rate", of_type),
        ),
        ("Latency (P95)", "95 of 100 judged operations were faster; absent while more than 5 % fail", SECONDS, _p95),
        (ERRORS, "Share of the operations that failed", SHARE, _errors),
        ("Nearest to a limit", "Of all resources the use over its limit that is highest", SHARE, _nearest),
        ("Waiting", "All who wait for a slot or a connection", SHORT, _sum(RESOURCE_WAITING, {})),
    )
    return tuple(
        _curve(Said(title=title, description=f"{what}; the other run is dashed.", unit=unit, empty=EMPTY, width=8), of)
        for title, what, unit, of in asked
    )


def _curve(said: Said, of: Of) -> trend.Panel:
    panel = panels.over(
        said,
        query(since_start(), AXIS),
        query(of(lambda selected: selected, RUN), CHOSEN),
        query(of(shifted, OTHER), ANOTHER),
    )
    if said.unit == SECONDS:
        panel = panels.quick_to_slow(panel)
    if said.title == ERRORS:
        panel = panel.axis_soft_max(FEW_ERRORS)
    return panel.override_by_name(CHOSEN, theme.achieved()).override_by_name(ANOTHER, theme.planned())


def _sum(name: str, labels: Mapping[str, str | Regex]) -> Of:
    return lambda moved, run: by("sum", "", moved(_series(name, run, **labels)))


def _p95(moved: Callable[[str], str], run: str) -> str:
    buckets = moved(_series("test_type:loadtest_response_time_seconds_bucket:rate", run, test_type=TEST_TYPE))
    return f"histogram_quantile(0.95, {by('sum', 'le', buckets)}) {KNOWN}"


def _errors(moved: Callable[[str], str], run: str) -> str:
    failed = _sum("test_type:loadtest_request_failures:rate", {"test_type": TEST_TYPE})(moved, run)
    return f"{failed} / {_sum('test_type:loadtest_requests:rate', {'test_type': TEST_TYPE})(moved, run)}"


def _nearest(moved: Callable[[str], str], run: str) -> str:
    limit = by("max", "kind", moved(_series("loadtest_resource_limit", run)))
    return by("max", "", f"{moved(_series(RESOURCE_USE, run))} / on (kind) group_left () {limit}")


def _series(name: str, run: str, **labels: str | Regex) -> str:
    return of_run(name, **labels) if run == RUN else of_other(name, **labels)
