"""The books in blocks of time: they add up to the tallies, whatever was or was not seen at their borders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import pytest
from msgspec.structs import replace

from loadgen.catalogue import le
from loadgen.model.evidence import Blocks, Tally
from loadgen.model.plan import Phase, Plan
from loadgen.query.blocks import blocks, borders, length
from loadgen.query.client import Answer, PrometheusFault
from loadgen.query.questions import Questions
from tests.prometheus_process import RunningPrometheus
from tests.query.recorded import Recorded
from tests.small_plan import operation, small_plan

STARTED = 1000.0
EDGES = (0.1, 2.0)
STEADY = Phase(name="steady", start=1, end=24, judged=True)
PLAN = small_plan(
    operations=(operation("rest", "chat"),),
    phases=(Phase(name="warmup", start=0, end=1, judged=False), STEADY),
    edges=EDGES,
)
TALLY = Tally(
    test_type="rest",
    name="chat",
    phase="steady",
    requests=100,
    failures={"timeout": 3, "connect": 1},
    buckets=(80, 96, 100),
    total_seconds=9.0,
)
COUNTS = {"0.1": (10, 40, 60), "2.0": (12, 46, 70), "+Inf": (12, 50, 74)}
FAILED = (0, 2, 3)
"""What had been counted at the inner borders, 6, 11 and 16 s."""


class Seen:
    """Stands for a client: answers range queries with the counts at the inner borders, unless a border is hidden."""

    url = "http://nowhere"

    def __init__(self, hidden: Callable[[str, int], bool] = lambda _edge, _border: False) -> None:
        self._hidden = hidden

    def range(self, expression: str, start: float, end: float, step: float) -> Answer:
        assert step == length(PLAN) == 5
        if "failures" in expression:
            return self._answer({"": FAILED}, start, end)
        return self._answer(COUNTS, start, end)

    def _answer(self, counts: Mapping[str, tuple[int, ...]], start: float, end: float) -> Answer:
        asked = range(round((end - start) / 5) + 1)
        result: list[dict[str, Any]] = []
        for edge, values in counts.items():
            labels = {"test_type": "rest", "name": "chat"} | ({"le": edge} if edge else {})
            known = [[start + 5 * k, str(values[k])] for k in asked if not self._hidden(edge, k)]
            result.append({"metric": labels, "values": known})
        return Answer(data={"result": result})


def asked(client: object, until: float = 100.0, plan: Plan = PLAN) -> tuple[tuple[Blocks, ...], Questions]:
    ask = Questions(client)  # type: ignore[arg-type]
    return blocks(ask, plan, (TALLY,), STARTED, STARTED + until), ask


def test_blocks_are_the_differences_between_their_borders():
    (found,), ask = asked(Seen())
    assert found.times == (1, 6, 11, 16, 24)
    assert found.requests == (12, 38, 24, 26)
    assert found.failures == (0, 2, 1, 1)
    assert found.buckets == ((10, 12, 12), (30, 34, 38), (20, 24, 24), (20, 26, 26))
    assert ask.problems == []


def test_the_raw_answers_are_not_kept_twice():
    _, ask = asked(Seen())
    assert [(query.answer, query.step) for query in ask.queries] == [(None, 5), (None, 5)]


@pytest.mark.parametrize("until", [24.0, 23.9, 16.0, 12.5, 7.0, 1.5])
def test_after_an_early_end_they_still_add_up_and_reach_no_further(until: float):
    (found,), _ = asked(Seen(), until)
    assert found.times[-1] == pytest.approx(until)
    assert all(after > before for before, after in pairwise(found.times))
    assert sums(found) == of_tally(TALLY)


@pytest.mark.parametrize("until", [0.5, 1.0])
def test_a_phase_that_did_not_begin_has_none(until: float):
    found, ask = asked(Seen(), until)
    assert found == ()
    assert ask.queries == []


@pytest.mark.parametrize("border", [0, 1, 2])
@pytest.mark.parametrize("edge", ["0.1", "+Inf", ""])
def test_a_border_that_was_not_seen_is_a_problem_and_no_block(border: int, edge: str):
    found, ask = asked(Seen(lambda which, k: (which, k) == (edge, border)))
    assert found == ()
    assert ask.problems == ["rest:chat is missing in blocks of steady in Prometheus"]


def test_when_prometheus_is_gone_that_is_said_once():
    class Gone:
        url = "http://nowhere"

        def range(self, *_question: object) -> Answer:
            raise PrometheusFault("no Prometheus listens", reached=False)

    found, ask = asked(Gone())
    assert found == ()
    assert len(ask.problems) == 1


@pytest.mark.parametrize("seconds, interval, expected", [(23, 1, 5), (1800, 1, 30), (600, 5, 25), (29.5, 0.4, 2)])
def test_a_run_has_sixty_blocks_at_most_and_none_is_shorter_than_five_scrapes(
    seconds: float, interval: float, expected: float
):
    phase = replace(STEADY, end=1 + seconds)
    plan = replace(PLAN, phases=(PLAN.phases[0], phase), scrape_interval=interval)
    assert length(plan) == expected
    times = borders(plan, phase, phase.end)
    assert len(times) - 1 <= 60
    assert (times[0], times[-1]) == (phase.start, phase.end)
    assert all(after - before >= expected for before, after in pairwise(times))


def test_in_a_real_prometheus_they_add_up_to_what_was_counted(recorded: Recorded, prometheus: RunningPrometheus):
    plan = replace(recorded.plan, scrape_interval=0.4)
    ask = Questions(prometheus.client)
    started, tallies = recorded.record.started or 0.0, recorded.evidence.tallies
    found = blocks(ask, plan, tallies, started, started + plan.duration)
    assert ask.problems == []
    counted = {(t.test_type, t.name, t.phase): of_tally(t) for t in tallies if t.phase in {"steady", "recovery"}}
    assert {(b.test_type, b.name, b.phase): sums(b) for b in found} == counted
    assert {b.phase: len(b.requests) for b in found} == {"steady": 1, "recovery": 3}
    assert all(min(b.requests) > 0 for b in found)


def sums(found: Blocks) -> tuple[int, int, tuple[int, ...]]:
    """Operations, failures and buckets of all blocks together."""
    return sum(found.requests), sum(found.failures), tuple(map(sum, zip(*found.buckets, strict=True)))


def of_tally(tally: Tally) -> tuple[int, int, tuple[int, ...]]:
    return tally.requests, sum(tally.failures.values()), tally.buckets


def test_the_edges_of_this_file_are_those_that_prometheus_shows():
    assert tuple(map(le, (*EDGES, float("inf")))) == tuple(COUNTS)
