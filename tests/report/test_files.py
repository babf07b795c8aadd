"""The files of a report: all of them, from the records alone, each whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from loadgen.model.run import Run
from loadgen.report.charts.chart import Chart, Look
from loadgen.report.charts.library import Figure
from loadgen.report.contents import Report
from loadgen.report.files import NoRun, NotWhole, write_report
from loadgen.storage import save, write_whole
from loadgen.verdict.judge import judge
from loadgen.verdict.text import summary
from tests.reports import FOLDER, failed_spike, failure_lines
from tests.runs import evidence, record

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


@contextmanager
def limited(size: int) -> Iterator[None]:
    """Meanwhile no file can be written beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def _without_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadgen.report.files.draw", lambda _report: ())


@pytest.mark.usefixtures("_without_charts")
def test_files_that_find_no_room_are_named_and_what_finds_room_is_there(
    made: tuple[Path, tuple[Path, ...], list[str]], tmp_path: Path
):
    folder = recorded(tmp_path / STAMP)
    before = {name: (folder / name).read_bytes() for name in RECORDS}
    small = {name for name in TEXTS if (made[0] / name).stat().st_size <= 10_000}
    with limited(10_000), pytest.raises(NotWhole) as error:
        write_report(folder)
    lost = {name for name in PROMISED if not name.endswith(".png")} - small
    assert len(lost) > 1
    assert f"in {folder} " in str(error.value)
    assert all(name in str(error.value) for name in lost)
    assert str(error.value).count("File too large") == 1
    assert {name: (folder / name).read_bytes() for name in RECORDS} == before
    assert files(folder) == {*RECORDS, *small}


FULL: dict[str, tuple[str, set[str], Callable[[Path], object]]] = {
    "a file where a folder should be": ("analysis", {"analysis/summary.txt", "analysis/metrics.csv"}, Path.touch),
    "a folder where a file should be": ("junit.xml", {"junit.xml"}, Path.mkdir),
}


@pytest.mark.usefixtures("_without_charts")
@pytest.mark.parametrize("name, lost, spoil", FULL.values(), ids=FULL.keys())
def test_what_cannot_be_written_is_named_and_everything_else_is_there(
    name: str, lost: set[str], spoil: Callable[[Path], object], tmp_path: Path
):
    folder = recorded(tmp_path / STAMP)
    spoil(folder / name)
    with pytest.raises(NotWhole) as error:
        write_report(folder)
    assert not error.value.ours
    named = {part.removesuffix(",") for part in str(error.value).split() if part.removesuffix(",") in PROMISED}
    assert named == lost
    assert files(folder) - {name} == {*RECORDS, *(n for n in PROMISED if not n.endswith(".png"))} - lost


def undrawable(_look: Look) -> Figure:
    raise AssertionError("a mistake in this chart")


SMALL = Chart("small", "Small", "Nothing at all", lambda _look: Figure((2, 1)))
BROKEN = Chart("broken", "Broken", "Nothing at all", undrawable)


def test_a_chart_that_cannot_be_drawn_costs_only_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("loadgen.report.files.draw", lambda _report: (BROKEN, SMALL))
    folder = recorded(tmp_path / STAMP)
    with pytest.raises(NotWhole) as error:
        write_report(folder)
    page = f"locust_report_{STAMP}.html"
    assert error.value.ours
    assert f"{page}, analysis/broken.png (AssertionError: a mistake in this chart)" in str(error.value)
    assert files(folder) == {*RECORDS, *TEXTS, page, "analysis/small.png"}
    text = (folder / page).read_text()
    assert "small-wide" in text
    assert "broken-wide" not in text


def test_a_chart_that_cannot_even_be_begun_costs_no_other_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def drawn(_report: Report) -> Iterator[Chart]:
        yield SMALL
        raise AssertionError("a mistake in the next chart")

    monkeypatch.setattr("loadgen.report.files.draw", drawn)
    folder = recorded(tmp_path / STAMP)
    with pytest.raises(NotWhole, match=r"analysis/\*\.png \(AssertionError: a mistake in the next chart\)"):
        write_report(folder)
    assert files(folder) == {*RECORDS, *TEXTS, f"locust_report_{STAMP}.html", "analysis/small.png"}


def test_a_full_disk_is_said_with_the_name_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left") as error:
        write_whole(tmp_path / "junit.xml", b"<x/>")
    assert (error.value.errno, error.value.filename) == (errno.ENOSPC, str(tmp_path / "junit.xml"))
    assert files(tmp_path) == set()
