"""What counting and showing cost, against prometheus_client in the same process and the same minutes.

    python -m bench.telemetry_cost

Both sides count the same operation: that it happened, its response time, its service time and its lateness, on series
that were looked up before. Both show the same number of series with the same edges. Each figure is CPU time, the best
of ROUNDS, the two sides taking turns, so that a busy machine hits both alike. The ratio is what to compare: the times
depend on the machine.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import prometheus_client

from loadgen.catalogue import EDGES_VERSION, edges_for
from loadgen.model.outcome import Outcome
from loadgen.model.plan import (
    Inputs,
    LengthDistribution,
    Operation,
    Phase,
    Plan,
    Stage,
    Target,
    ThinkTime,
    ValidityLimits,
)
from loadgen.telemetry.counters import WorkerCounters, create
from loadgen.telemetry.exposition import Exposition
from loadgen.telemetry.layout import layout_of
from loadgen.telemetry.memory import map_file, worker_file
from loadgen.telemetry.run_values import RunValues

ROUNDS = 7
OBSERVATIONS = 20_000
OPERATIONS = 22
PHASES = ("warmup", "steady")


def main() -> None:
    """Print both ratios."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        plan, work = _plan(), Path(folder)
        create(work, plan)
        _counting(WorkerCounters.open(work, plan, 0))
        _showing(plan, work)


def _counting(counters: WorkerCounters) -> None:
    outcome = Outcome(test_type="rest", name="op-0", phase="steady", due=1.0, started=1.0, lag=0.0, finished=1.25)
    registry = prometheus_client.CollectorRegistry()
    labels, edges = ("op-0", "steady"), _plan().edges
    count = prometheus_client.Counter("requests", "-", ("name", "phase"), registry=registry).labels(*labels)
    response, service, lag = (
        prometheus_client.Histogram(name, "-", ("name", "phase"), buckets=edges, registry=registry).labels(*labels)
        for name in ("response", "service", "lag")
    )

    def ours() -> None:
        counters.record(outcome)

    def theirs() -> None:
        count.inc()
        response.observe(outcome.response_time)
        service.observe(outcome.service_time)
        lag.observe(outcome.lag)

    mine, other = _best(ours, theirs, OBSERVATIONS)
    print(f"an operation counted: {mine * 1e6:.2f} µs against {other * 1e6:.2f} µs, ratio {mine / other:.2f}")
    print(f"  ({len(edges)} edges, one process, no threads; prometheus_client not in its multiprocess mode)")


def _showing(plan: Plan, work: Path) -> None:
    layout = layout_of(plan)
    memory = map_file(worker_file(work, 0), layout.fingerprint, layout.slots, writable=False).cast("Q")
    exposition = Exposition(plan, layout, [memory], RunValues.open(work, plan, writable=False))
    registry = _registry(plan)
    text, theirs_text = exposition.render(0.0), prometheus_client.generate_latest(registry)
    lines, their_lines = _samples(text), _samples(theirs_text)
    mine, other = _best(lambda: exposition.render(0.0), lambda: prometheus_client.generate_latest(registry), 1)
    mine_each, other_each = mine / lines, other / their_lines
    print(
        f"a line shown: {mine_each * 1e6:.2f} µs against {other_each * 1e6:.2f} µs, ratio {mine_each / other_each:.3f}"
    )
    print(f"  ({lines} lines in {mine * 1e3:.1f} ms against {their_lines} in {other * 1e3:.1f} ms)")


def _registry(plan: Plan) -> prometheus_client.CollectorRegistry:
    """The histograms of the plan, of which nearly all lines are, in prometheus_client."""
    prometheus_client.disable_created_metrics()
    registry = prometheus_client.CollectorRegistry()
    by_phase = prometheus_client.Histogram("a", "-", ("type", "name", "phase"), buckets=plan.edges, registry=registry)
    by_call = prometheus_client.Histogram("b", "-", ("type", "name"), buckets=plan.edges, registry=registry)
    for operation in plan.operations:
        by_call.labels(operation.test_type, operation.name)
        for phase in PHASES:
            by_phase.labels(operation.test_type, operation.name, phase)
    return registry


def _samples(text: bytes) -> int:
    return sum(not line.startswith(b"#") for line in text.splitlines())


def _best(ours: Callable[[], object], theirs: Callable[[], object], times: int) -> tuple[float, float]:
    rounds = [(_seconds(ours, times), _seconds(theirs, times)) for _ in range(ROUNDS)]
    return min(mine for mine, _ in rounds), min(other for _, other in rounds)


def _seconds(call: Callable[[], object], times: int) -> float:
    start = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - start) / times


def _plan() -> Plan:
    """As many operations as the shipped configuration has, in two phases."""
    length = LengthDistribution(median=5, p95=10, low=1, high=20)
    return Plan(
        run_id="bench",
        scenario="bench",
        purpose="to be measured",
        shape="constant",
        test_type="rest",
        shares={"rest": 10},
        time_scale=1.0,
        users=1,
        duration=2.0,
        drain=0.0,
        stages=(Stage(phase="steady", start=0, end=2, from_users=1, to_users=1),),
        phases=tuple(Phase(name=name, start=n, end=n + 1, judged=True) for n, name in enumerate(PHASES)),
        operations=tuple(
            Operation(test_type="rest", name=f"op-{n}", call="chat", weight=1, timeout=5, judged=True)
            for n in range(OPERATIONS)
        ),
        think_times={"rest": ThinkTime(low=0, high=0)},
        criteria=(),
        validity=ValidityLimits(
            late_share=0.01,
            late_seconds=0.1,
            cpu_ratio=0.9,
            cpu_time_share=0.05,
            users_share=0.95,
            scrape_gap_intervals=3,
        ),
        target=Target(name="none", kind="sim", rest="", websocket="", llm="", stt="", tts=""),
        inputs=Inputs(seed=1, prompt_words=length, speech_seconds=length, speech_words=length),
        percentiles=(0.95,),
        window=10.0,
        edges=edges_for([0.1, 2.0]),
        edges_version=EDGES_VERSION,
        workers=1,
        scrape_interval=1.0,
        failure_samples=0,
    )


if __name__ == "__main__":
    main()
