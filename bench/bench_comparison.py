"""How often `loadgen compare` is right, by recorded runs of the stand-in that are dealt out to two sides many times.

Method: two pools of runs made in turns, one of the stand-in as it is, one of the stand-in with an LLM that is 20 %
slower (0.30 s instead of 0.25 s). From a pool compared with itself, whatever is reported is a false alarm; from one
pool against the other, the operations with an LLM in them should be named, and no others. Running 200 times ten runs
would take days, so the sides are drawn from the pools without replacement: every comparison is of runs that were really
made, but they share runs, so that the shares below are less sure than those of 200 separate comparisons.

    python -m bench.bench_comparison --repeat 20   # makes so many runs of each (a minute a run), then compares
    python -m bench.bench_comparison DIR …         # takes runs that were made so
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import yaml

from bench.measured import ROOT
from loadgen.compare.compare import figures
from loadgen.compare.conclusion import conclusion
from loadgen.compare.estimates import Estimated, estimated
from loadgen.compare.subjects import Subject, counted, present, subjects
from loadgen.config import load_config
from loadgen.history.folders import read_run
from loadgen.model.comparison import EXIT_NONE, IMPROVEMENT, P50, P95, REGRESSION, Compared
from loadgen.model.run import Run
from loadgen.model.verdict import EXIT_USAGE, INVALID

CONFIG = ROOT / "loadgen/config/load_test_config.yaml"
TARGET, SLOW_TARGET = "sim", "sim-slower-llm"
SLOWER = {"llm_generate", "llm_generate_stream", "llm_chat", "llm_chat_stream"}
"""Operations that are little else than the LLM."""
PARTLY = {"round_trip"}
"""Operations that hold one: they may be named."""
SCENARIO = {
    "purpose": "Many short runs, to know how much two of the same thing differ.",
    "users": 100,
    "spawn_rate": 100,
    "duration": "60s",
    "shape": {"kind": "constant"},
    "criteria": ["latency", "errors"],
}


@dataclass
class Pool:
    """Runs of one kind: what each of them says of the subjects."""

    name: str
    runs: list[Estimated]


@dataclass
class Outcome:
    """A comparison: what it named as worse or better, by operation and measure, and its exit code."""

    changed: set[tuple[str, str, str]]
    exit_code: int

    def names(self) -> set[str]:
        """Operations with a change."""
        return {name for _, name, _ in self.changed if name}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, metavar="N", help="make so many runs of each kind")
    parser.add_argument("--output", type=Path, help="where they go (default: a temporary folder)")
    parser.add_argument("runs", type=Path, nargs="*", metavar="DIR", help="folders of the runs of both kinds")
    parser.add_argument("--draws", type=int, default=200, help="comparisons of each kind (default: %(default)s)")
    arguments = parser.parse_args()
    if bool(arguments.repeat) == bool(arguments.runs):
        parser.error("--repeat N, or the folders of runs")
    with tempfile.TemporaryDirectory() as name:
        made = recorded(arguments.output or Path(name), arguments.repeat) if arguments.repeat else arguments.runs
        report([read_run(folder) for folder in made], arguments.draws)


def recorded(output: Path, repeat: int) -> list[Path]:
    """The folders of new runs, made in turns."""
    output.mkdir(parents=True, exist_ok=True)
    config = yaml.safe_load(CONFIG.read_text())
    config["scenarios"]["calibrate"] = SCENARIO
    config["targets"][SLOW_TARGET] = {"kind": "sim", "options": {"service_times": {"llm": "300ms"}}}
    file = output / "config.yaml"
    file.write_text(yaml.safe_dump(config, sort_keys=False))
    command = [sys.executable, "-m", "loadgen", "run", "--config", str(file), "--scenario", "calibrate"]
    sides = ["--target", TARGET, "--against-target", SLOW_TARGET, "--repeat", str(repeat)]
    code = subprocess.run([*command, *sides, "--output-dir", str(output)], cwd=ROOT, check=False).returncode
    if code >= EXIT_USAGE:  # a FAIL or an INVALID among them is none of ours: report leaves out what cannot tell
        sys.exit(code)
    return sorted((output / "calibrate").iterdir())


def report(runs: Sequence[Run], draws: int) -> None:
    """Print the table."""
    sound = [run for run in runs if run.verdict.verdict != INVALID]
    before, after = ([run for run in sound if run.plan.target.name == name] for name in (TARGET, SLOW_TARGET))
    if not before or not after:
        sys.exit(f"{len(before)} sound runs of {TARGET} and {len(after)} of {SLOW_TARGET}; both are needed")
    wanted = subjects(before[0].plan, present(sound))
    pools = [Pool(name, _estimated(side, wanted)) for name, side in (("as it is", before), ("slower LLM", after))]
    print(f"{len(before)} runs of the stand-in as it is, {len(after)} with a slower LLM; {draws} draws\n")
    print("| compared | a side | comparisons | a difference reported | exit code 0 |\n|---|---|---|---|---|")
    for pool in pools:
        for count in (1, 3, 5):
            if found := list(_compared(wanted, pool, pool, count, draws)):
                alarms = sum(bool(one.changed) for one in found)
                quiet = sum(one.exit_code == EXIT_NONE for one in found)
                print(f"| {pool.name}, with itself | {count} | {len(found)} | {alarms} | {quiet} |")
    for count in (1, 3, 5):
        found = list(_compared(wanted, pools[0], pools[1], count, draws))
        if found:
            _print_power(wanted, found, count)


def _estimated(runs: Sequence[Run], wanted: Sequence[Subject]) -> list[Estimated]:
    return [estimated(counted(run, wanted), run.plan.edges) for run in runs]


def _compared(wanted: Sequence[Subject], base: Pool, run: Pool, count: int, draws: int) -> Iterator[Outcome]:
    """Comparisons of so many runs a side, drawn from the pools; none when a pool is too small."""
    settings, random = load_config(CONFIG).compare, Random(f"{base.name} {run.name} {count}")
    if len(base.runs) < count or len(run.runs) < count or (base is run and len(base.runs) < 2 * count):
        return
    for _ in range(draws):
        if base is run:
            drawn = random.sample(base.runs, 2 * count)
            sides = drawn[:count], drawn[count:]
        else:
            sides = random.sample(base.runs, count), random.sample(run.runs, count)
        compared = figures(wanted, *sides, settings)[1]
        yield Outcome(changed=set(_changed(compared)), exit_code=conclusion(compared, settings)[0])


def _changed(compared: Sequence[Compared]) -> Iterator[tuple[str, str, str]]:
    for one in compared:
        for measure in one.measures:
            if measure.status in {REGRESSION, IMPROVEMENT}:
                yield one.test_type, one.name, measure.measure


def _print_power(wanted: Sequence[Subject], found: Sequence[Outcome], count: int) -> None:
    print(f"\nslower LLM against as it is, {count} a side, {len(found)} comparisons\n")
    print("| operation | P50 found | P95 found | either |\n|---|---|---|---|")
    for subject in wanted:
        if subject.name in SLOWER | PARTLY:
            shares = [_share(subject, found, measures) for measures in ((P50,), (P95,), (P50, P95))]
            print(f"| {subject.called} | {' | '.join(f'{share:.1%}' for share in shares)} |")
    others = sum(bool(one.names() - SLOWER - PARTLY) for one in found)
    whole = sum({s.name for s in wanted} & SLOWER <= one.names() for one in found)
    quiet = sum(one.exit_code == EXIT_NONE for one in found)
    print(f"\nAll of them named in {whole}, an operation without an LLM in {others}, of {len(found)} comparisons.")
    print(f"Exit code 0 in {quiet}: rate, error rate and P95 of no test type worse by more than is tolerated.")


def _share(subject: Subject, found: Sequence[Outcome], measures: Sequence[str]) -> float:
    keys = {(subject.test_type, subject.name, measure) for measure in measures}
    return sum(bool(keys & one.changed) for one in found) / len(found)


if __name__ == "__main__":
    main()
