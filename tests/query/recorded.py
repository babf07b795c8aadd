"""A short run that really took place: telemetry process, Prometheus and rules are real, the operations are written."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from loadgen.model.evidence import Evidence
from loadgen.model.outcome import Outcome
from loadgen.model.plan import Criterion, Phase, Plan, Stage
from loadgen.model.record import RunRecord
from loadgen.query.client import Prometheus
from loadgen.query.collect import collect
from loadgen.query.courses import computed
from loadgen.query.live import Snapshot, snapshot
from loadgen.query.scrapes import seen_since
from loadgen.telemetry.counters import WorkerCounters
from loadgen.telemetry.run_values import RunValues
from tests.outcomes import outcome
from tests.small_plan import latency, operation, small_plan
from tests.waiting import wait_until

HOSTILE = 'a"b\\c\nd{e="f"}|.* or vector(7) #'


class Recorded(Struct):
    """What was written, and what Prometheus made of it."""

    plan: Plan
    record: RunRecord
    outcomes: list[Outcome]
    evidence: Evidence
    halfway: Snapshot
    at_the_end: Snapshot


def spike_plan() -> Plan:
    """Twelve seconds with a spike, on two workers; the latency criterion of gRPC fails, that of REST passes."""
    recovery = Criterion(
        id="recovery:rest",
        kind="recovery",
        test_type="rest",
        operations=("chat", HOSTILE),
        phases=("recovery",),
        bound=4.0,
        minimum=5,
        options={
            "hold": 2.0,
            "window": 2.0,
            "minimum_answers": 5,
            "latency_factor": 1.5,
            "latency_add": 0.05,
            "latency_seconds": 2.0,
            "latency_share": 0.95,
            "error_add": 0.005,
            "error_floor": 0.01,
            "spike_end": 6.0,
            "phase_end": 12.0,
        },
    )
    judged = ("steady", "recovery")
    return small_plan(
        run_id="spike-20251130_120000",
        scenario="spike",
        users=20,
        duration=12.0,
        workers=2,
        window=4.0,
        stages=(
            Stage(phase="warmup", start=0, end=1, from_users=0, to_users=10),
            Stage(phase="steady", start=1, end=4, from_users=10, to_users=10),
            Stage(phase="spike", start=4, end=6, from_users=20, to_users=20),
            Stage(phase="recovery", start=6, end=12, from_users=10, to_users=10),
        ),
        phases=(
            Phase(name="warmup", start=0, end=1, judged=False),
            Phase(name="steady", start=1, end=4, judged=True),
            Phase(name="spike", start=4, end=6, judged=False),
            Phase(name="recovery", start=6, end=12, judged=True),
        ),
        operations=(
            operation("rest", "chat"),
            operation("rest", HOSTILE, "llm_generate"),
            operation("grpc", "llm_generate_stream"),
        ),
        criteria=(
            latency("rest", "chat", HOSTILE, phases=judged),
            latency("grpc", "llm_generate_stream", phases=judged),
            recovery,
        ),
    )


def take_place(client: Prometheus, plan: Plan, work: Path) -> Recorded:
    """Write operations for as long as the plan says, then end the run as an orchestrator would."""
    begin = time.time()
    wait_until(lambda: seen_since(client, plan, begin, time.time()), 30, "the first scrape")
    values = RunValues.open(work, plan)
    started = time.time()
    values.start(started)
    workers = [WorkerCounters.open(work, plan, n) for n in range(plan.workers)]
    outcomes: list[Outcome] = []
    _write(plan, workers, outcomes, started, until=plan.duration - 5)
    halfway = snapshot(client, plan, time.time())
    _write(plan, workers, outcomes, started, until=plan.duration)
    ended = time.time()
    _seen(client, plan, ended)
    for criterion, value in computed(client, plan, started, time.time()).items():
        values.criterion_value(criterion, value)
    values.finish()
    final_scrape = _seen(client, plan, time.time())
    record = _record(plan, started, ended, final_scrape)
    evidence = collect(client, plan, record)
    return Recorded(plan, record, outcomes, evidence, halfway, snapshot(client, plan, time.time()))


def _write(
    plan: Plan, workers: Sequence[WorkerCounters], outcomes: list[Outcome], started: float, until: float
) -> None:
    """Fifty operations a second, by turns: REST is slow in the spike, every fourth gRPC call always."""
    while time.time() < started + until:
        number = len(outcomes)
        phase = plan.phase_at(time.time() - started)
        one = plan.operations[number % len(plan.operations)]
        slow = phase == "spike" if one.test_type == "rest" else number % 4 == 0
        made = outcome(
            one.test_type,
            one.name,
            phase,
            seconds=3.0 if slow else 0.05,
            lag=0.2 if number % 50 == 0 else 0.0,
            reason="timeout" if one.name == "chat" and number % 10 == 0 and phase == "spike" else None,
        )
        worker = workers[number % len(workers)]
        worker.record(made)
        worker.set_users(one.test_type, 5)
        worker.heartbeat(time.time())
        worker.cpu(0.25)
        worker.loop_lag(0.001)
        outcomes.append(made)
        due = started + len(outcomes) * 0.02
        wait_until(lambda due=due: time.time() >= due, 30, "the next operation")


def _seen(client: Prometheus, plan: Plan, moment: float) -> float:
    return wait_until(lambda: seen_since(client, plan, moment, time.time()), 10, "a scrape after the end") or 0.0


def _record(plan: Plan, started: float, ended: float, final_scrape: float) -> RunRecord:
    return RunRecord(
        run_id=plan.run_id,
        version="0",
        commit="",
        started=started,
        ended=ended,
        final_scrape=final_scrape,
        outcome="completed",
    )
