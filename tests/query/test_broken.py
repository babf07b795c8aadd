"""What could not be had is said, and is never a number."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from loadgen.criteria import kind_of
from loadgen.model.evidence import Evidence
from loadgen.model.plan import Phase, Plan
from loadgen.model.record import RunRecord
from loadgen.query.client import Prometheus
from loadgen.query.collect import collect
from loadgen.query.live import Snapshot, snapshot
from loadgen.query.scrapes import seen_since
from loadgen.telemetry.counters import WorkerCounters
from tests.outcomes import outcome
from tests.prometheus_process import RunningPrometheus, free_port
from tests.query.recorded import Recorded
from tests.small_plan import small_plan
from tests.telemetry_process import prepare, start_telemetry
from tests.waiting import wait_until


def _record(plan: Plan, **changes: object) -> RunRecord:
    fields = {"started": 1000.0, "ended": 1030.0, "final_scrape": 1031.0, "outcome": "completed"}
    return RunRecord(run_id=plan.run_id, version="0", commit="", **{**fields, **changes})  # type: ignore[arg-type]


def _is_empty(evidence: Evidence) -> bool:
    return not (evidence.tallies or evidence.service_times or evidence.lag or evidence.values or evidence.firing)


def test_a_dead_prometheus_is_a_problem_and_no_error():
    client = Prometheus(f"http://127.0.0.1:{free_port()}", patience=0)
    evidence = collect(client, small_plan(), _record(small_plan()))
    assert not evidence.complete
    assert "no Prometheus listens" in evidence.problems[0]
    assert _is_empty(evidence)
    assert evidence.scrape_gap is None


def test_a_dead_prometheus_is_no_error_to_the_progress_view():
    seen = snapshot(Prometheus(f"http://127.0.0.1:{free_port()}", patience=0), small_plan(), 1000.0)
    assert seen.problem
    assert structs.replace(seen, problem=None) == Snapshot()


@pytest.mark.parametrize("never", [{"started": None}, {"ended": None, "final_scrape": None}])
def test_a_run_that_sent_nothing_is_not_asked_for(never: dict[str, None]):
    evidence = collect(Prometheus("http://127.0.0.1:1"), small_plan(), _record(small_plan(), **never))
    assert not evidence.complete
    assert evidence.queries == ()


def test_a_run_that_prometheus_never_saw_is_incomplete_and_has_no_numbers(
    recorded: Recorded, prometheus: RunningPrometheus
):
    unseen = structs.replace(recorded.plan, run_id="spike-of-somebody-else")
    evidence = collect(prometheus.client, unseen, recorded.record)
    assert not evidence.complete
    assert _is_empty(evidence)
    assert evidence.scrape_gap is None
    assert "Prometheus has no rules for this run, so no alert could fire" in evidence.problems
    assert "Prometheus never saw the run's telemetry" in evidence.problems


def test_without_a_certain_scrape_the_numbers_are_there_and_doubted(recorded: Recorded, prometheus: RunningPrometheus):
    record = structs.replace(recorded.record, final_scrape=None)
    evidence = collect(prometheus.client, recorded.plan, record)
    assert not evidence.complete
    assert "no scrape is certain to hold the last count" in evidence.problems[0]
    assert evidence.tallies


def test_an_operation_that_was_not_exposed_is_missing_and_not_nought(recorded: Recorded, prometheus: RunningPrometheus):
    stranger = structs.replace(recorded.plan.operations[0], name="stranger")
    plan = structs.replace(recorded.plan, operations=(*recorded.plan.operations, stranger))
    evidence = collect(prometheus.client, plan, recorded.record)
    assert not evidence.complete
    assert "stranger" not in {tally.name for tally in evidence.tallies}
    missing = "rest:stranger:warmup, rest:stranger:steady, rest:stranger:spike, …"
    assert f"5 of 20 counters are missing in Prometheus: {missing}" in evidence.problems


def test_an_edge_that_was_not_exposed_makes_the_tally_missing(recorded: Recorded, prometheus: RunningPrometheus):
    plan = structs.replace(recorded.plan, edges=(*recorded.plan.edges, 16.0))
    evidence = collect(prometheus.client, plan, recorded.record)
    # What an early end cut off has failed, so it has none of the edges that are finite.
    assert {tally.phase for tally in evidence.tallies} == {"cooldown"}
    assert not evidence.complete


def test_a_recovery_without_its_series_is_not_known(recorded: Recorded, prometheus: RunningPrometheus):
    criterion = next(c for c in recorded.plan.criteria if c.kind == "recovery")
    bare = structs.replace(recorded.evidence, series=())
    assert kind_of(criterion).judge(criterion, recorded.plan, recorded.record, bare).status == "unknown"


@pytest.fixture(scope="module")
def interrupted(prometheus: RunningPrometheus, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    """Evidence of a run whose telemetry stood still for five seconds, longer than any of its blocks."""
    steady = (Phase(name="steady", start=0, end=30, judged=True),)
    limits = structs.replace(small_plan().validity, scrape_gap_intervals=20.0)
    plan = small_plan(run_id="smoke-that-stood-still", phases=steady, scrape_interval=0.4, validity=limits)
    work = tmp_path_factory.mktemp("still")
    prepare(work, plan)
    with start_telemetry(work) as (process, port):
        prometheus.add_target(f"127.0.0.1:{port}", {"run_id": plan.run_id, "scenario": plan.scenario})
        started = _scrape_after(prometheus.client, plan, time.time())
        WorkerCounters.open(work, plan, 0).record(outcome())
        process.send_signal(signal.SIGSTOP)
        wait_until(lambda: time.time() > started + 5, 10, "five seconds")
        process.send_signal(signal.SIGCONT)
        final = _scrape_after(prometheus.client, plan, time.time())
        yield collect(prometheus.client, plan, _record(plan, started=started, ended=final, final_scrape=final))


def _scrape_after(client: Prometheus, plan: Plan, unix: float) -> float:
    return wait_until(lambda: seen_since(client, plan, unix, time.time()), 30, "a scrape") or 0.0


def test_a_gap_in_the_scrapes_is_measured(interrupted: Evidence):
    assert interrupted.scrape_gap is not None
    assert interrupted.scrape_gap >= 4


def test_what_was_counted_in_a_gap_is_there_after_it(interrupted: Evidence):
    assert sum(tally.requests for tally in interrupted.tallies) == 1
    assert interrupted.resets == 0


def test_blocks_whose_border_fell_into_a_gap_add_up_all_the_same(interrupted: Evidence):
    assert not [problem for problem in interrupted.problems if "blocks" in problem]
    assert [(b.name, sum(b.requests)) for b in interrupted.blocks if any(b.requests)] == [("chat", 1)]
    assert all(len(b.requests) > 1 for b in interrupted.blocks)


def test_in_a_gap_a_series_knows_nothing(interrupted: Evidence):
    users = next(s for s in interrupted.series if s.name == "users_target")
    assert None in users.values


def test_counters_made_anew_in_a_run_are_a_reset(prometheus: RunningPrometheus, work: Path):
    plan = small_plan(run_id="smoke-that-lost-its-counters")
    prepare(work, plan)
    with start_telemetry(work) as (process, port):
        prometheus.add_target(f"127.0.0.1:{port}", {"run_id": plan.run_id, "scenario": plan.scenario})
        started = _scrape_after(prometheus.client, plan, time.time())
        WorkerCounters.open(work, plan, 0).record(outcome())
        _scrape_after(prometheus.client, plan, time.time())
        process.terminate()
        process.wait(timeout=10)
        prepare(work, plan)
        with start_telemetry(work, "--listen", f"127.0.0.1:{port}"):
            final = _scrape_after(prometheus.client, plan, time.time())
            evidence = collect(prometheus.client, plan, _record(plan, started=started, ended=final, final_scrape=final))
    assert evidence.resets == 1
