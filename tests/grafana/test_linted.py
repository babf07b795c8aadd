"""What Grafana's own dashboard linter asks of a dashboard, and what we ask beside it.

The linter's rules are kept in our own words, with these differences: it wants variables `job` and `instance` and a
matcher of both in every query; here a run is what is looked at, so every query picks a run by `run_id` (and what is
measured beside it by `instance` too). It lets a counter be read only through a rate; here also at the end of a run,
whose counters all began at 0.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from grafana.exposed import EXPORTERS
from tests.grafana.asking import RATE_INTERVAL, REFERENCE, panels_of, questions_of, variables_of
from tests.grafana.shipped import DASHBOARDS, names_in
from tests.promtool import promtool

WITH_UNITS = {"stat", "singlestat", "graph", "table", "timeseries", "gauge", "bargauge", "heatmap", "trend"}

SINCE = re.compile(r"\b(?:rate|irate|increase)\s*\((.*?)\[(.*?)\]")
WHOSE = re.compile(r'run_id\s*(?:=|=~|!=)\s*"[^"]*\$(?:run|other)')

MACHINE_WIDE = {
    "prometheus_rule_group_last_duration_seconds": "Prometheus' own, which serves every run",
    "prometheus_rule_group_last_evaluation_samples": "Prometheus' own, which serves every run",
}

ALL_RUNS = {"june-runs"}
"""Dashboards that look at every run in the time shown."""

EVERY = pytest.mark.parametrize("uid", DASHBOARDS)


@EVERY
def test_the_data_source_is_a_variable_of_the_usual_name(uid: str):
    found = [variable for variable in variables_of(DASHBOARDS[uid]) if variable["type"] == "datasource"]
    assert [(one["name"], one["label"], one["query"]) for one in found] == [("datasource", "Data source", "prometheus")]


@EVERY
def test_every_panel_and_query_asks_that_data_source(uid: str):
    wanted = {"type": "prometheus", "uid": "${datasource}"}
    asked = {
        f"{panel['title']} / {target.get('refId')}": target["datasource"]
        for panel in panels_of(DASHBOARDS[uid])
        for target in [panel, *panel["targets"]]
    }
    assert {where: source for where, source in asked.items() if source != wanted} == {}


@EVERY
def test_variables_are_found_anew_when_the_time_changes(uid: str):
    found = [one for one in variables_of(DASHBOARDS[uid]) if one["type"] == "query"]
    assert {one["name"] for one in found if one["refresh"] != 2} == set()
    assert {one["name"] for one in found if one["datasource"]["uid"] != "${datasource}"} == set()


@EVERY
def test_every_panel_has_a_title_one_sentence_a_unit_and_says_why_it_is_empty(uid: str):
    for panel in panels_of(DASHBOARDS[uid]):
        defaults = panel["fieldConfig"]["defaults"]
        assert panel["title"]
        assert re.fullmatch(r"[A-Z0-9`].*[.]", panel["description"], re.DOTALL), panel["title"]
        assert panel["type"] not in WITH_UNITS or defaults.get("unit"), panel["title"]
        assert len(defaults["noValue"]) > 10, panel["title"]


@EVERY
def test_every_panel_asks_something(uid: str):
    assert [panel["title"] for panel in panels_of(DASHBOARDS[uid]) if not panel["targets"]] == []


@EVERY
def test_nobody_edits_it_in_the_browser(uid: str):
    assert DASHBOARDS[uid]["editable"] is False
    assert DASHBOARDS[uid]["uid"] == uid


@EVERY
def test_rates_are_taken_over_what_the_resolution_asks_for(uid: str):
    windows = {
        f"{question.where}: {window}"
        for question in questions_of(DASHBOARDS[uid])
        for _, window in SINCE.findall(question.expression)
        if window != "$__rate_interval"
    }
    assert windows == set()


@EVERY
def test_every_query_picks_the_run(uid: str):
    if uid in ALL_RUNS:
        return
    unpicked = [
        question.where
        for question in questions_of(DASHBOARDS[uid])
        if not WHOSE.search(question.expression)
        and not names_in(question.expression) <= MACHINE_WIDE.keys()
        and names_in(question.expression)
    ]
    assert unpicked == []


@EVERY
def test_every_variable_that_is_used_is_one_that_there_is(uid: str):
    known = {variable["name"] for variable in variables_of(DASHBOARDS[uid])}
    used = {
        found[1] or found[3] or found[4]
        for question in questions_of(DASHBOARDS[uid])
        for found in REFERENCE.finditer(question.expression)
    }
    assert {name for name in used if not name.startswith("__") and not name.isdigit()} <= known


def test_every_query_is_promql(tmp_path: Path):
    filled = {"__rate_interval": RATE_INTERVAL, "__interval": "1s", "__range": "1m", "shift": "-90", "start": "1.5"}
    rules = [
        {
            "record": f"asked:{index}:here",
            "expr": REFERENCE.sub(lambda m: filled.get(m[1] or m[3], "x"), question.expression),
        }
        for index, question in enumerate(one for board in DASHBOARDS.values() for one in questions_of(board))
    ]
    (tmp_path / "asked.yml").write_text(yaml.safe_dump({"groups": [{"name": "asked", "rules": rules}]}))
    assert f"SUCCESS: {len(rules)} rules found" in promtool("check", "rules", "asked.yml", folder=tmp_path)


def test_no_exporters_metric_is_listed_that_no_panel_asks_for():
    asked = {name for board in DASHBOARDS.values() for one in questions_of(board) for name in names_in(one.expression)}
    assert EXPORTERS - asked == set()
