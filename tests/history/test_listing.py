"""The list of runs shows every run for what it is, and nothing that lies there can break it."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from loadgen.history.kept import keep
from loadgen.history.listing import (
    BROKEN,
    FINISHED,
    UNFINISHED,
    Listing,
    as_json,
    baselines_of,
    baselines_text,
    runs_of,
    runs_text,
)
from loadgen.model.record import RunRecord
from loadgen.model.verdict import FAIL, INVALID, PASS, Verdict
from loadgen.storage import load, save
from tests.hostile import HOSTILE, RECORDED
from tests.past_runs import past_plan, past_run, records_of, written
from tests.runs import STARTED


def test_the_list_shows_every_run_with_its_verdict_and_what_decided_it_the_newest_first(tmp_path: Path):
    for hour, verdict in enumerate((PASS, FAIL, INVALID)):
        plan = past_plan(stamp=f"20251130_1{hour}0000", time_scale=0.5)
        folder = tmp_path / "smoke" / f"20251130_1{hour}0000"
        written(folder, records_of(plan, verdict, started=STARTED + 3600 * hour))
    expected = """\
began (UTC)          run                   scenario  test type  target  scale  verdict  decided by
2025-11-30 14:00:00  smoke-20251130120000  smoke     rest       sim       0.5  INVALID  SAMPLES
2025-11-30 13:00:00  smoke-20251130110000  smoke     rest       sim       0.5  FAIL     latency:rest, errors:rest
2025-11-30 12:00:00  smoke-20251130100000  smoke     rest       sim       0.5  PASS     latency:rest came closest
"""
    expected = expected.replace("SAMPLES", "samples:latency:rest, samples:errors:rest")
    assert runs_text(runs_of(tmp_path), tmp_path) == expected


def test_a_run_that_stopped_itself_is_decided_by_the_criterion_that_stopped_it(tmp_path: Path):
    folder = past_run(tmp_path, verdict=FAIL)
    record = load(folder / "run.json", RunRecord)
    save(folder / "run.json", msgspec.structs.replace(record, outcome="aborted", aborted_by="errors:rest"))
    (found,) = runs_of(tmp_path).runs
    assert found.decided == ("errors:rest",)


def test_a_beginning_that_no_calendar_has_is_taken_from_the_runs_name(tmp_path: Path):
    folder = past_run(tmp_path)
    save(folder / "run.json", msgspec.structs.replace(load(folder / "run.json", RunRecord), started=1e18))
    assert "\n2025-11-30 12:00:00  smoke-20251130120000 " in runs_text(runs_of(tmp_path), tmp_path)


def test_more_names_than_fit_are_counted(tmp_path: Path):
    folder = past_run(tmp_path, verdict=FAIL)
    verdict = load(folder / "verdict.json", Verdict)
    lines = tuple(msgspec.structs.replace(verdict.criteria[0], criterion=f"errors:{n}") for n in range(5))
    save(folder / "verdict.json", msgspec.structs.replace(verdict, criteria=lines))
    assert "  errors:0, errors:1, errors:2, 2 others\n" in runs_text(runs_of(tmp_path), tmp_path)


def test_an_unfinished_run_and_a_broken_one_are_shown_as_such_among_the_others(tmp_path: Path):
    past_run(tmp_path)
    (past_run(tmp_path, stamp="20251130_130000") / "verdict.json").unlink()
    (past_run(tmp_path, stamp="20251130_140000") / "run.json").write_text("{")
    (past_run(tmp_path, stamp="20251130_150000") / "plan.json").unlink()
    (tmp_path / "smoke" / "20251130_160000").mkdir()
    found = {one.folder[-6:]: one.state for one in runs_of(tmp_path).runs}
    assert found == {
        "160000": BROKEN, "150000": BROKEN, "140000": BROKEN, "130000": UNFINISHED, "120000": FINISHED,
    }  # fmt: skip
    text = runs_text(runs_of(tmp_path), tmp_path)
    assert "unfinished  It has no verdict: still under way, or killed." in text
    assert "has no plan.json" in text
    assert "run.json cannot be read" in text


def test_what_is_no_run_is_not_listed(tmp_path: Path):
    past_run(tmp_path)
    keep(tmp_path, tmp_path / "smoke" / "20251130_120000", None)
    for name in ("comparisons/20251130_120000", "smoke/notes", "smoke/.hidden", ".cache/20251130_120000"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "summary.md").write_text("x")
    (tmp_path / "smoke" / "20251130_999999").write_text("a file")
    assert [one.folder for one in runs_of(tmp_path).runs] == [str(tmp_path / "smoke" / "20251130_120000")]


def test_the_kept_baselines_are_listed_by_name_whole_or_not(tmp_path: Path):
    folder = past_run(tmp_path)
    keep(tmp_path, folder, "nightly")
    keep(tmp_path, folder, "broken")
    (tmp_path / "baselines" / "broken" / "plan.json").write_text("")
    lines = baselines_text(baselines_of(tmp_path), tmp_path).splitlines()
    assert [line.split()[0] for line in lines] == ["name", "broken", "nightly"]
    assert "plan.json cannot be read" in lines[1]
    assert "smoke-20251130120000" in lines[2]


def test_where_there_is_nothing_the_list_says_how_to_come_by_something(tmp_path: Path):
    nowhere = tmp_path / "nowhere"
    assert runs_text(runs_of(nowhere), nowhere) == f"no runs under {nowhere}; `make load SCENARIO=smoke` makes one\n"
    assert "`loadgen baseline set RUN` keeps one" in baselines_text(baselines_of(nowhere), nowhere)
    assert json.loads(as_json(runs_of(nowhere))) == {"schema_version": 1, "runs": []}


def test_the_json_holds_the_same_and_can_be_read_back(tmp_path: Path):
    past_run(tmp_path)
    past_run(tmp_path, stamp="20251130_130000", verdict=FAIL)
    (tmp_path / "smoke" / "20251130_140000").mkdir()
    found = runs_of(tmp_path)
    assert msgspec.json.decode(as_json(found), type=Listing) == found


def test_the_list_needs_no_evidence_which_is_the_largest_record_by_far(tmp_path: Path):
    (past_run(tmp_path) / "evidence.json").write_text("{")
    (found,) = runs_of(tmp_path).runs
    assert (found.state, found.verdict) == (FINISHED, PASS)


@pytest.mark.parametrize("text", RECORDED)
def test_names_that_somebody_wrote_into_the_records_do_nothing_to_the_table(tmp_path: Path, text: str):
    folder = past_run(tmp_path, verdict=FAIL)
    plan, verdict = past_plan(scenario=text, run_id=text), load(folder / "verdict.json", Verdict)
    target = msgspec.structs.replace(plan.target, name=text)
    save(folder / "plan.json", msgspec.structs.replace(plan, target=target))
    lines = (msgspec.structs.replace(verdict.criteria[0], criterion=text),)
    save(folder / "verdict.json", msgspec.structs.replace(verdict, criteria=lines))
    table = runs_text(runs_of(tmp_path), tmp_path)
    assert table.count("\n") == 2
    assert table.replace("\n", "").isprintable()


@pytest.mark.parametrize("text", [text for text in HOSTILE if text and "\0" not in text and "/" not in text])
def test_folders_with_any_name_are_listed_without_harm(tmp_path: Path, text: str):
    name = text.encode("utf-8", "replace").decode()[:60]
    (tmp_path / "smoke" / name).mkdir(parents=True)
    (tmp_path / "smoke" / name / "plan.json").write_text("{")
    table = runs_text(runs_of(tmp_path), tmp_path)
    assert table.count("\n") == 2
    assert table.replace("\n", "").isprintable()
