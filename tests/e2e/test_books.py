"""Prometheus and Locust agree to the last operation, in twenty stops out of twenty, with slow operations in flight."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from loadgen.config import load_config
from loadgen.criteria.books import added
from loadgen.model.evidence import Tally
from loadgen.model.plan import COOLDOWN, Plan
from loadgen.model.record import COMPLETED
from loadgen.plan import Endpoints, RunRequest, compile_plan
from loadgen.query.client import Prometheus
from loadgen.query.questions import Questions
from loadgen.query.tallies import response_times
from loadgen.run import stack
from loadgen.run.allowed import check_allowed
from loadgen.run.ending import next_scrape
from loadgen.run.home import free_ports
from loadgen.run.interrupt import Interrupt
from loadgen.run.load import Generators, Load, Watched
from loadgen.run.processes import Processes
from loadgen.storage import save
from loadgen.telemetry import counters
from loadgen.telemetry.run_values import RunValues
from tests.e2e.harness import write_config
from tests.prometheus_process import RunningPrometheus, start_prometheus
from tests.sim_process import Sim, start_sim

STOPS = 20
BRISK = {
    "scenarios": {"quick": {"duration": "5s"}},
    "think_times": {t: {"low": "10ms", "high": "50ms"} for t in ("rest", "websocket", "grpc")},
    "defaults": {"drain": "1s"},
}
"""Answers take up to twelve seconds, a drain lasts one or two: whatever way a stop comes, something is in flight."""

PORTS = free_ports(STOPS)


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sim]:
    slow = '[{"operation": "rest:llm_generate", "latency": 12}, {"operation": "grpc:llm_generate", "latency": 3}]'
    with start_sim(tmp_path_factory.mktemp("sim"), "--faults", slow) as running:
        yield running


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPrometheus]:
    targets = [(f"127.0.0.1:{port}", {"run_id": run_id(n), "scenario": "quick"}) for n, port in enumerate(PORTS)]
    with start_prometheus(tmp_path_factory.mktemp("prometheus"), targets) as running:
        yield running


def run_id(number: int) -> str:
    return f"quick-{number:014d}"


def planned(sim: Sim, folder: Path, number: int) -> Plan:
    ports = Endpoints(**{name: sim.ports[name] for name in ("rest", "llm", "stt", "tts", "control")})
    request = RunRequest(scenario="quick", endpoints=ports, workers=1 + number % 2, users=20)
    plan = compile_plan(load_config(write_config(folder, BRISK)), request, now_id=f"{number:014d}")
    return replace(plan, target=check_allowed(plan.target))


class NobodyWatches:
    def moment(self, elapsed: float) -> None: ...


def one_load(plan: Plan, work: Path, port: int, number: int, prometheus: Prometheus) -> tuple[Load, tuple[Tally, ...]]:
    """Load until the plan ends, or until it is stopped in its middle, every other time; and what Prometheus counted."""
    save(work / "plan.json", plan)
    counters.create(work, plan)
    with Interrupt() as interrupt, Processes(work / "logs") as processes:
        stack.start_telemetry(processes, work, port, commit="")
        generators = Generators(plan, work, *stack.start_locust(processes, plan, work, free_ports(1)[0]), [])
        generators.wait_until_ready(interrupt)
        values = RunValues.open(work, plan)
        start = generators.go()
        values.start(start)
        if number % 2:
            interrupt.wait(lambda: time.time() > start + 1.5 + number / 10, 10)
            watched = Watched(outcome=COMPLETED)
        else:
            watched = generators.watch(start, interrupt, NobodyWatches())
        load = generators.close(start, watched)
        scraped = next_scrape(prometheus, plan)
        assert scraped is not None, "Prometheus saw no scrape after the last count"
        tallies = response_times(Questions(prometheus), plan, scraped)
    assert tallies is not None
    return load, tallies


def by_operation(plan: Plan, tallies: tuple[Tally, ...]) -> dict[tuple[str, str], tuple[int, int]]:
    """Operations and failures."""
    keys = [(o.test_type, o.name) for o in plan.operations]
    books = {key: added(t for t in tallies if (t.test_type, t.name) == key) for key in keys}
    return {key: (found.requests, found.failures) for key, found in books.items()}


@pytest.mark.parametrize("number", range(STOPS))
def test_prometheus_and_locust_agree_to_the_last_operation(
    number: int, sim: Sim, prometheus: RunningPrometheus, tmp_path: Path
) -> None:
    plan = planned(sim, tmp_path, number)
    load, tallies = one_load(plan, tmp_path / "work", PORTS[number], number, prometheus.client)
    assert load.books is not None
    assert load.books.complete
    counted = {(c.test_type, c.name): (c.requests, c.failures) for c in load.books.locust}
    assert counted == by_operation(plan, tallies)
    assert load.books.locust == load.books.workers
    assert sum(requests for requests, _ in counted.values()) > 100
    assert sum(failures for _, failures in counted.values()) > 0, "nothing was in flight at the end"
    cut_off = sum(tally.requests for tally in tallies if tally.phase == COOLDOWN)
    assert (cut_off > 0) == bool(number % 2), "what an early end cuts off is kept apart from what never ended by itself"
