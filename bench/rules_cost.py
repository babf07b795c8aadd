"""What a run's rules cost Prometheus: every group of the scenario spike, with 50 operations counted on 8 workers.

    python -m bench.rules_cost [--seconds 60]

A real telemetry process shows counters that this program fills (the shipped operations under further names, until there
are 50; each counted RATE times a second), a real Prometheus scrapes it every second and evaluates the rules that a run
brings. The figure is the time that Prometheus itself gives for each group's evaluation, summed over the groups; read
once a second after the first window is full. No generator and no exporter runs, so the resources' rules find nothing.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

from loadgen.arguments import CONFIG
from loadgen.config import load_config
from loadgen.model.outcome import Outcome
from loadgen.model.plan import Operation, Plan
from loadgen.plan import RunRequest, compile_plan
from loadgen.query.client import Prometheus
from loadgen.rules import prometheus_config, run_rules
from loadgen.run.home import free_ports
from loadgen.run.processes import Processes
from loadgen.run.prometheus import NativePrometheus, find_prometheus, lookback_of
from loadgen.run.stack import start_telemetry
from loadgen.storage import save, state_folder
from loadgen.telemetry.counters import WorkerCounters, create
from loadgen.telemetry.run_values import RunValues

OPERATIONS, WORKERS, RATE = 50, 8, 4
AIM = 0.1
"""Seconds."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="how long to look")
    seconds = parser.parse_args().seconds
    plan = many(compile_plan(load_config(CONFIG), RunRequest(scenario="spike", workers=WORKERS), now_id="bench"))
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        with Processes(work / "logs") as processes:
            totals, groups = _looked(plan, work, processes, seconds)
    print(f"{len(plan.operations)} operations, {plan.workers} workers, {len(plan.criteria)} criteria, {groups} groups")
    median, highest = statistics.median(totals), max(totals)
    print(f"all groups: median {median * 1e3:.1f} ms, highest {highest * 1e3:.1f} ms of {len(totals)} evaluations")
    print(f"aim {AIM * 1e3:.0f} ms: ratio {median / AIM:.2f}")


def many(plan: Plan) -> Plan:
    """The plan with its operations under further names; its criteria count those too."""
    more: list[Operation] = list(plan.operations)
    while len(more) < OPERATIONS:
        one = plan.operations[len(more) % len(plan.operations)]
        more.append(msgspec.structs.replace(one, name=f"{one.name}_{len(more)}"))
    names = {t: tuple(o.name for o in more if o.test_type == t and o.judged) for t in plan.test_types}
    criteria = tuple(
        msgspec.structs.replace(c, operations=names[c.test_type]) if c.test_type in names else c for c in plan.criteria
    )
    return msgspec.structs.replace(plan, operations=tuple(more), criteria=criteria)


def _looked(plan: Plan, work: Path, processes: Processes, seconds: int) -> tuple[list[float], int]:
    save(work / "plan.json", plan)
    create(work, plan)
    port, telemetry = free_ports(2)
    start_telemetry(processes, work, telemetry, "bench")
    program, _ = find_prometheus(state_folder())
    prometheus = NativePrometheus(program, work, work / "data", port)
    prometheus.write_targets(f"127.0.0.1:{telemetry}", plan.run_id, plan.scenario)
    configuration = prometheus_config(
        scrape_interval=plan.scrape_interval,
        rule_files=[str(prometheus.rules_file)],
        targets_files=[str(prometheus.targets_file)],
    )
    prometheus.write_configuration(configuration, run_rules(plan))
    prometheus.start(processes, "1d", lookback_of(plan))
    return _watched(plan, work, Prometheus(prometheus.url), seconds)


def _watched(plan: Plan, work: Path, client: Prometheus, seconds: int) -> tuple[list[float], int]:
    counters = [WorkerCounters.open(work, plan, n) for n in range(plan.workers)]
    RunValues.open(work, plan).start(time.time())
    totals: list[float] = []
    groups: list[dict[str, Any]] = []
    filled = time.monotonic() + 10 + plan.window
    while time.monotonic() < filled + seconds:
        _count(plan, counters)
        time.sleep(1.0)
        if time.monotonic() > filled:
            groups = client.rules()
            assert all(rule["health"] == "ok" for group in groups for rule in group["rules"]), (
                "a rule cannot be evaluated"
            )
            totals.append(sum(group["evaluationTime"] for group in groups))
    shown = client.instant("count(loadtest_requests_total > 0)", time.time()).data["result"]
    assert shown, "Prometheus did not see the counters"
    return totals, len(groups)


def _count(plan: Plan, counters: list[WorkerCounters]) -> None:
    """A second's worth of operations, in all phases in turn, so that every series moves."""
    now = time.monotonic()
    for place, operation in enumerate(plan.operations):
        for turn in range(RATE):
            phase = plan.phases[turn % len(plan.phases)].name
            took = 0.05 + 0.01 * place
            outcome = Outcome(
                test_type=operation.test_type,
                name=operation.name,
                phase=phase,
                due=now,
                started=now,
                lag=0.0,
                finished=now + took,
            )
            counters[(place + turn) % len(counters)].record(outcome)


if __name__ == "__main__":
    main()
