"""Ten per cent under a bound passes, ten per cent over it fails: for every kind of criterion, with real load."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from loadgen.history.kept import keep
from loadgen.model.verdict import FAILED, PASSED
from loadgen.verdict.judge import judge
from tests.e2e.harness import Finished, Running, control, only
from tests.waiting import wait_until

Run = Callable[..., Finished]
Begin = Callable[..., Running]

CHAT: dict[str, Any] = {"operations": only("rest", "chat")}


def agrees(finished: Finished) -> bool:
    """Whether alert and line say the same of every criterion."""
    failed = {line.criterion for line in finished.verdict.criteria if line.status == FAILED}
    return set(finished.evidence.firing) == failed


@pytest.mark.parametrize("added, code, status", [(0.9, 0, PASSED), (1.1, 1, FAILED)])
def test_a_latency_ten_per_cent_off_its_bound_decides_the_verdict(
    run: Run, added: float, code: int, status: str
) -> None:
    bound = 0.5
    simulated = {
        "targets": {"sim": {"options": {"latency": added * bound}}},
        "criteria": {"latency": {"within": bound}},
    }
    finished = run(CHAT, simulated, args=("--test-type", "rest"))
    assert finished.code == code, finished.output
    assert finished.line("latency:rest").status == status
    assert agrees(finished)


@pytest.mark.parametrize("every, code, status", [(11, 0, PASSED), (9, 1, FAILED)])
def test_an_error_share_ten_per_cent_off_its_bound_decides_the_verdict(
    run: Run, every: int, code: int, status: str
) -> None:
    """Every 11th or every 9th answer is an error, to the last one; the bound is every 10th."""
    simulated = {"targets": {"sim": {"options": {"error_every": every}}}, "criteria": {"errors": {"below": 0.1}}}
    # A failed operation is not within any time either, so latency is not judged here.
    alone = {"scenarios": {"quick": {"criteria": ["errors"]}}}
    finished = run(CHAT, simulated, alone, args=("--test-type", "rest"))
    assert finished.code == code, finished.output
    assert finished.line("errors:rest").status == status
    assert agrees(finished)


def test_a_throughput_ten_per_cent_off_its_bound_decides_the_verdict(begin: Begin, tmp_path: Path) -> None:
    """Think times rule the rate, so 22 users make about 2.2 times what 10 users make, and 18 users 1.8 times."""
    scenario = {"purpose": "x", "spawn_rate": 200, "duration": "8s", "shape": {"kind": "constant"}}
    config = {
        "criteria": {"throughput": {"times_baseline": 2, "tolerance": 0}},
        "scenarios": {
            "baseline": {**scenario, "users": 10, "criteria": ["errors"]},
            "over": {**scenario, "users": 22, "criteria": ["throughput"]},
            "under": {**scenario, "users": 18, "criteria": ["throughput"]},
        },
    }
    codes = {}
    for name, more in (("over", ()), ("baseline", ("--repeat", "2")), ("under", ())):
        finished = begin(CHAT, config, args=("--scenario", name, "--test-type", "rest", *more)).finish()
        codes[name] = finished.code, finished.output
        assert name == "baseline" or agrees(finished)
    # Without a baseline nothing can be said, and the user hears so before the load.
    assert codes["over"][0] == 2, codes["over"][1]
    assert codes["baseline"][0] == 0, codes["baseline"][1]
    assert codes["under"][0] == 1, codes["under"][1]
    # A series is one run after the other, and ends with what compares them.
    first, second = sorted((tmp_path / "reports" / "baseline").iterdir())
    assert "2 runs made\n  sim: 2 PASS\n" in codes["baseline"][1]
    assert f" compare --base {first} {second} --run RUN" in codes["baseline"][1]
    # A baseline that is kept goes before later runs, outlives its own, and is named before the load.
    name, earlier = keep(tmp_path / "reports", first, None)
    shutil.rmtree(first)
    finished = begin(CHAT, config, args=("--scenario", "over", "--test-type", "rest")).finish()
    assert finished.code == 0, finished.output
    assert agrees(finished)
    kept = f"Throughput is measured against the kept baseline {name} ({earlier.plan.run_id})."
    assert f"note: {kept}" in finished.output
    assert kept in finished.verdict.notes


SLOW_SPIKE: dict[str, Any] = {
    "criteria": {"recovery": {"bound": "11s", "hold": "3s", "window": "4s"}, "latency": {"within": "10s"}},
    "scenarios": {
        "quick": {
            "users": 20,
            "spawn_rate": 100,
            "duration": "31s",
            "shape": {"kind": "spike", "base_users": 10, "before": "6s", "after": "20s"},
            "criteria": ["recovery"],
        }
    },
}


@pytest.mark.parametrize("back_after, code, status", [(4.0, 0, PASSED), (10.0, 1, FAILED)])
def test_a_recovery_within_or_beyond_its_bound_decides_the_verdict(
    begin: Begin, back_after: float, code: int, status: str
) -> None:
    """The target stays slow for so long after the spike; then a window of 4 s must slide past that."""
    running = begin(CHAT, SLOW_SPIKE, args=("--test-type", "rest"))
    start = running.wait_for_load()
    wait_until(lambda: time.time() > start + 7, 20, "the spike")
    control(running, "/faults", {"latency": 0.4, "operation": "rest:chat"})
    wait_until(lambda: time.time() > start + 11 + back_after, 30, "the moment to be quick again")
    control(running, "/faults", {"latency": 0.0, "operation": "rest:chat"})
    finished = running.finish()
    assert finished.code == code, finished.output
    line = finished.line("recovery:rest")
    assert line.status == status
    assert line.measured > back_after - 1
    assert agrees(finished)
    for share, there in ((1.1, PASSED), (0.9, FAILED)):
        assert judged_with(finished, line.measured * share) == there


def judged_with(finished: Finished, bound: float) -> str:
    """What the same evidence says against another bound: a run recovers when it does, so the bound is moved."""
    plan = finished.plan
    (criterion,) = plan.criteria
    moved = replace(plan, criteria=(replace(criterion, bound=bound),))
    return judge(moved, finished.record, finished.evidence).criteria[0].status
