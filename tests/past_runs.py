"""Folders of earlier runs made by hand: sound records, judged by the real judge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec import structs

from loadgen.model.plan import Plan
from loadgen.model.run import Run
from loadgen.model.verdict import FAIL, INVALID, PASS
from loadgen.storage import save
from loadgen.verdict.judge import judge
from tests.plans import errors, latency
from tests.runs import STARTED, evidence, record, tally
from tests.small_plan import operation, small_plan

COUNTS = {PASS: (1000, 0), FAIL: (1000, 100), INVALID: (3, 0)}
"""By verdict: operations, and how many of them failed."""


def past_plan(scenario: str = "smoke", stamp: str = "20251130_120000", **changes: Any) -> Plan:
    """A REST run of one operation, judged by latency and errors."""
    fields: dict[str, Any] = {
        "run_id": f"{scenario}-{stamp.replace('_', '')}",
        "scenario": scenario,
        "test_type": "rest",
        "shares": {"rest": 10},
        "operations": (operation("rest", "chat"),),
        "criteria": (latency(phases=("steady",)), errors(phases=("steady",))),
    }
    return small_plan(**{**fields, **changes})


def records_of(plan: Plan, verdict: str = PASS, *, started: float = STARTED) -> Run:
    """The records of a run of the plan that ended so."""
    count, failed = COUNTS[verdict]
    tallies = (tally(plan, count, failed=failed),)
    firing = tuple(criterion.id for criterion in plan.criteria) if verdict == FAIL else ()
    made, found = record(plan, tallies), evidence(plan, tallies, firing=firing)
    judged = judge(plan, made, found)
    assert judged.verdict == verdict, judged.sentence
    return Run(plan=plan, record=structs.replace(made, started=started), evidence=found, verdict=judged, folder="")


def written(folder: Path, run: Run) -> Path:
    """The folder, with the records of a run in it."""
    for name, one in (("plan", run.plan), ("run", run.record), ("evidence", run.evidence), ("verdict", run.verdict)):
        save(folder / f"{name}.json", one)
    return folder


def past_run(
    output: Path, scenario: str = "smoke", stamp: str = "20251130_120000", verdict: str = PASS, **changes: Any
) -> Path:
    """The folder of such a run below `output`, where a run puts it."""
    return written(output / scenario / stamp, records_of(past_plan(scenario, stamp, **changes), verdict))
