"""The files of a report: all of them, from the records alone, each whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from loadgen.model.run import Run
from loadgen.report.files import NoRun, write_report
from loadgen.storage import save, state_folder, write_whole
from loadgen.verdict.judge import judge
from loadgen.verdict.text import summary
from tests.reports import FOLDER, failed_spike, failure_lines
from tests.runs import evidence, record

ROOT = Path(__file__).resolve().parents[2]
STAMP = Path(FOLDER).name
RECORDS = ("plan.json", "run.json", "evidence.json", "verdict.json", "failures.jsonl")
PROMISED = {
    f"locust_report_{STAMP}.html", f"locust_report_{STAMP}.json", f"locust_report_{STAMP}_stats.csv",
    "junit.xml", "summary.md", "analysis/summary.txt", "analysis/metrics.csv",
    "analysis/response_time_by_endpoint.png", "analysis/p95_response_time.png", "analysis/error_rate_by_endpoint.png",
}  # fmt: skip
TEXTS = sorted(name for name in PROMISED if not name.endswith((".png", ".html")))


def recorded(folder: Path, run: Run | None = None) -> Path:
    """The folder of a run of which there are the records and nothing else."""
    told = run or failed_spike()
    for name, one in zip(RECORDS, (told.plan, told.record, told.evidence, told.verdict), strict=False):
        save(folder / name, one)
    write_whole(folder / "failures.jsonl", b"".join(failure_lines()))
    return folder


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[Path, ...], list[str]]:
    """A folder with its report, what was written, and what was said meanwhile."""
    said: list[str] = []
    folder = recorded(tmp_path_factory.mktemp("reports") / FOLDER)
    return folder, write_report(folder, said.append), said


def test_every_file_is_made_from_the_records_alone_and_nothing_else(made: tuple[Path, tuple[Path, ...], list[str]]):
    folder, written, _ = made
    names = {str(path.relative_to(folder)) for path in written}
    assert names >= PROMISED
    assert files(folder) == names | set(RECORDS)
    assert all(
        name in PROMISED or (Path(name).parent.name, Path(name).suffix) == ("analysis", ".png") for name in names
    )


def test_each_file_is_what_its_name_says(made: tuple[Path, tuple[Path, ...], list[str]]):
    folder, written, _ = made
    for path in written:
        content = path.read_bytes()
        match path.suffix:
            case ".png":
                assert content.startswith(b"\x89PNG"), path
            case ".html":
                assert content.startswith(b"<!doctype html>"), path
            case ".json":
                assert json.loads(content)["run_id"] == failed_spike().plan.run_id
            case ".xml":
                ET.fromstring(content)
            case _:
                assert content.decode().strip(), path
    run = failed_spike()
    assert (folder / "analysis" / "summary.txt").read_text() == summary(run.plan, run.evidence, run.verdict)
    assert f"locust_report_{STAMP}.html" in (folder / "summary.md").read_text()


def test_each_file_is_named_before_it_is_made_with_how_many_there_are(
    made: tuple[Path, tuple[Path, ...], list[str]],
):
    folder, written, said = made
    names = [str(path.relative_to(folder)) for path in written]
    assert said[-len(names) :] == [f"{n} of {len(names)}: {name}" for n, name in enumerate(names, 1)]


def test_the_texts_are_the_same_when_made_again_wherever_the_folder_lies_now(
    made: tuple[Path, tuple[Path, ...], list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("loadgen.report.files.draw", lambda _report: ())
    again = recorded(tmp_path / "elsewhere" / STAMP)
    write_report(again)
    for name in TEXTS:
        assert (again / name).read_bytes() == (made[0] / name).read_bytes(), name


def test_a_run_of_which_nothing_was_seen_has_a_report_too(tmp_path: Path):
    plan = failed_spike().plan
    told = record(plan, (), started=None, ended=None, final_scrape=None, outcome="interrupted", exit_signal=15)
    found = evidence(plan, series=(), lag={}, evaluated=None, scrape_gap=None, complete=False, problems=("gone",))
    run = Run(plan=plan, record=told, evidence=found, verdict=judge(plan, told, found), folder=FOLDER)
    folder = recorded(tmp_path / STAMP, run)
    (folder / "failures.jsonl").unlink()
    assert {str(path.relative_to(folder)) for path in write_report(folder)} >= PROMISED


def test_what_is_no_run_is_refused_with_a_sentence(tmp_path: Path):
    with pytest.raises(NoRun, match=r"plan\.json"):
        write_report(tmp_path)
    folder = recorded(tmp_path / STAMP)
    (folder / "evidence.json").write_text("{}")
    with pytest.raises(NoRun, match=r"evidence\.json"):
        write_report(folder)
    assert files(folder) == set(RECORDS)


def limited(folder: Path, size: int) -> subprocess.CompletedProcess[str]:
    """`loadgen report` by a process that may write no file beyond so many bytes."""
    return subprocess.run(
        [sys.executable, "-m", "loadgen", "report", str(folder)],
        cwd=ROOT,
        env={**os.environ, "MPLCONFIGDIR": str(state_folder() / "matplotlib"), "LOADGEN_HOME": str(folder.parent)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_file_that_finds_no_room_is_named_and_the_records_stay(tmp_path: Path):
    folder = recorded(tmp_path / STAMP)
    before = {name: (folder / name).read_bytes() for name in RECORDS}
    answer = limited(folder, 20_000)
    assert answer.returncode == 5, answer.stderr
    line = answer.stderr.strip().splitlines()[-1]
    assert f"{folder}/locust_report_{STAMP}.json" in line
    assert f"loadgen report {folder}" in line
    assert {name: (folder / name).read_bytes() for name in RECORDS} == before
    assert files(folder) == {*RECORDS, "analysis/summary.txt"}


FULL: dict[str, tuple[str, Callable[[Path], object]]] = {
    "a file where a folder should be": ("analysis", Path.touch),
    "a folder where a file should be": ("junit.xml", Path.mkdir),
}


@pytest.mark.parametrize("name, spoil", FULL.values(), ids=FULL.keys())
def test_a_file_that_cannot_be_written_is_named(name: str, spoil: Callable[[Path], object], tmp_path: Path):
    folder = recorded(tmp_path / STAMP)
    spoil(folder / name)
    with pytest.raises(OSError, match=name) as error:
        write_report(folder)
    assert str(error.value.filename).endswith(name)


def test_a_full_disk_is_said_with_the_name_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left") as error:
        write_whole(tmp_path / "junit.xml", b"<x/>")
    assert (error.value.errno, error.value.filename) == (errno.ENOSPC, str(tmp_path / "junit.xml"))
    assert files(tmp_path) == set()
