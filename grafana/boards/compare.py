"""Compare: two runs over the seconds since their start, and tables of their differences."""

from __future__ import annotations

from grafana_foundation_sdk.builders import stat, table
from grafana_foundation_sdk.models.dashboard import DashboardRangeMapOptions, RangeMap, ValueMappingResult

from grafana import panels, theme, variables
from grafana.compared import BOTH, ever, highest, other, shift, start
from grafana.dashboard import COMPARE, Board, Row
from grafana.names import RESOURCE_USE
from grafana.panels import NONE, PER_SECOND, SECONDS, SHARE, Said, option
from grafana.parts.side_by_side import curves
from grafana.parts.verdict import STATES
from grafana.queries import OTHER, RUN, TEST_TYPE, by, latest, moment, standing
from loadgen.rules.states import STATE, USED
from loadgen.rules.vocabulary import KNOWN

WHOLE = "Neither of the two runs is known: choose both above."

ALONE = 0
"""Instead of how many kinds of runs there are, where there are not two runs."""

WORSE = 0.1
"""Changes of less than so much are not coloured: two runs of one build differ by as much."""


def board() -> Board:
    """The dashboard."""
    return Board(
        uid=COMPARE,
        description="Two runs over the seconds since their start, and their differences. One run against one run tells "
        "little: compare several, and a build with itself.",
        variables=(variables.run(), other(), start(), shift(), variables.test_type()),
        rows=(
            Row("The two runs", (_comparable(), _runs())),
            Row("Over the seconds since the start", curves()),
            Row("Differences, over the judged phases of the whole runs", (_operations(), _criteria(), _resources())),
        ),
        annotated=False,
        since="now-1h",
        refresh="",
    )


def _comparable() -> stat.Panel:
    """Whether a difference says anything."""
    said = Said(
        title="Comparable",
        description="Whether there are two runs, of the same scenario, test type, target, planned length, highest "
        "number of planned users and bucket edges.",
        unit=NONE,
        empty=WHOLE,
        width=5,
        height=5,
    )
    kinds = f"count({by('count', 'scenario, test_type, target, edges', ever('loadtest_run_info', BOTH))})"
    lengths = f'count(count_values("length", {ever("loadtest_run_duration_seconds", BOTH)}))'
    users = f'count(count_values("users", {by("sum", "run_id", highest("loadtest_users_target", BOTH))}))'
    runs = f"count({by('count', 'run_id', ever('loadtest_run_info', BOTH))})"
    alike = f"{kinds} * {lengths} * {users}"
    no = ValueMappingResult(text="no", color=theme.INVALID)
    differ = RangeMap(options=DashboardRangeMapOptions(from_val=2, to=panels.FOREVER, result=no))
    words = panels.named((ALONE, "choose two runs", theme.UNKNOWN), (1, "yes", theme.GOOD))
    asked = latest(f"{alike} and {runs} == 2 or {ALONE} * {runs}")
    return panels.value(said, asked, mappings=[*words, differ], coloured=True)


def _runs() -> table.Panel:
    said = Said(
        title="What is compared",
        description="What each of the two runs was, and its verdict.",
        unit=NONE,
        empty=WHOLE,
        width=19,
        height=5,
    )
    info = "run_id, scenario, test_type, target, version, commit, edges"
    started = f"1000 * {by('max', 'run_id', ever('loadtest_run_start_timestamp_seconds', BOTH))}"
    columns = {
        "run_id": "Run",
        "#B": "Verdict",
        "#C": "Start",
        "#D": "Planned length",
        "scenario": "Scenario",
        "test_type": "Test type",
        "target": "Target",
        "version": "Version",
        "commit": "Commit",
        "edges": "Bucket edges",
    }
    panel = panels.rows(
        said,
        moment(by("max", info, ever("loadtest_run_info", BOTH))),
        moment(standing(lambda name: ever(name, BOTH), highest(STATE, BOTH))),
        moment(started),
        moment(by("max", "run_id", ever("loadtest_run_duration_seconds", BOTH))),
        columns=columns,
        sort="Start",
        down=True,
        widths={
            "Run": 205,
            "Verdict": 115,
            "Start": 172,
            "Planned length": 120,
            "Version": 70,
            "Commit": 115,
            "Bucket edges": 110,
        },
    )
    cell = {"type": "color-background", "mode": "basic"}
    panel = panel.override_by_name(
        "Verdict", [option("mappings", [*STATES, panels.NOT_KNOWN]), option("custom.cellOptions", cell)]
    )
    panel = panel.override_by_name("Start", [option("unit", panels.WHEN)])
    return panel.override_by_name("Planned length", [option("unit", SECONDS)])


def _operations() -> table.Panel:
    said = Said(
        title="Operations",
        description="Of both runs the P95, the share that failed and successes in each planned second; with the change "
        "from the other run to this one, in errors by points.",
        unit=SECONDS,
        empty=WHOLE,
        width=24,
        height=14,
    )
    pairs = [(_whole_p95(run), _whole_errors(run), _whole_rate(run)) for run in (RUN, OTHER)]
    changes = [
        change(*both) for change, both in zip((_known_ratio, _points, _ratio), zip(*pairs, strict=True), strict=True)
    ]
    asked = [part for one, two, change in zip(*pairs, changes, strict=True) for part in (one, two, change)]
    headings = [f"{what}{of}" for what in ("P95", "Errors", "Rate") for of in ("", ", other", ", change")]
    columns = {"test_type": "Test type", "name": "Operation"} | {
        f"#{letter}": heading for letter, heading in zip("ABCDEFGHI", headings, strict=True)
    }
    targets = [moment(expression) for expression in asked]
    panel = panels.rows(said, *targets, columns=columns, sort="Operation", widths={"Test type": 110, "Operation": 210})
    for what, unit in (("P95", SECONDS), ("Errors", SHARE), ("Rate", PER_SECOND)):
        panel = panel.override_by_regexp(f"/^{what}(, other)?$/", [option("unit", unit), option("decimals", 2)])
    words = [panels.not_known(0.95), panels.NOT_KNOWN]
    panel = panel.override_by_regexp("/^P95(, other)?$/", [option("mappings", words)])
    panel = _coloured(panel, "P95, change", theme.GOOD, theme.BAD, WORSE)
    panel = _coloured(panel, "Errors, change", theme.GOOD, theme.BAD, 0.01)
    return _coloured(panel, "Rate, change", theme.BAD, theme.GOOD, WORSE)


def _criteria() -> table.Panel:
    said = Said(
        title="Criteria",
        description="How much of each criterion's bound was used at the end; more than all of it is a breach.",
        unit=SHARE,
        empty=WHOLE,
        height=10,
    )
    used = [by("max", "criterion", ever(USED, run)) for run in (RUN, OTHER)]
    panel = _both(said, used, {"criterion": "Criterion"})
    return _coloured(panel, "Change", theme.GOOD, theme.BAD, WORSE)


def _resources() -> table.Panel:
    said = Said(
        title="Resources",
        description="The highest use of each resource over its limit.",
        unit=SHARE,
        empty=WHOLE,
        height=10,
    )
    used = [
        f"{by('max', 'kind, subject', highest(RESOURCE_USE, run))} / on (kind) group_left () "
        f"{by('max', 'kind', ever('loadtest_resource_limit', run))}"
        for run in (RUN, OTHER)
    ]
    panel = _both(said, used, {"kind": "Kind", "subject": "Of"})
    return _coloured(panel, "Change", theme.GOOD, theme.BAD, WORSE)


def _both(said: Said, used: list[str], labels: dict[str, str]) -> table.Panel:
    """A table of one figure: of this run, of the other, and the change in points."""
    columns = {**labels, "#A": "This run", "#B": "Other run", "#C": "Change"}
    asked = [moment(expression) for expression in (*used, _points(*used))]
    widths = dict.fromkeys(("This run", "Other run", "Change"), 110)
    return panels.rows(said, *asked, columns=columns, sort="This run", down=True, widths=widths).decimals(1)


def _points(one: str, other: str) -> str:
    return f"({one}) - ({other})"


def _ratio(one: str, other: str) -> str:
    return f"({one}) / ({other}) - 1"


def _known_ratio(one: str, other: str) -> str:
    """Of two times; nothing where one of them is not known."""
    return _ratio(f"({one}) {KNOWN}", f"({other}) {KNOWN}")


def _judged(run: str) -> str:
    """1 for each phase that is judged."""
    return f"({by('max', 'phase', ever('loadtest_judged_phase', run))} == 1)"


def _counted(name: str, run: str, labels: str = "test_type, name") -> str:
    """A counter's count over the judged phases, by these labels; every counter began at 0 with its run."""
    counted = ever(name, run, test_type=TEST_TYPE)
    return by("sum", labels, f"{counted} * on (phase) group_left () {_judged(run)}")


def _whole_p95(run: str) -> str:
    counted = _counted("loadtest_response_time_seconds_bucket", run, "test_type, name, le")
    return f"(histogram_quantile(0.95, {counted}) >= 0)"


def _whole_errors(run: str) -> str:
    done = _counted("loadtest_requests_total", run)
    return f"{_counted('loadtest_request_failures_total', run)} / ({done} > 0)"


def _whole_rate(run: str) -> str:
    done, failed = (_counted(f"loadtest_{what}_total", run) for what in ("requests", "request_failures"))
    seconds = by("max", "phase", ever("loadtest_phase_duration_seconds", run))
    return f"({done} - {failed}) / on () group_left () sum({seconds} * on (phase) {_judged(run)})"


def _coloured(panel: table.Panel, column: str, low: str, high: str, from_on: float) -> table.Panel:
    """Colours the changes of a column that are `from_on` or more, in either direction."""
    steps = panels.steps((None, low), (-from_on, theme.UNKNOWN), (from_on, high)).build()
    shown = {"type": "color-text"}
    says = [option("unit", SHARE), option("decimals", 1), option("thresholds", steps)]
    says += [option("color", {"mode": "thresholds"}), option("custom.cellOptions", shown)]
    return panel.override_by_name(column, says)
