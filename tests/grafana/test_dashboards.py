"""The committed dashboards: as the sources say, complete, and nothing in them that leads nowhere."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from grafana.committed import FOLDER, committed, differing, write
from grafana.dashboard import RUNS, TAG, TITLES, address
from grafana.names import VALIDITY_ALERTS, UnknownName, known
from grafana.panels import LONGEST
from grafana.queries import of_run
from loadgen.rules.validity import warnings
from loadgen.rules.vocabulary import KNOWN
from tests.grafana.asking import panels_of, questions_of, variables_of
from tests.plans import example_plan

ROOT = Path(__file__).resolve().parents[2]

DASHBOARDS: dict[str, dict[str, Any]] = {name: json.loads(text) for name, text in committed().items()}
each_dashboard = pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=list(DASHBOARDS))

PROVIDED = {"__interval", "__interval_ms", "__rate_interval", "__range", "__range_s", "__range_ms", "__from", "__to"}
PROVIDED |= {"__url_time_range", "__all_variables", "__all"}
VARIABLE = re.compile(r"\$\{(\w+)(?::\w+)?\}|\$([a-zA-Z_]\w*)")
OF_OPERATIONS = re.compile(r"histogram_quantile\(.*loadtest_(?!schedule_lag|event_loop_lag)\w+_bucket")
"""Quantiles of what may have failed, and then counts beyond every bucket."""
UIDS = re.compile(r"/d/([\w-]+)")


def test_the_committed_json_is_what_the_sources_say():
    assert differing() == []


def test_writing_changes_only_what_differs_and_takes_away_what_no_board_makes(tmp_path):
    assert write(tmp_path) == sorted(committed())
    one, other = sorted(tmp_path.iterdir())[:2]
    one.write_text("{}")
    (tmp_path / "left-over.json").write_text("{}")
    before = other.stat().st_mtime_ns
    assert write(tmp_path) == sorted(["left-over.json", one.name])
    assert other.stat().st_mtime_ns == before
    assert differing(tmp_path) == []


def test_the_check_of_the_command_agrees():
    asked = subprocess.run(
        [sys.executable, "-m", "grafana", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (asked.returncode, asked.stdout) == (0, "")


def test_there_is_one_dashboard_for_each_uid_and_file_and_title():
    assert {name: d["uid"] for name, d in DASHBOARDS.items()} == {f"{uid}.json": uid for uid in TITLES}
    assert len({d["title"] for d in DASHBOARDS.values()}) == len(TITLES)
    assert {path.name for path in FOLDER.glob("*.json")} == set(DASHBOARDS)


@each_dashboard
def test_a_dashboard_is_classic_json_that_nobody_edits_in_grafana(dashboard):
    assert dashboard["schemaVersion"] == 42
    assert dashboard["editable"] is False
    assert TAG in dashboard["tags"]
    assert dashboard["description"].endswith(".")


@each_dashboard
def test_every_id_is_given_once(dashboard):
    rows = [panel for panel in dashboard["panels"] if panel["type"] == "row"]
    ids = [panel["id"] for panel in (*panels_of(dashboard), *rows)]
    assert len(ids) == len(set(ids))


@each_dashboard
def test_panels_lie_within_the_grid_and_nowhere_on_one_another(dashboard):
    places = [(panel["title"], panel["gridPos"]) for panel in dashboard["panels"]]
    for title, place in places:
        assert place["w"] >= 1, title
        assert place["x"] + place["w"] <= 24, title
    for (one, a), (other, b) in combinations(places, 2):
        apart = (
            a["x"] + a["w"] <= b["x"]
            or b["x"] + b["w"] <= a["x"]
            or a["y"] + a["h"] <= b["y"]
            or b["y"] + b["h"] <= a["y"]
        )
        assert apart, f"{one} lies on {other}"


@each_dashboard
def test_no_line_of_the_grid_has_a_hole(dashboard):
    filled: dict[int, int] = {}
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        for line in range(place["y"], place["y"] + place["h"]):
            filled[line] = filled.get(line, 0) + (24 if panel.get("repeat") else place["w"])
    assert {line: width for line, width in filled.items() if width != 24} == {}


@each_dashboard
def test_titles_differ_where_they_are_seen_together(dashboard):
    folded = [panel["panels"] for panel in dashboard["panels"] if panel.get("panels")]
    for together in (dashboard["panels"], *folded):
        titles = [panel["title"] for panel in together if panel["type"] != "row"]
        assert sorted(titles) == sorted(set(titles))


@each_dashboard
def test_the_targets_of_a_panel_have_letters_of_their_own(dashboard):
    for panel in panels_of(dashboard):
        refs = [target["refId"] for target in panel["targets"]]
        assert len(refs) == len(set(refs)) > 0, panel["title"]


@each_dashboard
def test_no_panel_is_tiny(dashboard):
    small = [p["title"] for p in panels_of(dashboard) if p["gridPos"]["w"] < 4 or p["gridPos"]["h"] < 4]
    assert small == []


@each_dashboard
def test_the_columns_of_a_table_are_those_of_its_targets(dashboard):
    for table in (panel for panel in panels_of(dashboard) if panel["type"] == "table"):
        (organize,) = [t["options"] for t in table["transformations"] if t["id"] == "organize"]
        values = {name for name in organize["includeByName"] if name.startswith("Value")}
        refs = [target["refId"] for target in table["targets"]]
        assert values <= ({f"Value #{ref}" for ref in refs} if len(refs) > 1 else {"Value"}), table["title"]
        headings = set(organize["renameByName"].values())
        named = [o["matcher"] for o in table["fieldConfig"]["overrides"] if o["matcher"]["id"] == "byName"]
        assert {matcher["options"] for matcher in named} <= headings, table["title"]


@each_dashboard
def test_the_bars_of_a_timeline_end_where_the_series_does(dashboard):
    drawn = [panel["fieldConfig"]["defaults"] for panel in panels_of(dashboard) if panel["type"] == "state-timeline"]
    assert [one for one in drawn if one.get("custom", {}).get("insertNulls")] == []


@each_dashboard
def test_a_quantile_beyond_the_last_bucket_is_not_shown_as_the_last_edge(dashboard):
    for panel in panels_of(dashboard):
        asked = [target["expr"] for target in panel["targets"] if OF_OPERATIONS.search(target["expr"])]
        said = f'"from": {LONGEST}' in json.dumps(panel["fieldConfig"])
        assert said or all(KNOWN in expression for expression in asked), panel["title"]


@each_dashboard
def test_a_panel_is_not_green_unless_something_is_good(dashboard):
    for panel in panels_of(dashboard):
        (lowest, *_) = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        assert lowest["color"] != "green", panel["title"]


@each_dashboard
def test_every_variable_that_is_used_is_defined_and_the_other_way_round(dashboard):
    defined = {variable["name"] for variable in variables_of(dashboard)}
    used = {one or other for one, other in VARIABLE.findall(json.dumps(dashboard))} - PROVIDED
    assert used == defined


@each_dashboard
def test_a_link_leads_to_a_dashboard_that_there_is(dashboard):
    linked = set(UIDS.findall(json.dumps(dashboard)))
    assert linked <= set(TITLES)
    assert {f"/d/{uid}" for uid in TITLES if uid != dashboard["uid"]} == {one["url"] for one in dashboard["links"]}
    assert all(one["includeVars"] for one in dashboard["links"])


@each_dashboard
def test_a_runs_time_is_kept_between_its_dashboards_and_that_of_the_list_nowhere(dashboard):
    kept = {one["url"] for one in dashboard["links"] if one["keepTime"]}
    of_a_run = {f"/d/{uid}" for uid in TITLES if uid not in {RUNS, dashboard["uid"]}}
    assert kept == (set() if dashboard["uid"] == RUNS else of_a_run)


def test_an_address_of_a_dashboard_that_is_not_there_is_refused():
    with pytest.raises(KeyError):
        address("june-nowhere")


METRIC = re.compile(r"[a-zA-Z_:][\w:]*(?=\{)|\bloadtest_\w+|\b\w+(?::\w+)+")


@each_dashboard
def test_every_series_that_is_asked_for_is_made_by_somebody(dashboard):
    asked = [question.expression for question in questions_of(dashboard)]
    named = {name for expression in asked for name in METRIC.findall(re.sub(r'"(?:[^"\\]|\\.)*"', '""', expression))}
    assert named
    for name in named:
        assert known(name) == name


def test_a_name_that_nobody_exposes_is_refused_while_building():
    with pytest.raises(UnknownName, match="loadtest_user:"):
        of_run("loadtest_user")


def test_the_validity_alerts_are_those_of_the_rules_with_their_checks():
    found = {one.alert.name: one.check for one in warnings(example_plan(), {"run_id": "r"})}
    assert found == VALIDITY_ALERTS
