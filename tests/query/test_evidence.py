"""The evidence is what happened, to the last operation, from a real Prometheus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from loadgen.catalogue import le
from loadgen.criteria import kind_of
from loadgen.model.evidence import Evidence, Series
from loadgen.model.outcome import Outcome
from loadgen.model.plan import AbortRule
from loadgen.query.collect import collect
from loadgen.storage import load, save
from tests.prometheus_process import RunningPrometheus
from tests.query.recorded import HOSTILE, Recorded

Key = tuple[str, str, str]


def _key(outcome: Outcome) -> Key:
    return outcome.test_type, outcome.name, outcome.phase


def test_nothing_is_missing(recorded: Recorded):
    assert recorded.evidence.problems == ()
    assert recorded.evidence.complete


def test_every_operation_is_in_its_tally(recorded: Recorded):
    counted = {(t.test_type, t.name, t.phase): t.requests for t in recorded.evidence.tallies if t.requests}
    assert counted == Counter(map(_key, recorded.outcomes))


def test_an_operation_that_was_never_asked_in_a_phase_is_there_with_nothing(recorded: Recorded):
    plan = recorded.plan
    keys = {(t.test_type, t.name, t.phase) for t in recorded.evidence.tallies}
    phases = (*(phase.name for phase in plan.phases), "cooldown")
    assert keys == {(o.test_type, o.name, phase) for o in plan.operations for phase in phases}


def test_every_failure_is_there_with_its_reason(recorded: Recorded):
    counted = Counter(
        {
            (t.test_type, t.name, t.phase, reason): count
            for t in recorded.evidence.tallies
            for reason, count in t.failures.items()
        }
    )
    assert counted == Counter((*_key(o), o.reason) for o in recorded.outcomes if o.reason)
    assert counted


def test_every_bucket_is_exact(recorded: Recorded):
    for tally in recorded.evidence.tallies:
        own = [o for o in recorded.outcomes if _key(o) == (tally.test_type, tally.name, tally.phase)]
        good = [o.response_time for o in own if o.reason is None]
        within = [sum(t <= edge for t in good) for edge in recorded.plan.edges]
        assert tally.buckets == (*within, len(own))
        assert tally.total_seconds == pytest.approx(sum(o.response_time for o in own), abs=1e-6)


def test_service_times_are_those_of_answered_operations(recorded: Recorded):
    counted = {(t.test_type, t.name): t.requests for t in recorded.evidence.service_times}
    assert counted == Counter((o.test_type, o.name) for o in recorded.outcomes if o.reason is None)
    assert all(
        t.phase == "" and t.failures == {} and t.buckets[-1] == t.requests for t in recorded.evidence.service_times
    )


def test_extremes_are_those_of_successes(recorded: Recorded):
    for extremes in recorded.evidence.extremes:
        own = [o.response_time for o in recorded.outcomes if o.name == extremes.name and o.reason is None]
        assert (extremes.minimum, extremes.maximum) == (pytest.approx(min(own)), pytest.approx(max(own)))


def test_lateness_is_counted_by_phase(recorded: Recorded):
    late = Counter(o.phase for o in recorded.outcomes if o.lag > 0.1)
    every = Counter(o.phase for o in recorded.outcomes)
    assert recorded.evidence.lag == {phase: (late[phase], every[phase]) for phase in (*every, "cooldown")}


def test_the_acceptance_alert_that_fires_at_the_end_is_that_of_the_line_that_failed(recorded: Recorded):
    evidence = recorded.evidence
    lines = [kind_of(c).judge(c, recorded.plan, recorded.record, evidence) for c in recorded.plan.criteria]
    assert evidence.firing == tuple(line.criterion for line in lines if line.status == "failed")
    assert "latency:grpc" in evidence.firing
    assert "latency:rest" not in evidence.firing
    assert evidence.alerting is not None
    assert set(evidence.alerting) == set(evidence.firing)


def test_of_criteria_that_may_stop_the_run_the_worst_that_was_measured_is_kept(
    recorded: Recorded, prometheus: RunningPrometheus
):
    assert recorded.evidence.worst == {}
    failing = AbortRule(criterion="latency:grpc", delay=60.0, minimum=20)
    plan = replace(recorded.plan, abort_on=(failing,))
    worst = collect(prometheus.client, plan, recorded.record).worst
    assert worst is not None
    assert set(worst) == {"latency:grpc"}
    (last,) = (c for c in plan.criteria if c.id == "latency:grpc")
    measured = kind_of(last).judge(last, plan, recorded.record, recorded.evidence).measured
    assert isinstance(measured, float)
    assert last.bound is not None
    assert worst["latency:grpc"] >= measured > last.bound


def test_the_rules_were_evaluated_after_the_final_scrape(recorded: Recorded):
    assert recorded.evidence.evaluated is not None
    assert recorded.record.final_scrape is not None
    assert recorded.evidence.evaluated > recorded.record.final_scrape


def test_when_an_alert_began_is_known(recorded: Recorded):
    began = [t for t in recorded.evidence.alerts if t.alert == "LoadtestLatencyBreached" and t.state == "firing"]
    assert {t.labels["criterion"] for t in began} == {"latency:grpc"}
    assert recorded.record.started is not None
    assert all(t.at > recorded.record.started for t in began)


def test_a_recovery_has_the_same_answer_live_and_from_the_evidence(recorded: Recorded):
    criterion = next(c for c in recorded.plan.criteria if c.kind == "recovery")
    again = kind_of(criterion).judge(criterion, recorded.plan, recorded.record, recorded.evidence)
    assert again.measured == recorded.evidence.values["recovery:rest"]
    assert again.status == "passed"


def test_scrapes_came_every_second(recorded: Recorded):
    assert recorded.evidence.scrape_gap is not None
    assert recorded.evidence.scrape_gap < 3
    assert recorded.evidence.resets == 0


def _series(evidence: Evidence, name: str, **labels: str) -> Series:
    found = [s for s in evidence.series if s.name == name and labels.items() <= s.labels.items()]
    assert len(found) == 1, [(s.name, s.labels) for s in evidence.series]
    return found[0]


def _known(series: Series) -> list[float]:
    return [value for value in series.values if value is not None]


def test_users_and_planned_users_have_a_point_a_second(recorded: Recorded):
    planned = _series(recorded.evidence, "users_target", test_type="rest")
    assert all(after - before == pytest.approx(1.0) for before, after in pairwise(planned.times))
    assert max(_known(planned)) == 12
    assert max(_known(_series(recorded.evidence, "users", test_type="grpc"))) == 10


@pytest.mark.parametrize(
    "name, labels, fits",
    [
        ("rate", {"test_type": "rest"}, lambda v: 20 < max(v) < 50),
        ("error_rate", {"test_type": "rest"}, lambda v: 0 < max(v) <= 0.5),
        ("failures", {"reason": "timeout"}, lambda v: 0 < max(v) < 10),
        ("failures", {"reason": "connect"}, lambda v: set(v) == {0}),
        ("p95", {"test_type": "grpc"}, lambda v: 2 < max(v) <= 8),
        ("generator_cpu", {"worker": "1"}, lambda v: set(v) == {0.25}),
        ("late_share", {}, lambda v: 0 < max(v) < 0.2),
        ("event_loop_lag", {}, lambda v: max(v) <= 0.01),
        ("in_flight", {"test_type": "rest"}, lambda v: set(v) == {0}),
    ],
)
def test_the_course_of_the_run_is_kept(
    recorded: Recorded, name: str, labels: dict[str, str], fits: Callable[[Iterable[float]], bool]
):
    known = _known(_series(recorded.evidence, name, **labels))
    assert len(known) > 5
    assert fits(known), known


def test_a_recovery_has_all_its_counters_every_second(recorded: Recorded):
    evidence = recorded.evidence
    who = {"criterion": "recovery:rest", "test_type": "rest"}
    requests = _series(evidence, "recovery_requests", **who)
    assert requests.times[0] == recorded.record.started
    edges = {s.labels["le"] for s in evidence.series if s.name == "recovery_bucket"}
    assert edges == {le(edge) for edge in (*recorded.plan.edges, float("inf"))}
    assert _known(requests) == sorted(_known(requests))
    assert _series(evidence, "recovery_bucket", le="+Inf", **who).values == requests.values


def test_every_question_is_kept_with_its_answer(recorded: Recorded):
    queries = recorded.evidence.queries
    assert all(query.answer["result"] is not None for query in queries)
    assert all((query.time is None) == (query.step is not None) for query in queries)


def test_the_evidence_survives_its_file(recorded: Recorded, tmp_path: Path):
    save(tmp_path / "evidence.json", recorded.evidence)
    assert load(tmp_path / "evidence.json", Evidence) == recorded.evidence


def test_a_hostile_operation_name_comes_back_as_it_was(recorded: Recorded):
    assert HOSTILE in {tally.name for tally in recorded.evidence.tallies if tally.requests}


def test_a_glance_halfway_shows_the_run_as_it_stands(recorded: Recorded):
    seen = recorded.halfway
    assert seen.problem is None
    assert seen.phase == "recovery"
    assert (seen.users, seen.users_target) == (20, 10)
    assert seen.rate is not None
    assert 20 < seen.rate < 80
    assert seen.p95 is not None
    assert seen.error_share is not None
    assert set(seen.criteria) >= {"latency:rest", "latency:grpc"}
    assert set(seen.samples) == {"latency:rest", "latency:grpc"}
    assert all(0 < count < len(recorded.outcomes) for count in seen.samples.values())
    assert seen.age is not None
    assert 0 <= seen.age <= 3
    assert "latency:grpc" in seen.firing_criteria
    assert "LoadtestLatencyBreached (latency:grpc)" in seen.firing


def test_a_glance_at_the_end_shows_that_it_is_finished(recorded: Recorded):
    assert recorded.at_the_end.phase == "finished"
    assert recorded.at_the_end.criteria["recovery:rest"] == recorded.evidence.values["recovery:rest"]
