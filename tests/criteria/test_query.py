"""Queries: what is asked, which answer counts, and when there is none."""

from __future__ import annotations

import math

import pytest
from msgspec.structs import replace

from loadgen.criteria import kind_of
from loadgen.criteria.query import strangers
from loadgen.model.evidence import Query, Series
from loadgen.model.measured import Scrape
from loadgen.model.verdict import FAILED, PASSED, UNKNOWN, Line
from tests.plans import MEASURED, QUERY_OPTIONS, example_plan, query
from tests.runs import STARTED, evidence, record, scraped

PLAN = example_plan(criteria=(query(),))
LEAST = example_plan(criteria=(query(options=QUERY_OPTIONS | {"at_least": True}),))


def answers(*values: float | None, **labels: str) -> tuple[Series, ...]:
    return tuple(
        Series(
            name="query:queue",
            labels={"criterion": "query:queue", "test_type": "", "service": str(place), **labels},
            unit="",
            times=(STARTED + 300,),
            values=(value,),
        )
        for place, value in enumerate(values)
    )


def line(seen: tuple[Series, ...], plan=PLAN, queries: tuple[Query, ...] = (), scrapes=None, **changes) -> Line:
    """`scrapes`: when everything was scraped; None: all the time."""
    (criterion,) = plan.criteria
    seen = (*seen, *(scraped(plan) if scrapes is None else scrapes))
    kind = kind_of(criterion)
    judged = kind.judge(criterion, plan, record(plan, **changes), evidence(plan, series=seen, queries=queries))
    assert kind.compute(criterion, plan, STARTED, seen) == judged.measured
    return judged


@pytest.mark.parametrize(
    "plan, values, status, measured",
    [
        (PLAN, (8.0,), PASSED, 8.0),
        (PLAN, (8.1,), FAILED, 8.1),
        (PLAN, (1.0, 9.0, 2.0), FAILED, 9.0),
        (PLAN, (1.0, 7.0, 2.0), PASSED, 7.0),
        (LEAST, (8.0,), PASSED, 8.0),
        (LEAST, (7.9,), FAILED, 7.9),
        (LEAST, (10.0, 9.0), PASSED, 9.0),
        (PLAN, (), UNKNOWN, None),
        (PLAN, (None,), UNKNOWN, None),
        (PLAN, (math.inf,), UNKNOWN, None),
        (LEAST, (-math.inf,), UNKNOWN, None),
        (PLAN, (1.0, None), UNKNOWN, None),
        (PLAN, (9.0, None), FAILED, 9.0),
    ],
)
def test_the_worst_answer_counts_and_one_that_is_no_number_leaves_it_open(plan, values, status, measured):
    found = line(answers(*values), plan)
    assert (found.status, found.measured, found.samples) == (status, measured, len(values))


def test_the_sentence_names_the_worst_series():
    found = line(answers(1.0, 9.0))
    assert found.sentence == 'The answer was 9 calls for {service="1"}, the worst of 2; at most 8 calls is allowed.'
    assert found.details["subject"] == '{service="1"}'
    assert found.margin == pytest.approx(-1 / 8)


def test_an_answer_that_lies_hardly_beyond_its_bound_does_not_look_like_it():
    plan = example_plan(criteria=(query(bound=0.3),))
    found = line(answers(0.1 + 0.2), plan)
    assert found.status == FAILED
    assert found.sentence.startswith("The answer was 0.30000000000000004 calls for ")
    assert found.sentence.endswith("at most 0.3 calls is allowed.")
    assert line(answers(0.3), plan).sentence.startswith("The answer was 0.3 calls for")


@pytest.mark.parametrize("bound, value, margin", [(8.0, 10.0, 0.25), (-8.0, -10.0, -0.25), (0.0, 3.0, None)])
def test_the_margin_is_positive_inside_whatever_the_sign_of_the_bound(bound, value, margin):
    plan = example_plan(criteria=(query(bound=bound, options=QUERY_OPTIONS | {"at_least": True}),))
    assert line(answers(value), plan).margin == margin


def test_the_placeholders_are_filled_in_and_nothing_else_is_touched():
    text = 'max_over_time(x{run_id="$run_id",scenario="$scenario",path=~"a$"}[$judged])'
    (criterion,) = (query(options=QUERY_OPTIONS | {"expr": text}),)
    (asked,) = kind_of(criterion).series(criterion, replace(PLAN, scenario='a"b'), {}).values()
    assert asked == f'max_over_time(x{{run_id="{PLAN.run_id}",scenario="a\\"b",path=~"a$"}}[295s])'
    assert strangers(text) == ()
    assert strangers("x[$window] + $runid") == ("$window", "$runid")


def test_it_is_asked_once_at_the_end_of_the_last_judged_phase():
    (criterion,) = PLAN.criteria
    assert kind_of(criterion).asked(criterion, PLAN)[:2] == (300, 300)


def test_why_there_is_no_answer_is_said():
    refused = Query(id="query:queue", expression="x", time=None, answer={"refused": "answers 422: many-to-many"})
    assert line((), queries=(refused,)).sentence == "Prometheus refused the question: answers 422: many-to-many"
    assert line(()).sentence.startswith("The question was answered by nothing, asked 5m after the start.")
    assert line(answers(None, 1.0)).sentence.startswith("The question was answered by 2 series, not all of which")
    assert line((), outcome="aborted").sentence.startswith("The run did not come to its planned end")


TWO = replace(MEASURED, scrapes=(*MEASURED.scrapes, Scrape(job="thing", address="127.0.0.1:8000")))


@pytest.mark.parametrize("needs", [["thing"], ["host", "thing"]])
@pytest.mark.parametrize("value", [1.0, 9.0])
@pytest.mark.parametrize(
    "start, end, said",
    [
        (100, 102, ""),
        (100, 103, "thing at 127.0.0.1:8000 was not scraped from 1:39 to 1:43, for longer than 3s"),
        (-1, 4, "from 0:00 to 0:04"),
        (296, 301, "from 4:55 to 5:00"),
        (-1, 301, "from 0:00 to 5:00"),
        (301, 400, ""),
    ],
)
def test_an_answer_counts_only_when_what_it_needs_was_seen_from_the_start_of_the_load_until_it_was_asked(
    needs, value, start, end, said
):
    plan = example_plan(measured=TWO, criteria=(query(options=QUERY_OPTIONS | {"needs": needs}),))
    found = line(answers(value), plan, scrapes=scraped(plan, lambda at: not start <= at < end, "thing"))
    assert found.status == (UNKNOWN if said else PASSED if value < 8 else FAILED)
    assert said in found.sentence


def test_what_a_question_does_not_need_may_be_missed():
    for needs in ((), ("host",)):
        plan = example_plan(measured=TWO, criteria=(query(options=QUERY_OPTIONS | {"needs": needs}),))
        assert line(answers(1.0), plan, scrapes=scraped(plan, lambda at: False, "thing")).status == PASSED


def test_the_labels_of_the_answer_may_be_called_as_ours_are():
    found = line(answers(9.0, criterion="theirs", test_type="theirs"))
    assert (found.status, found.measured) == (FAILED, 9.0)
