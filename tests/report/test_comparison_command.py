"""`loadgen compare`: what it reads, refuses and leaves, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from loadgen.cli import main
from loadgen.history.kept import keep
from loadgen.model.comparison import Compared, Comparison
from loadgen.model.run import Run
from loadgen.model.verdict import INVALID
from loadgen.report.comparison.files import new_folder
from loadgen.storage import load
from tests.compare.drawn import OPERATIONS, Noise, drawn, recorded, slowed
from tests.past_runs import written

FILES = {"comparison.json", "comparison.html", "summary.txt", "summary.md"}
CHARTS = {f"{name}.png" for name in ("differences", "p95_over_time", "rate_over_time", "error_rate_over_time")}
Compare = Callable[..., int]


class Material:
    """Runs of the stand-in and of one with a slower model, in turns, in the folders where runs are."""

    def __init__(self, output: Path) -> None:
        self.output = output
        random = np.random.default_rng(5)
        self.same = [recorded(drawn(random, OPERATIONS, Noise(between=0.01)), number) for number in range(1, 11)]
        self.slow = [recorded(drawn(random, slowed(1.2), Noise(between=0.01)), number) for number in range(11, 16)]
        self.paths = {one.plan.run_id: self.write(one) for one in (*self.same, *self.slow)}

    def write(self, run: Run) -> Path:
        """The folder, with the records in it."""
        return written(self.output / run.folder, run)

    def words(self, runs: list[Run]) -> list[str]:
        """How they are named on the command line."""
        return [str(self.paths[run.plan.run_id]) for run in runs]


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return Material(tmp_path_factory.mktemp("runs"))


@pytest.fixture
def compare(material: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Compare:
    """The command, in this process; its files go to `tmp_path`/out, without charts, which take seconds."""
    monkeypatch.setattr("loadgen.report.comparison.files.draw_comparison", lambda _: iter(()))

    def call(*words: str, output: Path = tmp_path / "out") -> int:
        with pytest.raises(SystemExit) as ended:
            main(["compare", *words, "--output", str(output), "--output-dir", str(material.output)])
        code = ended.value.code
        assert isinstance(code, int)
        return code

    return call


def result(folder: Path) -> Comparison:
    return load(folder / "comparison.json", Comparison)


def test_a_slower_model_ends_in_1_names_what_uses_it_and_leaves_every_file(
    material: Material, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--base", *material.words(material.same[:5]), "--run", *material.words(material.slow)]
    with pytest.raises(SystemExit) as ended:
        main(["compare", *words, "--output-dir", str(material.output)])
    assert ended.value.code == 1
    (folder,) = (material.output / "comparisons").iterdir()
    assert {path.name for path in folder.iterdir()} == FILES | CHARTS
    found = result(folder)
    worse = {(one.test_type, one.name) for one in found.compared if one.name and "regression" in statuses(one)}
    assert worse == {key for key in OPERATIONS if key[1].startswith("llm")}
    shown = capsys.readouterr().out
    assert shown.splitlines()[-1] == f"REGRESSION (exit code 1): {found.sentence}"
    assert f"comparison in {folder}" in shown
    assert "8 of 8: comparison.html" in shown


def statuses(one: Compared) -> set[str]:
    return {measure.status for measure in one.measures}


def test_the_same_thing_against_itself_ends_in_0(material: Material, compare: Compare, tmp_path: Path) -> None:
    same = material.same
    assert compare("--base", *material.words(same[::2]), "--run", *material.words(same[1::2])) == 0
    assert result(tmp_path / "out").conclusion == "none"


def test_one_against_one_that_cannot_tell_ends_in_2(material: Material, compare: Compare, tmp_path: Path) -> None:
    short = [replace(run, evidence=replace(run.evidence, blocks=shortened(run))) for run in material.same[:2]]
    folders = [str(written(tmp_path / str(number), run)) for number, run in enumerate(short)]
    assert compare("--base", folders[0], "--run", folders[1]) == 2
    assert (tmp_path / "out" / "summary.txt").read_text().startswith("CANNOT TELL (exit code 2)\n")


def shortened(run: Run) -> tuple[object, ...]:
    """Its first two blocks."""
    return tuple(
        replace(b, times=b.times[:3], requests=b.requests[:2], failures=b.failures[:2], buckets=b.buckets[:2])
        for b in run.evidence.blocks
    )


def test_a_run_is_named_by_its_folder_below_the_runs_or_its_id(material: Material, compare: Compare) -> None:
    assert compare("--base", "spike/0001", "spike/0003", "--run", "spike/0002", "spike/0004") in (0, 2)


def test_what_is_not_comparable_ends_in_3_with_every_reason_and_leaves_nothing(
    material: Material, compare: Compare, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base, words = material.words(material.same[:1]), unlike(material, tmp_path)
    assert compare("--base", *base, "--run", words) == 3
    said = capsys.readouterr().err
    assert "The scenario: spike in spike-0001, but target in spike-0002" in said
    assert "spike-0002 is INVALID" in said
    assert "--force" in said
    assert not (tmp_path / "out").exists()


def unlike(material: Material, tmp_path: Path) -> str:
    """A run of another scenario, and INVALID."""
    run = material.same[1]
    other = replace(run, plan=replace(run.plan, scenario="target"), verdict=replace(run.verdict, verdict=INVALID))
    return str(written(tmp_path / "other", other))


def test_forced_it_compares_and_every_file_says_so(
    material: Material, compare: Compare, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base, words = material.words(material.same[:1]), unlike(material, tmp_path)
    assert compare("--force", "--base", *base, "--run", words) in (0, 1, 2)
    assert any("The scenario" in reason for reason in result(tmp_path / "out").forced)
    for name in FILES - {"comparison.json"}:
        assert "FORCED" in (tmp_path / "out" / name).read_text(), name
    assert capsys.readouterr().out.splitlines()[-1].endswith("Forced: the runs are not comparable.")


def test_runs_without_blocks_are_refused_even_when_forced(
    material: Material, compare: Compare, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = material.same[1]
    old = written(tmp_path / "old", replace(run, evidence=replace(run.evidence, blocks=())))
    assert compare("--force", "--base", *material.words(material.same[:1]), "--run", str(old)) == 3
    said = capsys.readouterr().err
    assert "no blocks of time" in said
    assert "--force" not in said


def test_every_run_that_cannot_be_read_is_named_at_once(
    material: Material, compare: Compare, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (broken := written(tmp_path / "broken", material.same[0])).joinpath("evidence.json").write_text("{")
    assert compare("--base", "nowhere", "--run", str(broken), "elsewhere") == 3
    said = capsys.readouterr().err
    assert all(word in said for word in ("'nowhere'", "evidence.json", "'elsewhere'"))


def test_without_a_base_the_kept_baseline_that_fits_is_it(
    material: Material, compare: Compare, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = material.words(material.same[1:2])
    assert compare("--run", *run) == 3
    assert "no kept baseline" in capsys.readouterr().err
    keep(material.output, material.paths[material.same[0].plan.run_id], "june")
    assert compare("--run", *run) in (0, 2)
    assert [side.run_id for side in result(tmp_path / "out").base] == ["spike-0001"]
    assert "the base is the kept june" in capsys.readouterr().out


@pytest.mark.parametrize("slower, code", [(True, 1), (False, 5)])
def test_a_result_that_cannot_be_written_is_told_and_is_never_a_0(
    material: Material, compare: Compare, tmp_path: Path, capsys: pytest.CaptureFixture[str], slower: bool, code: int
) -> None:
    (tmp_path / "file").touch()
    run = material.slow if slower else material.same[1::2]
    base = material.same[:5] if slower else material.same[::2]
    words = ("--base", *material.words(base), "--run", *material.words(run))
    assert compare(*words, output=tmp_path / "file") == code
    told = capsys.readouterr()
    assert str(tmp_path / "file") in told.err
    assert "Differences" in told.out
    assert "comparison in" not in told.out


def test_two_comparisons_of_one_second_have_a_folder_each(tmp_path: Path) -> None:
    now = datetime(2025, 11, 30, 12, tzinfo=UTC)
    names = [new_folder(tmp_path, now).name for _ in range(3)]
    assert names == ["20251130_120000", "20251130_120000-2", "20251130_120000-3"]


def test_the_record_holds_no_path_of_the_machine(material: Material, compare: Compare, tmp_path: Path) -> None:
    compare("--base", *material.words(material.same[:1]), "--run", *material.words(material.same[1:2]))
    assert str(material.output) not in msgspec.json.encode(result(tmp_path / "out")).decode()
    assert all(str(material.output) not in (tmp_path / "out" / name).read_text() for name in FILES)
