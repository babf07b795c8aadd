"""Expressions of the user's own, put to a real Prometheus: answers, refusals, and mistakes seen before the load."""

from __future__ import annotations

import time

import pytest
from msgspec.structs import replace

from loadgen.criteria import kind_of
from loadgen.model.plan import Plan
from loadgen.model.verdict import FAILED, PASSED, UNKNOWN, Line
from loadgen.query.client import Prometheus
from loadgen.query.collect import collect
from loadgen.query.courses import computed, refused
from tests.plans import QUERY_OPTIONS, query
from tests.prometheus_process import RunningPrometheus
from tests.query.recorded import Recorded, spike_plan

MISTAKES = {
    "unclosed": ("max(up", "unclosed left parenthesis"),
    "no word": ("maxx(up)", "unknown function"),
    "a range": ("up[5m]", "range vector"),
    "wrong sort": ("rate(up)", "expected type range vector"),
}


def asking(plan: Plan, **expressions: str) -> Plan:
    """The plan judged by these questions alone, each to be at most 8."""
    criteria = tuple(
        query(id=f"query:{name}", options=QUERY_OPTIONS | {"expr": text, "at": plan.duration, "judged": plan.duration})
        for name, text in expressions.items()
    )
    return replace(plan, criteria=criteria)


def lines(recorded: Recorded, prometheus: RunningPrometheus, **expressions: str) -> dict[str, Line]:
    """What is said of each question; what the run would show is the same."""
    plan = asking(recorded.plan, **expressions)
    found = collect(prometheus.client, plan, recorded.record)
    assert found.complete, found.problems
    started = recorded.record.started
    assert started is not None
    shown = computed(prometheus.client, plan, started, time.time())
    judged = [kind_of(criterion).judge(criterion, plan, recorded.record, found) for criterion in plan.criteria]
    assert shown == {line.criterion: line.measured for line in judged if line.measured is not None}
    return {line.criterion.partition(":")[2]: line for line in judged}


def test_a_question_is_answered_of_its_run_at_the_end_of_what_is_judged(
    recorded: Recorded, prometheus: RunningPrometheus
):
    found = lines(
        recorded,
        prometheus,
        few='max_over_time(loadtest_run_info{run_id="$run_id"}[$judged])',
        many='sum(loadtest_requests_total{run_id="$run_id",scenario="$scenario"})',
        scalar="scalar(vector(3))",
        moment="time()",
        none="nobody_shows_this",
        nan="vector(NaN)",
        infinite="1 / vector(0)",
    )
    assert {name: line.status for name, line in found.items()} == {
        "few": PASSED, "many": FAILED, "scalar": PASSED, "moment": FAILED,
        "none": UNKNOWN, "nan": UNKNOWN, "infinite": UNKNOWN,
    }  # fmt: skip
    assert found["moment"].measured == pytest.approx(recorded.record.started + recorded.plan.duration, abs=0.002)


def test_what_prometheus_refuses_at_the_end_leaves_that_line_unknown_in_its_words_and_nothing_else(
    recorded: Recorded, prometheus: RunningPrometheus
):
    many = 'loadtest_requests_total{run_id="$run_id"} * on (run_id) loadtest_requests_total{run_id="$run_id"}'
    found = lines(recorded, prometheus, many=many, sound="vector(1)")
    assert (found["many"].status, found["sound"].status) == (UNKNOWN, PASSED)
    assert found["many"].sentence.startswith("Prometheus refused the question: ")
    assert "many-to-many matching not allowed" in found["many"].sentence


def test_mistakes_are_found_before_the_load_and_placed(recorded: Recorded, prometheus: RunningPrometheus):
    texts = {name: text for name, (text, _) in MISTAKES.items()}
    plan = asking(recorded.plan, **texts, sound='max(up{run_id="$run_id"})', unseen="nobody_shows_this")
    found = refused(prometheus.client, plan, time.time())
    assert found.keys() == {f"query:{name}" for name in MISTAKES}
    for name, (_, words) in MISTAKES.items():
        assert words in found[f"query:{name}"]


def test_what_cannot_be_asked_before_the_load_is_no_mistake():
    plan = asking(spike_plan(), broken="max(up")
    assert refused(Prometheus("http://127.0.0.1:9", patience=0), plan, 0.0) == {}
