"""A run is found by whatever a user calls it, and read as a whole or refused in one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from loadgen.history.folders import RECORDS, read_run, resolve
from loadgen.model.evidence import Blocks
from loadgen.storage import save
from tests.hostile import HOSTILE
from tests.past_runs import past_plan, past_run, records_of, written


def test_a_run_is_read_with_all_its_records(tmp_path: Path):
    folder = past_run(tmp_path)
    expected = records_of(past_plan())
    assert read_run(folder) == replace(expected, folder="smoke/20251130_120000")


@pytest.mark.parametrize("missing", RECORDS)
def test_a_run_that_lacks_a_record_is_refused_by_the_records_name(tmp_path: Path, missing: str):
    folder = past_run(tmp_path)
    (folder / missing).unlink()
    with pytest.raises(ValueError, match=f"has no {missing}; allowed: ") as caught:
        read_run(folder)
    assert str(folder) in str(caught.value)


BROKEN = {
    "cut off": b'{"schema_version": 1, "run_id"',
    "empty": b"",
    "of another form": b'{"schema_version": 1, "run_id": 7}',
    "a list": b"[]",
    "no text": b'{"run_id": "\xff\xfe"}',
    "endless": b"[" * 100_000,
    "nested without end": b'{"other": ' + b'{"a":' * 100_000,
}


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_a_record_that_cannot_be_read_is_refused_by_its_name_in_one_line(tmp_path: Path, name: str, content: bytes):
    folder = past_run(tmp_path)
    (folder / name).write_bytes(content)
    with pytest.raises(ValueError, match="cannot be read: ") as caught:
        read_run(folder)
    assert str(folder / name) in str(caught.value)
    assert str(caught.value).isprintable()


SOUND = {
    "times": (0.0, 5.0, 10.0),
    "requests": (2, 2),
    "failures": (0, 0),
    "buckets": ((0, 1, 1, 2, 2, 2), (0, 1, 1, 2, 2, 2)),
}
UNSOUND: dict[str, tuple[dict[str, Any], str]] = {
    "ragged": ({"buckets": ((0, 1, 1, 2, 2, 2), (0, 1))}, "other buckets than the 6 of the plan"),
    "short": ({"requests": (2,)}, "lists of lengths that do not belong together"),
    "empty": ({"times": (), "requests": (), "failures": (), "buckets": ()}, "lists of lengths that do not belong"),
    "beyond any count": ({"failures": (10**19, 0)}, "counts outside 0 to "),
    "negative": ({"requests": (2, -2)}, "counts outside 0 to "),
    "standing still": ({"times": (0.0, 5.0, 5.0)}, "times that do not ascend"),
}


@pytest.mark.parametrize("change, said", UNSOUND.values(), ids=UNSOUND.keys())
def test_blocks_that_cannot_be_reckoned_with_are_refused_by_the_operations_name(
    tmp_path: Path, change: dict[str, Any], said: str
):
    run = records_of(past_plan())
    fields = {"test_type": "rest", "name": "chat", "phase": "steady"}
    sound = replace(run.evidence, blocks=(Blocks(**fields, **SOUND),))
    read_run(written(tmp_path / "sound", replace(run, evidence=sound)))
    blocks = (Blocks(**fields, **{**SOUND, **change}),)
    folder = written(tmp_path / "smoke", replace(run, evidence=replace(run.evidence, blocks=blocks)))
    with pytest.raises(ValueError, match="the blocks of rest:chat in steady have ") as caught:
        read_run(folder)
    assert said in str(caught.value)


def test_operations_whose_blocks_have_other_times_are_refused(tmp_path: Path):
    run = records_of(past_plan())
    chat = Blocks(test_type="rest", name="chat", phase="steady", **SOUND)
    blocks = (chat, replace(chat, name="other", times=(0.0, 4.0, 10.0)))
    folder = written(tmp_path / "smoke", replace(run, evidence=replace(run.evidence, blocks=blocks)))
    with pytest.raises(ValueError, match="rest:other in steady have other times than those of the operations before"):
        read_run(folder)


@pytest.mark.parametrize("name", ["started", "ended"])
@pytest.mark.parametrize("moment", [1e18, -1.0])
def test_a_moment_that_no_calendar_has_is_refused(tmp_path: Path, name: str, moment: float):
    run = records_of(past_plan())
    folder = written(tmp_path / "smoke", replace(run, record=replace(run.record, **{name: moment})))
    with pytest.raises(ValueError, match=rf"run\.json: {name} is .*, which is no time in Unix seconds; "):
        read_run(folder)


def test_a_record_of_another_form_is_refused_with_both_forms(tmp_path: Path):
    folder = past_run(tmp_path)
    verdict = records_of(past_plan()).verdict
    save(folder / "verdict.json", replace(verdict, schema_version=99))
    with pytest.raises(ValueError, match="has the form 99, and this version reads 1"):
        read_run(folder)


def test_records_of_two_runs_in_one_folder_are_refused_with_their_names(tmp_path: Path):
    folder = past_run(tmp_path)
    save(folder / "evidence.json", records_of(past_plan(stamp="20251130_130000")).evidence)
    with pytest.raises(ValueError, match="'smoke-20251130120000' and 'smoke-20251130130000'"):
        read_run(folder)


def test_what_is_no_folder_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="is no folder; allowed: "):
        read_run(tmp_path / "nowhere")


def test_a_run_is_called_by_its_folder_its_place_below_the_output_or_its_run_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    output = tmp_path / "reports"
    folder = past_run(output, stamp="20251130_120000-2", run_id="smoke-20251130120000-2")
    monkeypatch.chdir(tmp_path)
    for word in (str(folder), "reports/smoke/20251130_120000-2", "smoke/20251130_120000-2", "smoke-20251130120000-2"):
        assert resolve(output, word).resolve() == folder, word


def test_a_run_whose_folder_was_renamed_is_found_by_its_run_id(tmp_path: Path):
    folder = past_run(tmp_path).rename(tmp_path / "smoke" / "the slow one")
    assert resolve(tmp_path, "smoke-20251130120000") == folder


def test_a_kept_run_is_found_by_its_name_and_when_its_own_folder_is_gone_by_its_run_id(tmp_path: Path):
    kept = written(tmp_path / "baselines" / "nightly", records_of(past_plan()))
    assert resolve(tmp_path, "nightly") == kept
    assert resolve(tmp_path, "smoke-20251130120000") == kept
    own = past_run(tmp_path)
    assert resolve(tmp_path, "smoke-20251130120000") == own


@pytest.mark.parametrize("word", [*HOSTILE, "smoke", "baselines", "x" * 300, "smoke-20251130120001", ".", "/"])
def test_what_names_no_run_is_refused_in_one_line_that_says_what_does(tmp_path: Path, word: str):
    past_run(tmp_path)
    with pytest.raises(
        ValueError, match=r"is no run under .*; allowed: a run's folder, its run_id, or the name"
    ) as caught:
        resolve(tmp_path, word)
    assert str(caught.value).isprintable()
