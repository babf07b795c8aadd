"""What the report of a 30-minute run costs: seconds, peak memory, and the size of the page.

    python -m bench.bench_report RUN [--minutes 30]

RUN is the folder of any recorded run. Its records are stretched to so many minutes: phases, stages, blocks and moments
in proportion, and every series to as many points as a run of that length leaves, its values repeated. The report is
then made by `loadgen report` in a process of its own, whose time and memory the system itself tells. Nothing is
written into RUN.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from msgspec import structs

from loadgen.history.folders import read_run
from loadgen.model.evidence import Blocks, Evidence, Series
from loadgen.model.plan import Plan
from loadgen.model.run import Run
from loadgen.query.courses import POINTS, courses
from loadgen.query.resources import USE, WAITING
from loadgen.storage import save

SECONDS, MEGABYTES, PAGE = 5.0, 300.0, 1.5
"""The aims: seconds, MB of memory, MB of HTML."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of a recorded run")
    parser.add_argument("--minutes", type=float, default=30.0, help="how long the run is to be")
    arguments = parser.parse_args()
    run = read_run(arguments.run)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / arguments.run.name
        points = _written(stretched(run, arguments.minutes * 60), arguments.run, folder)
        print(f"{arguments.minutes:g} minutes, {len(run.plan.operations)} operations, {points} points of series")
        wall, own, memory = _made(folder)
        (page,) = folder.glob("locust_report_*.html")
        size = page.stat().st_size / 1e6
        files = sum(1 for path in folder.rglob("*") if path.is_file())
    print(f"{files} files, records included")
    print(f"seconds {wall:.2f} (of the processor {own:.2f}), aim {SECONDS:g}: ratio {wall / SECONDS:.2f}")
    print(f"memory {memory:.0f} MB, aim {MEGABYTES:g}: ratio {memory / MEGABYTES:.2f}")
    print(f"page {size:.2f} MB, aim {PAGE:g}: ratio {size / PAGE:.2f}")


def stretched(run: Run, seconds: float) -> Run:
    """The run as if it had lasted so long."""
    if run.record.started is None or run.record.ended is None:
        raise SystemExit("this run sent no load: take another")
    factor, start = seconds / run.plan.duration, run.record.started
    drain = run.record.ended - start - run.plan.duration
    ended = start + seconds + max(0.0, drain)
    record = structs.replace(run.record, ended=ended, final_scrape=ended + 1)
    return structs.replace(
        run, plan=_plan(run.plan, factor), record=record, evidence=_evidence(run, factor, start, seconds)
    )


def _plan(plan: Plan, factor: float) -> Plan:
    def longer(piece: Any) -> Any:
        return structs.replace(piece, start=piece.start * factor, end=piece.end * factor)

    return structs.replace(
        plan,
        duration=plan.duration * factor,
        stages=tuple(map(longer, plan.stages)),
        phases=tuple(map(longer, plan.phases)),
    )


def _evidence(run: Run, factor: float, start: float, seconds: float) -> Evidence:
    charted = {course.name for course in courses(run.plan)} | {USE, WAITING}

    def longer(series: Series) -> Series:
        if not series.times:
            return series
        step = seconds / POINTS if series.name.partition(":")[0] in charted else run.plan.scrape_interval
        count = round(seconds / step)
        return structs.replace(
            series,
            times=tuple(round(start + place * step, 3) for place in range(count)),
            values=tuple(series.values[place % len(series.values)] for place in range(count)),
        )

    def slower(blocks: Blocks) -> Blocks:
        return structs.replace(blocks, times=tuple(at * factor for at in blocks.times))

    found = run.evidence
    return structs.replace(
        found,
        series=tuple(map(longer, found.series)),
        blocks=tuple(map(slower, found.blocks)),
        alerts=tuple(structs.replace(one, at=start + (one.at - start) * factor) for one in found.alerts),
    )


def _written(run: Run, original: Path, folder: Path) -> int:
    """Save the records; how many points there are in their series."""
    folder.mkdir()
    for name, record in (("plan", run.plan), ("run", run.record), ("evidence", run.evidence), ("verdict", run.verdict)):
        save(folder / f"{name}.json", record)
    if (original / "failures.jsonl").exists():
        shutil.copy(original / "failures.jsonl", folder)
    return sum(len(series.times) for series in run.evidence.series)


def _made(folder: Path) -> tuple[float, float, float]:
    """Seconds on the wall and of the processor, and megabytes at the peak."""
    begun = time.perf_counter()
    maker = subprocess.Popen([sys.executable, "-m", "loadgen", "report", str(folder)], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(maker.pid, 0)
    wall = time.perf_counter() - begun
    if status:
        raise SystemExit(f"the report could not be made: status {os.waitstatus_to_exitcode(status)}")
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6


if __name__ == "__main__":
    main()
