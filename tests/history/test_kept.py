"""A kept baseline is a whole copy: it outlives its run, and is never a piece."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from loadgen.config import load_config
from loadgen.history import kept
from loadgen.history.baseline import baseline_of, named_baseline
from loadgen.history.folders import read_run
from loadgen.history.kept import base_for, fitting, keep, remove, usual_name
from loadgen.model.plan import Plan, Stage, ThinkTime
from loadgen.model.verdict import FAIL, INVALID, PASS
from loadgen.plan import RunRequest, compile_plan
from loadgen.run.options import Options, plan_of
from tests.hostile import HOSTILE
from tests.past_runs import past_plan, past_run
from tests.plans import throughput

WANTED = past_plan("baseline")
"""The run that the configuration asks for, to measure against."""
SHIPPED = Path(__file__).resolve().parents[2] / "loadgen" / "config" / "load_test_config.yaml"


def names(output: Path) -> list[str]:
    """Everything in the folder of the baselines, what is hidden too."""
    return sorted(path.name for path in (output / "baselines").iterdir())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def target_plan(**changes: object) -> Plan:
    """A run that is measured against runs of the scenario baseline."""
    return past_plan("target", criteria=(throughput(),), **changes)


def test_what_is_kept_is_the_records_and_the_failures_to_the_byte_and_outlives_the_run(tmp_path: Path):
    folder = past_run(tmp_path)
    (folder / "failures.jsonl").write_text('{"reason": "timeout"}\n')
    (folder / "locust_report_20251130_120000.html").write_text("large")
    before = {name: text for name, text in contents(folder).items() if not name.startswith("locust")}
    name, _ = keep(tmp_path, folder, None)
    for path in folder.iterdir():
        path.unlink()
    assert contents(tmp_path / "baselines" / name) == before
    assert read_run(tmp_path / "baselines" / name).plan.run_id == "smoke-20251130120000"


def test_without_a_name_the_next_run_of_the_same_kind_takes_the_place_and_one_of_another_stands_beside_it(
    tmp_path: Path,
):
    keep(tmp_path, past_run(tmp_path), None)
    keep(tmp_path, past_run(tmp_path, stamp="20251130_130000"), None)
    keep(tmp_path, past_run(tmp_path, stamp="20251130_140000", time_scale=0.1), None)
    assert names(tmp_path) == ["smoke-sim-rest-10-users-30s", "smoke-sim-rest-10-users-30s-x0.1"]
    assert read_run(tmp_path / "baselines" / "smoke-sim-rest-10-users-30s").plan.run_id == "smoke-20251130130000"


def test_a_kept_run_can_be_kept_again_under_its_own_and_under_another_name(tmp_path: Path):
    keep(tmp_path, past_run(tmp_path), "nightly")
    place = tmp_path / "baselines" / "nightly"
    before = contents(place)
    keep(tmp_path, place, "nightly")
    keep(tmp_path, place, "weekly")
    assert names(tmp_path) == ["nightly", "weekly"]
    assert contents(place) == contents(tmp_path / "baselines" / "weekly") == before


@pytest.mark.parametrize("fails", ["write_whole", "_put"])
@pytest.mark.parametrize("before", [True, False], ids=["over another", "for the first time"])
def test_a_baseline_that_cannot_be_written_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str, before: bool
):
    if before:
        keep(tmp_path, past_run(tmp_path), "nightly")
    folder = past_run(tmp_path, stamp="20251130_130000")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "evidence.json")

    monkeypatch.setattr(kept, fails, full)
    with pytest.raises(OSError, match="No space left"):
        keep(tmp_path, folder, "nightly")
    assert names(tmp_path) == (["nightly"] if before else [])
    if before:
        assert read_run(tmp_path / "baselines" / "nightly").plan.run_id == "smoke-20251130120000"


def test_an_exchange_that_fails_half_way_puts_the_old_one_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    keep(tmp_path, past_run(tmp_path), "nightly")
    folder, rename = past_run(tmp_path, stamp="20251130_130000"), Path.rename

    def fails(self: Path, target: Path) -> Path:
        if target.name == "nightly" and not self.name.endswith(".old"):
            raise OSError(errno.EIO, "Input/output error", str(target))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(OSError, match="Input/output error"):
        keep(tmp_path, folder, "nightly")
    assert names(tmp_path) == ["nightly"]
    assert read_run(tmp_path / "baselines" / "nightly").plan.run_id == "smoke-20251130120000"


def test_an_invalid_run_is_not_kept(tmp_path: Path):
    with pytest.raises(ValueError, match="ended in INVALID, which tells nothing; allowed: "):
        keep(tmp_path, past_run(tmp_path, verdict=INVALID), None)
    assert not (tmp_path / "baselines").exists()


@pytest.mark.parametrize("name", ["", *filter(None, HOSTILE), "a/b", "..", ".hidden", "x" * 61, "smoke-20251130120000"])
def test_a_name_that_is_no_folders_or_looks_like_a_runs_is_refused_and_nothing_is_written(tmp_path: Path, name: str):
    with pytest.raises(ValueError, match="; allowed: another one") as caught:
        keep(tmp_path, past_run(tmp_path), name)
    assert str(caught.value).isprintable()
    assert not (tmp_path / "baselines").exists()


def test_a_kind_of_run_whose_usual_name_is_too_long_is_told_to_bring_one(tmp_path: Path):
    folder = past_run(tmp_path, "s" * 55)
    with pytest.raises(ValueError, match="a name of your own, with --name"):
        keep(tmp_path, folder, None)
    assert keep(tmp_path, folder, "short")[0] == "short"


def test_what_is_removed_is_gone_and_what_is_not_there_is_named_with_what_is(tmp_path: Path):
    keep(tmp_path, past_run(tmp_path), "nightly")
    keep(tmp_path, past_run(tmp_path), "weekly")
    remove(tmp_path, "nightly")
    assert names(tmp_path) == ["weekly"]
    for word in ("nightly", "../smoke", "", "."):
        with pytest.raises(ValueError, match="is no kept baseline; allowed: weekly"):
            remove(tmp_path, word)
    assert (tmp_path / "smoke" / "20251130_120000").exists()


def test_throughput_is_measured_against_the_kept_baseline_before_any_later_run(tmp_path: Path):
    keep(tmp_path, past_run(tmp_path, "baseline"), "good")
    past_run(tmp_path, "baseline", "20251201_120000")
    found, _ = baseline_of(tmp_path, WANTED, target_plan())
    assert found is not None
    assert (found.kept, found.run_id, found.rates) == ("good", "baseline-20251130120000", {"rest": 50.0})


def test_of_several_kept_baselines_that_fit_the_latest_run_counts(tmp_path: Path):
    keep(tmp_path, past_run(tmp_path, "baseline", "20251201_120000"), "a")
    keep(tmp_path, past_run(tmp_path, "baseline"), "b")
    found, _ = baseline_of(tmp_path, WANTED, target_plan())
    assert found is not None
    assert found.kept == "a"


SHORTER = (Stage(phase="steady", start=10, end=20, from_users=10, to_users=10),)
OTHER_LOADS = {
    "100 users instead of 10": {"users": 100},
    "100 users instead of 10, 20s of load instead of 30s": {"users": 100, "duration": 20.0},
    "other stages": {"stages": SHORTER},
    "other think times": {"think_times": {"rest": ThinkTime(low=1, high=2)}},
}


@pytest.mark.parametrize("said, load", OTHER_LOADS.items())
def test_a_run_of_another_load_than_the_configured_is_passed_over_kept_or_not_and_a_note_says_why(
    tmp_path: Path, said: str, load: dict[str, Any]
):
    keep(tmp_path, past_run(tmp_path, "baseline", "20251201_120000", **load), "busy")
    assert baseline_of(tmp_path, WANTED, target_plan()) == (
        None,
        (
            f"The kept baseline busy is passed over as baseline: {said}.",
            f"The run baseline/20251201_120000 is passed over as baseline: {said}.",
        ),
    )
    past_run(tmp_path, "baseline")
    found, notes = baseline_of(tmp_path, WANTED, target_plan())
    assert found is not None
    assert found.run_id == "baseline-20251130120000"
    assert len(notes) == 2


def test_of_many_runs_that_are_passed_over_a_few_are_named(tmp_path: Path):
    for day in range(10, 15):
        past_run(tmp_path, "baseline", f"202512{day}_120000", users=100)
    _, notes = baseline_of(tmp_path, WANTED, target_plan())
    assert len(notes) == 4
    assert notes[-1] == "2 more passed over as baseline."


def test_a_run_that_is_named_may_be_of_another_load_and_a_note_says_so(tmp_path: Path):
    busy = past_run(tmp_path, "baseline", users=100)
    found, notes = named_baseline(busy, WANTED, target_plan())
    assert found.rates == {"rest": 50.0}
    said = "The load of the baseline baseline-20251130120000 is not the configured one: 100 users instead of 10."
    assert notes == (said,)


UNFIT = {
    "another scenario": {"scenario": "smoke"},
    "another test type": {"test_type": "all"},
    "another time scale": {"time_scale": 0.5},
    "a failure": {"verdict": FAIL},
}


@pytest.mark.parametrize("unfit", UNFIT.values(), ids=UNFIT.keys())
def test_a_kept_baseline_that_does_not_fit_leaves_throughput_to_the_latest_run(tmp_path: Path, unfit: dict[str, str]):
    fields = {"scenario": "baseline", **unfit}
    keep(tmp_path, past_run(tmp_path, stamp="20251201_120000", **fields), "unfit")  # type: ignore[arg-type]
    assert baseline_of(tmp_path, WANTED, target_plan())[0] is None
    past_run(tmp_path, "baseline")
    found, _ = baseline_of(tmp_path, WANTED, target_plan())
    assert found is not None
    assert (found.kept, found.run_id) == (None, "baseline-20251130120000")


@pytest.mark.parametrize("name", ["plan.json", "verdict.json", "evidence.json"])
@pytest.mark.parametrize("content", [b'{"run_id": "\xff', b'{"a":' * 100_000], ids=["no text", "nested without end"])
def test_a_kept_baseline_that_cannot_be_read_is_passed_over_and_a_note_says_so(
    tmp_path: Path, name: str, content: bytes
):
    keep(tmp_path, past_run(tmp_path, "baseline"), "good")
    (tmp_path / "baselines" / "good" / name).write_bytes(content)
    past_run(tmp_path, "baseline", "20251201_120000")
    found, notes = baseline_of(tmp_path, WANTED, target_plan())
    assert found is not None
    assert found.run_id == "baseline-20251201120000"
    assert notes == (f"The kept baseline good is passed over as baseline: its {name} cannot be read.",)
    assert name != "plan.json" or fitting(tmp_path, WANTED) == []


def test_a_plan_says_which_kept_baseline_it_is_measured_against_and_a_named_run_goes_before_it(tmp_path: Path):
    config = load_config(SHIPPED)
    request = RunRequest(scenario="target", test_type="rest")
    wanted = compile_plan(config, RunRequest(scenario="baseline", test_type="rest"), now_id="1")
    load = {name: getattr(wanted, name) for name in ("users", "duration", "stages", "think_times")}
    keep(tmp_path, past_run(tmp_path, "baseline", **load), "good")
    past_run(tmp_path, "baseline", "20251201_120000", **load)
    past_run(tmp_path, "baseline", "20251202_120000", **{**load, "users": 100})
    options = Options(config=config, request=request, output=tmp_path)
    measured = "Throughput is measured against the kept baseline good (baseline-20251130120000)."
    assert plan_of(options, "1").notes == (measured,)
    # What is asked of this run's load is not asked of the baseline's.
    assert measured in plan_of(options, "1", replace(request, users=200, duration=120, workers=20)).notes
    for word, run_id in (("good", "20251130120000"), ("baseline-20251202120000", "20251202120000")):
        plan = plan_of(replace(options, baseline=word), "1")
        (against,) = (c.options["baseline_run"] for c in plan.criteria if c.kind == "throughput")
        assert against == f"baseline-{run_id}"
    assert plan.notes == (
        "The load of the baseline baseline-20251202120000 is not the configured one: 100 users instead of 10.",
    )


def test_a_named_baseline_that_did_not_pass_or_does_not_fit_is_refused_with_the_reason(tmp_path: Path):
    with pytest.raises(ValueError, match="ended in FAIL; allowed: a run that passed"):
        named_baseline(past_run(tmp_path, "baseline", verdict=FAIL), WANTED, target_plan())
    with pytest.raises(ValueError, match=r"with target sim, test type rest, time scale 0\.5"):
        named_baseline(past_run(tmp_path, "baseline"), WANTED, target_plan(time_scale=0.5))


def test_a_run_is_compared_with_the_one_kept_baseline_that_fits(tmp_path: Path):
    plan = past_plan()
    nothing = "no kept baseline is of smoke with target sim, test type rest, scale 1 and this run's load"
    keep(tmp_path, past_run(tmp_path, stages=SHORTER, duration=20.0), "other-load")
    with pytest.raises(ValueError, match=rf"{nothing} \(10 users, 30s\)"):
        base_for(tmp_path, plan)
    keep(tmp_path, past_run(tmp_path, verdict=FAIL), "first")
    assert base_for(tmp_path, plan) == tmp_path / "baselines" / "first"
    keep(tmp_path, past_run(tmp_path, verdict=PASS), "second")
    with pytest.raises(ValueError, match=r"2 kept baselines are of .*; allowed: --base with one of first, second"):
        base_for(tmp_path, plan)


def test_the_usual_name_says_what_must_be_the_same_for_two_runs_to_be_set_beside_each_other():
    assert usual_name(past_plan("baseline", time_scale=0.25)) == "baseline-sim-rest-10-users-30s-x0.25"


def test_what_was_left_half_written_by_a_process_that_was_killed_is_no_baseline(tmp_path: Path):
    keep(tmp_path, past_run(tmp_path), "whole")
    (tmp_path / "baselines" / "whole").rename(tmp_path / "baselines" / ".whole.x1y2")
    assert fitting(tmp_path, past_plan()) == []
