"""A series of runs: its order, what ends it, what it says and what it exits with."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from loadgen.arguments import read_arguments
from loadgen.config import ConfigError, load_config
from loadgen.model.verdict import FAIL, INVALID, PASS
from loadgen.plan import RunRequest
from loadgen.run.errors import EnvironmentFault, Interrupted
from loadgen.run.interrupt import Interrupt
from loadgen.run.options import Options
from loadgen.run.repeat import Made, Side, announced, in_turns, repeat, sides_of

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "loadgen" / "config" / "load_test_config.yaml"
CODES = {PASS: 0, FAIL: 1, INVALID: 2}


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Options:
    monkeypatch.setenv("LOADGEN_HOME", str(tmp_path))
    return Options(config=load_config(SHIPPED), request=RunRequest(test_type="rest"), output=tmp_path)


def two(options: Options) -> list[Side]:
    return [Side(name="before", options=options), Side(name="after", options=options)]


class Runs:
    """Makes runs that end as they are told, one after the other; an exception is raised in a run's place."""

    def __init__(self, *ends: str | BaseException) -> None:
        self._ends = iter(ends)
        self.said: list[str] = []
        self.count = 0

    def make(self, _options: Options) -> Made:
        end = next(self._ends)
        if isinstance(end, BaseException):
            raise end
        self.count += 1
        return Made(folder=Path(f"reports/smoke/{self.count}"), verdict=end, code=CODES[end])

    def series(self, sides: list[Side], times: int) -> int:
        return repeat(sides, times, self.make, self.said.append, "loadgen")

    @property
    def summary(self) -> list[str]:
        return self.said[-1].strip().splitlines()


@pytest.mark.parametrize("times", range(1, 12))
def test_two_sides_are_made_equally_often_and_what_drifts_evenly_weighs_on_both_alike(times: int):
    order = list(in_turns(2, times))
    assert Counter(order) == {0: times, 1: times}
    places = {side: [place for place, one in enumerate(order) if one == side] for side in (0, 1)}
    # With an odd number of pairs one side is ahead by a single place in all, which alternating would be in every pair.
    assert abs(sum(places[0]) - sum(places[1])) == times % 2


def test_five_of_each_go_a_b_b_a(options: Options):
    sides, plans = sides_of(options, "1", target="sim-postgres")
    assert announced(sides, plans, 5) == (
        "10 runs, 5m of load in all, in the order A B B A A B B A A B; A is sim, B is sim-postgres"
    )


def test_one_side_is_simply_made_again(options: Options):
    sides, plans = sides_of(options, "1")
    assert announced(sides, plans, 3) == "3 runs, 90s of load in all, of sim"


def test_a_series_ends_with_a_command_that_compares_it_as_it_stands(options: Options):
    runs = Runs(PASS, FAIL, PASS, PASS)
    runs.series(two(options), 2)
    assert runs.summary[:3] == ["4 runs made", "  before: 2 PASS", "  after: 1 FAIL, 1 PASS"]
    assert runs.summary[3].startswith("compare them: loadgen ")
    words = shlex.split(runs.summary[3].removeprefix("compare them: loadgen "))
    commands = dict.fromkeys(("run", "judge", "report", "compare", "runs", "baseline", "rules", "doctor", "ui"), int)
    read = read_arguments(words, {**commands, "up": int, "down": int})
    assert list(map(str, read.base)) == ["reports/smoke/1", "reports/smoke/4"]
    assert list(map(str, read.run)) == ["reports/smoke/2", "reports/smoke/3"]


def test_folders_with_odd_names_stay_whole_in_that_command(options: Options):
    def make(_options: Options) -> Made:
        return Made(folder=Path("my reports/it's"), verdict=PASS, code=0)

    said: list[str] = []
    repeat([Side(name="sim", options=options)], 1, make, said.append, "loadgen")
    assert "my reports/it's" in shlex.split(said[-1].splitlines()[-1].partition(": ")[2])


def test_the_runs_of_one_side_are_the_base_of_a_command_to_be_completed(options: Options):
    runs = Runs(PASS, PASS)
    assert runs.series([Side(name="sim", options=options)], 2) == 0
    expected = "compare these with later runs: loadgen compare --base reports/smoke/1 reports/smoke/2 --run RUN …"
    assert runs.summary[-1] == expected


def test_an_invalid_run_is_left_out_of_the_command_and_said_to_be(options: Options):
    runs = Runs(PASS, INVALID, PASS, PASS)
    assert runs.series(two(options), 2) == 2
    assert runs.summary[2] == "  after: 1 INVALID, 1 PASS"
    assert runs.summary[3].startswith("1 INVALID left out")
    assert "reports/smoke/2 " not in runs.summary[4] + " "


def test_where_one_side_has_no_run_that_can_tell_nothing_is_compared(options: Options):
    runs = Runs(PASS, INVALID)
    runs.series(two(options), 1)
    assert runs.summary[-1].startswith("nothing can be compared: ")


@pytest.mark.parametrize(
    "ends, code", [((PASS, PASS), 0), ((FAIL, PASS), 1), ((PASS, FAIL), 1), ((INVALID, FAIL), 2), ((FAIL, INVALID), 2)]
)
def test_the_exit_code_is_the_highest_of_the_runs(options: Options, ends: tuple[str, ...], code: int):
    assert Runs(*ends).series([Side(name="sim", options=options)], 2) == code


@pytest.mark.parametrize("fault", [EnvironmentFault("no memory"), OSError(28, "No space left"), Interrupted(2)])
def test_what_keeps_a_run_from_being_made_ends_the_series_and_what_was_made_is_told(
    options: Options, fault: BaseException
):
    runs = Runs(PASS, PASS, fault, PASS)
    with pytest.raises(type(fault)):
        runs.series(two(options), 2)
    assert runs.count == 2
    assert runs.summary[0] == "2 of 4 runs made"
    assert runs.summary[-1] == "compare them: loadgen compare --base reports/smoke/1 --run reports/smoke/2"


def test_a_signal_between_two_runs_ends_the_series_after_the_one_that_is_being_written(options: Options):
    runs = Runs(PASS, PASS)

    def make(one: Options) -> Made:
        signal.raise_signal(signal.SIGTERM)
        return runs.make(one)

    with pytest.raises(Interrupted) as stop:
        repeat(two(options), 2, make, runs.said.append, "loadgen")
    assert stop.value.signal == signal.SIGTERM
    assert (runs.count, runs.summary[0]) == (1, "1 of 4 runs made")


def test_a_signal_that_came_within_a_run_ends_the_series_however_late_it_came(options: Options):
    runs = Runs(PASS, PASS)

    def make(one: Options) -> Made:
        with Interrupt():
            signal.raise_signal(signal.SIGINT)
        return runs.make(one)

    with pytest.raises(Interrupted):
        repeat(two(options), 2, make, runs.said.append, "loadgen")
    assert runs.count == 1


def refused(options: Options, **against: object) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        sides_of(options, "1", **against)  # type: ignore[arg-type]
    return [str(problem) for problem in caught.value.problems]


def test_all_problems_of_both_sides_are_told_before_the_first_run_and_each_once(options: Options, tmp_path: Path):
    other = tmp_path / "other.yaml"
    other.write_text(SHIPPED.read_text().replace("scrape_interval: 1s", "scrape_interval: 1 moment"))
    wrong = Options(config=options.config, request=RunRequest(workers=0, scenario="spke"), output=tmp_path)
    said = refused(wrong, config=other)
    assert len(said) == 3
    assert all(any(word in line for line in said) for word in ("1 moment", "--workers", "spke"))
    same = Options(config=options.config, request=RunRequest(workers=0), output=tmp_path)
    assert len(refused(same, target="sim-postgres")) == 1


def test_an_unknown_target_of_the_other_side_is_refused_with_those_that_are_known(options: Options):
    (said,) = refused(options, target="sim-postgrs")
    assert said.startswith("command line: --against-target: 'sim-postgrs' is not known; did you mean 'sim-postgres'?")


def test_one_host_for_two_targets_is_refused(options: Options):
    request = RunRequest(test_type="rest", target="june", host="http://127.0.0.1:8000")
    (said,) = refused(Options(config=options.config, request=request, output=options.output), target="june")
    assert "--host: given, so that both sides would be the same" in said


def test_sides_whose_runs_would_be_refused_by_the_comparison_are_refused_before_the_first(
    options: Options, tmp_path: Path
):
    (said,) = refused(options, target="june")
    assert "the two sides could not be compared. The kind of target: sim in sim, but june in june." in said
    other = tmp_path / "other.yaml"
    other.write_text(SHIPPED.read_text().replace("users: 10\n", "users: 12\n"))
    assert any(f"but 12 in {other}" in line for line in refused(options, config=other))
    other.write_text(SHIPPED.read_text().replace("  seed: 20251130", "  seed: 7"))
    (said,) = refused(options, config=other)
    assert "the two sides could not be compared. The seed: 20251130 in base, 7 in run" in said


def test_a_configuration_may_be_set_against_itself_to_know_the_noise(options: Options):
    sides, _ = sides_of(options, "1", config=SHIPPED)
    assert len(sides) == 2


def test_a_series_loads_nothing_of_statistics_or_drawing_before_its_first_load_has_ended():
    loaded = "{'numpy', 'scipy', 'matplotlib'} & {*sys.modules}"
    code = f"import sys, loadgen.cli, loadgen.run.repeat, loadgen.run.orchestrate; print({loaded})"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert answer.stdout == "set()\n"


def loadgen(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LOADGEN_HOME": str(home)}
    command = [sys.executable, "-m", "loadgen", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_a_dry_series_prints_the_order_and_both_plans_and_sends_nothing(tmp_path: Path):
    words = ("run", "--repeat", "2", "--against-target", "sim-postgres", "--dry-run", "--output-dir", str(tmp_path))
    answer = loadgen(tmp_path, *words)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith("4 runs, 2m of load in all, in the order A B B A; A is sim, B is sim-postgres\n")
    assert "\nsim: " in answer.stdout
    assert "\nsim-postgres: " in answer.stdout
    assert not list(tmp_path.rglob("*"))
