"""Resources: what the target lives on, against its limits, on one time axis under latency; what gave way first."""

from __future__ import annotations

from grafana_foundation_sdk.builders import timeseries
from grafana_foundation_sdk.models.common import BigValueTextMode

from grafana import panels, theme, variables
from grafana.dashboard import RESOURCES, Board, Row
from grafana.details import databases, exporters, gpu, host, processes, services
from grafana.details.measured import curve
from grafana.names import RESOURCE_USE, RESOURCE_WAITING, known
from grafana.panels import CELSIUS, SECONDS, SHARE, SHORT, Panel, Said, option
from grafana.queries import FIRING, RUN, any_time, bounds, by, last, latest, moment, of_run, picked, query
from loadgen.catalogue.promql import any_of
from loadgen.resources import CELSIUS as CELSIUS_KIND
from loadgen.resources import RESOURCES as KINDS
from loadgen.rules.resources import AT_LIMIT

EMPTY = "The run has nothing of this kind, or no rules of a run recorded it in the time shown."
NOBODY_WAITS = "Nobody can wait for anything that the run measured, or nothing was recorded in the time shown."

SCRAPED = picked("", RUN, __name__=any_of((known("up"), RESOURCE_USE)))
"""What the run scraped itself, and what its rules measured elsewhere. All that is no value of its own but just these:
an exporter that runs all the time beside the run's own would show the same machine twice."""

FAMILIES = (
    ("Processors", "CPU in use", ("host_cpu", "container_cpu", "process_cpu")),
    ("Memory", "Memory in use", ("host_memory", "container_memory")),
    ("Service slots", "Service slots in use", ("service_slots",)),
    ("Connection pools", "Connections in use", ("application_pool", "pgbouncer_pool")),
    ("Database connections", "Connections open", ("database_connections",)),
    ("File descriptors", "Descriptors open", ("process_descriptors",)),
    ("GPU", "Utilisation and memory in use", ("gpu_utilization", "gpu_memory")),
    ("GPU temperature", "Degrees Celsius", ("gpu_temperature",)),
)
"""Title, what its lines are, and the kinds of resources in it."""


def board() -> Board:
    """The dashboard."""
    return Board(
        uid=RESOURCES,
        description="What the target lives on, against its limits, under the latency of the same seconds.",
        variables=(variables.run(), variables.instance(SCRAPED).all_value("")),
        rows=(
            Row("What gave way", (_first(), _nearest())),
            Row("The load", (_latency(), _load())),
            Row("Use against the limit", (*(_family(*family) for family in FAMILIES), _waiting(), _alerts())),
            host.row(),
            processes.row(),
            services.row(),
            *databases.rows(),
            gpu.row(),
            exporters.row(),
        ),
    )


def _first() -> Panel:
    moments = by("min", "resource", last(of_run("loadtest_first_saturation_timestamp_seconds")))
    start = by("min", "", last(of_run("loadtest_run_start_timestamp_seconds")))
    said = Said(
        title="Gave way first",
        description="The resource that the load brought to its limit before any other, and seconds from the start.",
        unit=SECONDS,
        empty="Not known before the verdict; after it: no resource reached its limit and stayed there.",
        width=6,
        height=9,
    )
    panel = panels.value(said, latest(f"{moments} - on () group_left () {start}", "{{resource}}"))
    return panel.text_mode(BigValueTextMode.VALUE_AND_NAME).decimals(1)


def _nearest() -> Panel:
    """The table of what came nearest to its limit."""
    who, limit = "kind, subject", by("max", "kind", last(of_run("loadtest_resource_limit")))
    highest = by("max", who, any_time(of_run(RESOURCE_USE)))
    at_limit = by("max", who, f"avg_over_time({of_run(AT_LIMIT)}[$__range])")
    said = Said(
        title="Nearest to the limit",
        description="The highest use in the time shown over its limit, and how much of that time it was at its limit, "
        "which a pool is only while somebody waits; a use is a share of what there is, or °C.",
        unit=SHORT,
        empty=EMPTY,
        width=18,
        height=9,
    )
    table = panels.rows(
        said,
        moment(f"{highest} / on (kind) group_left () {limit}"),
        moment(highest),
        moment(f"0 * {highest} + on (kind) group_left () {limit}"),
        moment(by("max", who, any_time(of_run(RESOURCE_WAITING)))),
        moment(at_limit),
        columns={
            "kind": "Kind",
            "subject": "Of",
            "#A": "Use over limit",
            "#B": "Highest use",
            "#C": "Limit",
            "#D": "Waiting at most",
            "#E": "Time at its limit",
        },
        sort="Use over limit",
        down=True,
        widths={
            "Kind": 190,
            "Of": 200,
            "Highest use": 120,
            "Limit": 90,
            "Waiting at most": 140,
            "Time at its limit": 140,
        },
    )
    gauge = {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}
    colours = panels.steps((None, theme.ACHIEVED), (1.0, theme.WARNING)).build()
    over = [option("unit", SHARE), option("min", 0), option("max", 1), option("decimals", 0)]
    over += [
        option("custom.cellOptions", gauge),
        option("thresholds", colours),
        option("color", {"mode": "thresholds"}),
    ]
    share = [option("unit", SHARE), option("decimals", 0)]
    return table.override_by_name("Use over limit", over).override_by_name("Time at its limit", share).decimals(2)


def _latency() -> timeseries.Panel:
    said = Said(
        title="Latency (P95) by test type",
        description="95 of 100 judged operations were faster, absent while more than 5 % fail; the dashed line is the "
        "time within which they must succeed.",
        unit=SECONDS,
        height=8,
    )
    info = by("max", "criterion, test_type", of_run("loadtest_criterion_info", kind="latency"))
    bound = f"{of_run('loadtest_latency_bound_seconds')} * on (criterion) group_left (test_type) {info}"
    panel = curve(
        said,
        query(of_run("test_type:loadtest_response_time_seconds:p95"), "{{test_type}}"),
        bounds(by("max", "criterion", bound)),
    )
    panel = panels.quick_to_slow(panel)
    for test_type, colour in theme.TEST_TYPES.items():
        panel = panel.override_by_name(test_type, theme.full(colour))
    return panel


def _load() -> timeseries.Panel:
    said = Said(
        title="Users",
        description="Users that the plan wants active, and those that are.",
        unit=SHORT,
        height=8,
    )
    return (
        panels.lines(
            said,
            query(by("sum", "", of_run("loadtest_users_target")), "planned"),
            query(of_run("run:loadtest_users:sum"), "active"),
        )
        .override_by_name("planned", theme.planned())
        .override_by_name("active", theme.achieved())
    )


def _family(title: str, what: str, kinds: tuple[str, ...]) -> timeseries.Panel:
    """A panel of one family: use as a share of what there is, and the limits of its kinds."""
    degrees = all(KINDS[kind].unit == CELSIUS_KIND for kind in kinds)
    chosen = any_of(kinds)
    limit = by("max", "kind", of_run("loadtest_resource_limit", kind=chosen))
    legend = "{{subject}}" if len(kinds) == 1 else "{{kind}} {{subject}}"
    said = Said(
        title=title,
        description=f"{what}{'' if degrees else ', a share of what there is'}; dashed: the limit that the plan sets.",
        unit=CELSIUS if degrees else SHARE,
        empty=EMPTY,
        height=8,
    )
    return curve(
        said,
        query(of_run(RESOURCE_USE, kind=chosen), legend),
        bounds(f"{limit} and on (kind) {of_run(RESOURCE_USE, kind=chosen)}", "limit", "kind", ": "),
    )


def _waiting() -> timeseries.Panel:
    said = Said(
        title="Waiting clients",
        description="Calls, requests and clients that wait for a slot or a connection.",
        unit=SHORT,
        empty=NOBODY_WAITS,
        height=8,
    )
    return curve(said, query(of_run(RESOURCE_WAITING), "{{kind}} {{subject}}"))


def _alerts() -> Panel:
    said = Said(
        title="Alerts of resources",
        description="From when to when each resource was at its limit, as its alert says.",
        unit="none",
        empty="No alert of a resource fired in the time shown.",
        height=8,
    )
    firing = by("max", "alertname, subject", of_run("ALERTS", role="resource", **FIRING))
    return panels.states(
        said, query(firing, "{{alertname}} {{subject}}"), mappings=panels.named((1, "at its limit", theme.WARNING))
    )
