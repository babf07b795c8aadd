"""Runs: every run in the time shown, with its verdict and the ways to look at it."""

from __future__ import annotations

from grafana_foundation_sdk.builders import stat, table

from grafana import panels, theme
from grafana.compared import any_run
from grafana.dashboard import COMPARE, RESOURCES, RUN, RUNS, TITLES, Board, Row
from grafana.panels import NONE, SECONDS, SHORT, WHEN, Said, option
from grafana.parts.verdict import STATES
from grafana.queries import LENGTH, START, any_time, by, last, latest, moment, series, standing
from loadgen.model.verdict import FAIL, INVALID, PASS
from loadgen.rules.states import BREACHED, GIVEN, NO_VERDICT, PATIENCE, STATE

NO_RUNS = "No run in the time shown: widen it, or start one with `make load`."


def board() -> Board:
    """The dashboard."""
    verdicts = ((PASS, theme.GOOD), (FAIL, theme.BAD), (INVALID, theme.INVALID))
    return Board(
        uid=RUNS,
        description="Every run in the time shown, with its verdict; a run's name leads to its page.",
        variables=(any_run(),),
        rows=(Row("Verdicts", (_count(), *(_verdicts(*one) for one in verdicts))), Row("Runs", (_runs(),))),
        annotated=False,
        since="now-7d",
        refresh="30s",
    )


def _count() -> stat.Panel:
    said = Said(title="Runs", description="Runs in the time shown.", unit=SHORT, empty=NO_RUNS, width=6, height=4)
    return panels.value(said, latest(f"count({_each('loadtest_run_info')})"))


def _verdicts(verdict: str, colour: str) -> stat.Panel:
    said = Said(
        title=verdict,
        description=f"Runs in the time shown whose verdict is {verdict}.",
        unit=SHORT,
        empty=NO_RUNS,
        width=6,
        height=4,
    )
    given = f"count({_state()} == {GIVEN[verdict]}) or 0 * count({_each('loadtest_run_info')})"
    return panels.value(said, latest(given), coloured=True).thresholds(panels.steps((None, theme.UNKNOWN), (1, colour)))


def _runs() -> table.Panel:
    said = Said(
        title="Runs, the newest on top",
        description="Each run with its verdict; its name leads to the run, `compare` to the comparison with the other "
        "run that is chosen above.",
        unit=NONE,
        empty=NO_RUNS,
        width=24,
        height=20,
    )
    columns = {
        "run_id": "Run",
        "#A": "Verdict",
        "#B": "Start",
        "#C": "Planned length",
        "scenario": "Scenario",
        "target": "Target",
        "test_type": "Test type",
        "#D": "Users",
        "#E": "Breached",
        "resource": "Gave way first",
        "version": "Version",
        "commit": "Commit",
        "#F": "Until",
        "#G": "Compare",
    }
    widths = {"Run": 205, "Verdict": 115, "Start": 172, "Planned length": 120, "Users": 60, "Breached": 85}
    widths |= {"Scenario": 90, "Target": 115, "Test type": 85, "Version": 70, "Commit": 115, "Compare": 85}
    asked = (moment(one) for one in _asked())
    panel = panels.rows(said, *asked, columns=columns, sort="Start", down=True, widths=widths)
    return _dressed(panel)


def _asked() -> tuple[str, ...]:
    """The columns' queries; times in whole milliseconds, for they go into addresses."""
    start, length = _each(START), _each(LENGTH)
    first = by("max", "run_id, resource", last(series("loadtest_first_saturation_timestamp_seconds")))
    info = "run_id, scenario, target, test_type, version, commit"
    return (
        f"{_state()} or {NO_VERDICT} + 0 * {start}",
        f"round(1000 * {start})",
        length,
        by("max", "run_id", any_time(series("run:loadtest_users:sum"))),
        by("sum", "run_id", last(series(BREACHED))),
        f"round(1000 * clamp_max({start} + {length} + {PATIENCE:g}, time()))",
        by("max", info, last(series("loadtest_run_info"))),
        first,
    )


def _each(name: str) -> str:
    """The last value of every run in the time shown."""
    return by("max", "run_id", last(series(name)))


def _state() -> str:
    """How every run stands."""
    return standing(lambda name: last(series(name)), any_time(series(STATE)))


def _dressed(panel: table.Panel) -> table.Panel:
    """Units, colours and links of the columns."""
    shown = {"type": "color-background", "mode": "basic"}
    panel = panel.override_by_name(
        "Verdict", [option("mappings", [*STATES, panels.NOT_KNOWN]), option("custom.cellOptions", shown)]
    )
    panel = panel.override_by_name("Start", [option("unit", WHEN)])
    panel = panel.override_by_name("Planned length", [option("unit", SECONDS)])
    hidden = [option("custom.hidden", True), option("custom.hideFrom", {"viz": True, "legend": True, "tooltip": True})]
    panel = panel.override_by_name("Until", [*hidden, option("unit", WHEN)])
    links = [_link("The run", RUN), _link("Its resources", RESOURCES)]
    panel = panel.override_by_name("Run", [option("links", links)])
    word = panels.named((1, "compare", theme.ACHIEVED))
    compare = _link("Compare with the other run", COMPARE, "&var-other=${other}")
    return panel.override_by_name("Compare", [option("mappings", word), option("links", [compare])])


def _link(title: str, uid: str, more: str = "") -> dict[str, object]:
    """To a dashboard, with the run of the row and the time from its start to its verdict."""
    fields = "var-run=${__data.fields.Run}&from=${__data.fields.Start.numeric}&to=${__data.fields.Until.numeric}"
    url = f"/d/{uid}/{TITLES[uid].lower()}?{fields}&${{datasource:queryparam}}{more}"
    return {"title": title, "url": url, "targetBlank": False}
