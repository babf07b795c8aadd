"""The report at the end of a run: what becomes of it changes no verdict, and no pass without it ends in 0."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import structs

from loadgen.cli import main
from loadgen.model.run import Run
from loadgen.report.contents import Report
from loadgen.reporting import program
from loadgen.run.listener import Ending
from loadgen.storage import load, save
from loadgen.verdict.judge import judge
from tests.plans import errors, example_plan, latency
from tests.reports import failed_spike
from tests.runs import evidence, record, tally

RECORDS = ("plan", "record", "evidence", "verdict")
NAMES = ("plan.json", "run.json", "evidence.json", "verdict.json")


def passed() -> Run:
    plan = example_plan(criteria=(latency(), errors()))
    tallies = (tally(plan, 1000),)
    told, found = record(plan, tallies), evidence(plan, tallies, alerting=())
    return Run(plan=plan, record=told, evidence=found, verdict=judge(plan, told, found), folder="spike/1")


RUNS = {"PASS": passed(), "FAIL": failed_spike()}
CODES = {"PASS": 0, "FAIL": 1}

Ended = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def _without_charts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("loadgen.report.files.draw", lambda _report: ())
    monkeypatch.setenv("LOADGEN_HOME", str(tmp_path / "home"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "our runs" / "20251130_120000"  # with a space, as in a home folder


def saved(folder: Path, run: Run) -> Ending:
    for name, record_ in zip(NAMES, RECORDS, strict=True):
        save(folder / name, getattr(run, record_))
    return Ending(plan=run.plan, record=run.record, evidence=run.evidence, verdict=run.verdict, folder=folder)


@pytest.fixture
def ended(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ended:
    """`loadgen run` where the load and its judgement are over: exit code, output, errors."""

    def end(run: Run, *words: str) -> tuple[int, str, str]:
        ending = saved(folder, run)
        monkeypatch.setattr("loadgen.run.orchestrate.run", lambda _options, _listener: ending)
        return called(capsys, "run", *words)

    return end


def called(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    told = capsys.readouterr()
    assert isinstance(left.value.code, int)
    return left.value.code, told.out, told.err


def never(_report: Report) -> str:
    raise AssertionError("a mistake of ours")


def signalled(_report: Report) -> str:
    os.kill(os.getpid(), signal.SIGINT)
    return ""


@pytest.mark.parametrize("verdict", RUNS)
def test_a_run_ends_with_its_report_and_then_its_verdict(verdict: str, ended: Ended, folder: Path):
    code, out, err = ended(RUNS[verdict])
    assert (code, err) == (CODES[verdict], "")
    page = folder / "locust_report_20251130_120000.html"
    *_, told, last = out.splitlines()
    assert told == f"report in {page}"
    assert last.startswith(f"{verdict} (exit code {code}): ")
    assert page.exists()


@pytest.mark.parametrize("verdict, wanted", [("PASS", 5), ("FAIL", 1)])
def test_of_a_report_that_cannot_be_written_the_file_is_named_and_only_a_pass_changes_its_code(
    verdict: str, wanted: int, ended: Ended, folder: Path
):
    (folder / "junit.xml").mkdir(parents=True)
    code, out, err = ended(RUNS[verdict])
    assert code == wanted
    assert f"in {folder} " in err
    assert "junit.xml (Is a directory)" in err
    assert f"`{program()} report '{folder}'`" in err
    assert (folder / "summary.md").exists()
    assert out.splitlines()[-1].startswith(f"{verdict} (exit code {wanted}): ")
    assert load(folder / "verdict.json", type(RUNS[verdict].verdict)) == RUNS[verdict].verdict


@pytest.mark.parametrize("verdict, wanted", [("PASS", 5), ("FAIL", 1)])
def test_a_mistake_of_ours_in_the_report_takes_no_verdict_away(
    verdict: str, wanted: int, ended: Ended, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr("loadgen.report.files.junit", never)
    code, out, err = ended(RUNS[verdict])
    assert code == wanted
    assert "a mistake of ours" in err
    assert "Traceback" not in err
    assert "Traceback" in (tmp_path / "home" / "last_error.txt").read_text()
    assert out.splitlines()[-1].startswith(f"{verdict} (exit code {wanted}): ")


@pytest.mark.parametrize("verdict", RUNS)
def test_a_signal_ends_the_report_after_the_file_at_work(
    verdict: str, ended: Ended, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("loadgen.report.files.junit", signalled)
    code, _, err = ended(RUNS[verdict])
    assert code == 130
    assert "interrupted by signal 2" in err
    assert f"`{program()} report '{folder}'`" in err
    assert (folder / "junit.xml").exists()
    assert not (folder / "locust_report_20251130_120000_stats.csv").exists()


def test_a_run_in_which_no_load_was_sent_has_no_report(ended: Ended, folder: Path):
    plan = passed().plan
    told = record(plan, (), started=None, ended=None, outcome="interrupted", exit_signal=15)
    found = evidence(plan)
    unsent = Run(plan=plan, record=told, evidence=found, verdict=judge(plan, told, found), folder="spike/1")
    code, out, err = ended(unsent)
    assert (code, err) == (143, "")
    assert "report in" not in out
    assert {path.name for path in folder.iterdir()} == set(NAMES)


def test_an_interrupted_run_has_a_report(ended: Ended, folder: Path):
    run = passed()
    told = structs.replace(run.record, outcome="interrupted", exit_signal=15)
    code, _, _ = ended(structs.replace(run, record=told, verdict=judge(run.plan, told, run.evidence)))
    assert code == 143
    assert (folder / "locust_report_20251130_120000.html").exists()


def test_who_wants_the_records_only_gets_no_report(ended: Ended, folder: Path):
    code, out, _ = ended(passed(), "--no-report")
    assert code == 0
    assert out.splitlines()[-1].startswith("PASS (exit code 0): ")
    assert {path.name for path in folder.iterdir()} == set(NAMES)


def test_what_is_judged_again_is_reported_again(folder: Path, capsys: pytest.CaptureFixture[str]):
    run = failed_spike()
    saved(folder, run)
    assert called(capsys, "report", str(folder))[0] == 0
    before = (folder / "summary.md").read_text()
    lenient = tuple(structs.replace(c, bound=0.5) if c.kind == "latency" else c for c in run.plan.criteria)
    save(folder / "plan.json", structs.replace(run.plan, criteria=lenient))
    code, out, _ = called(capsys, "judge", str(folder))
    verdict = load(folder / "verdict.json", type(run.verdict))
    assert verdict.verdict != run.verdict.verdict
    assert code == verdict.exit_code
    assert out.splitlines()[-1].startswith(f"{verdict.verdict} (exit code {code}): ")
    assert "❌ FAIL" in before
    assert f"{verdict.verdict}: spike" in (folder / "summary.md").read_text()


def foreign(folder: Path, run: Run) -> None:
    save(folder / "evidence.json", structs.replace(run.evidence, run_id="another"))


def of_another_version(folder: Path, run: Run) -> None:
    save(folder / "plan.json", structs.replace(run.plan, schema_version=99))


def cut_off(folder: Path, _run: Run) -> None:
    (folder / "run.json").write_text("{")


SPOILT = {"another run's": foreign, "another version's": of_another_version, "cut off": cut_off}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
def test_what_cannot_be_judged_keeps_the_verdict_that_it_has(
    spoil: Callable[[Path, Run], None], folder: Path, capsys: pytest.CaptureFixture[str]
):
    saved(folder, passed())
    spoil(folder, passed())
    before = (folder / "verdict.json").read_bytes()
    code, out, err = called(capsys, "judge", str(folder))
    assert (code, out, err.count("\n")) == (3, "", 1)
    assert (folder / "verdict.json").read_bytes() == before
    assert {path.name for path in folder.iterdir()} == set(NAMES)


@pytest.mark.parametrize("word", ["spike/20251130_120000", "good"])
def test_a_run_is_judged_and_reported_by_its_place_below_the_output_and_by_its_kept_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], word: str
):
    place = tmp_path / ("baselines/good" if word == "good" else word)
    saved(place, passed())
    for command in ("report", "judge"):
        code, out, err = called(capsys, command, word, "--output-dir", str(tmp_path))
        assert (code, err) == (0, "")
        assert f"report in {place}/" in out


NO_RUNS = {"an empty word": "", "a folder": ".", "too long a word": "x" * 5000, "a run_id": "spike-20251130120000"}


@pytest.mark.parametrize("command", ["report", "judge"])
@pytest.mark.parametrize("word", NO_RUNS.values(), ids=NO_RUNS.keys())
def test_what_is_no_run_is_refused_in_one_short_line(
    word: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    code, _, err = called(capsys, command, word)
    assert (code, err.count("\n")) == (3, 1)
    assert len(err) < 400


def test_no_word_at_all_is_not_the_run_in_whose_folder_one_stands(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    saved(folder, passed())
    monkeypatch.chdir(folder)
    assert called(capsys, "report", "")[0] == 3
    assert {path.name for path in folder.iterdir()} == set(NAMES)


def test_what_draws_is_not_loaded_before_the_load_is_over():
    code = "import sys, loadgen.cli, loadgen.run.orchestrate, loadgen.run.repeat; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"matplotlib", "numpy", "scipy", "jinja2", "loadgen.report.files"} & set(loaded)
