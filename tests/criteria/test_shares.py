"""Latency and errors: shares of cumulative counts against a bound."""

from __future__ import annotations

import pytest
from msgspec import structs

from loadgen.criteria import kind_of
from loadgen.model.evidence import Tally
from loadgen.model.plan import Criterion, Phase, Stage
from loadgen.model.verdict import FAILED, PASSED, UNKNOWN, Line
from tests.plans import errors, example_plan, latency
from tests.runs import evidence, record, tally

PLAN = example_plan()


def line(criterion: Criterion, *tallies: Tally) -> Line:
    return kind_of(criterion).judge(criterion, PLAN, record(PLAN, tallies), evidence(PLAN, tallies))


@pytest.mark.parametrize(
    "count, slow, failed, status",
    [
        (1000, 0, 0, PASSED),
        (1000, 50, 0, PASSED),
        (1000, 51, 0, FAILED),
        (1000, 0, 51, FAILED),
        (1000, 26, 25, FAILED),
        (200, 10, 0, PASSED),
        (200, 11, 0, FAILED),
        (199, 0, 0, UNKNOWN),
        (199, 10, 0, UNKNOWN),
        (11, 11, 0, FAILED),
        (10, 10, 0, UNKNOWN),
        (0, 0, 0, UNKNOWN),
    ],
)
def test_latency_fails_once_more_than_five_percent_are_slow_or_failed_and_nothing_missing_could_repair_it(
    count, slow, failed, status
):
    assert line(latency(), tally(PLAN, count, slow, failed)).status == status


@pytest.mark.parametrize(
    "count, failed, status",
    [
        (1000, 0, PASSED),
        (1000, 9, PASSED),
        (1000, 10, FAILED),
        (300, 2, PASSED),
        (300, 3, FAILED),
        (299, 2, UNKNOWN),
        (3, 3, FAILED),
        (2, 2, UNKNOWN),
        (0, 0, UNKNOWN),
    ],
)
def test_errors_must_be_strictly_below_one_percent(count, failed, status):
    assert line(errors(), tally(PLAN, count, 0, failed)).status == status


def test_an_answer_at_the_very_bound_is_in_time():
    at_bound = tally(PLAN, 1000)
    place = PLAN.edges.index(2.0)
    buckets = tuple(0 if i < place else 1000 for i in range(len(PLAN.edges) + 1))
    found = line(
        latency(), Tally(**{f: getattr(at_bound, f) for f in at_bound.__struct_fields__} | {"buckets": buckets})
    )
    assert (found.status, found.measured) == (PASSED, 0.0)


def test_only_the_criterions_own_operations_and_phases_are_counted():
    others = (
        tally(PLAN, 500, 500, phase="warmup"),
        tally(PLAN, 500, 500, phase="spike"),
        tally(PLAN, 500, 500, name="status"),
        tally(PLAN, 500, 500, test_type="grpc"),
    )
    found = line(latency(), tally(PLAN, 150), tally(PLAN, 50, phase="recovery"), *others)
    assert (found.status, found.samples, found.measured) == (PASSED, 200, 0.0)


def test_without_operations_nothing_is_measured_and_the_sentence_says_what_to_do():
    found = line(errors())
    assert (found.status, found.measured, found.margin, found.samples) == (UNKNOWN, None, None, 0)
    assert "target" in found.sentence


def test_a_line_short_of_samples_says_how_many_are_needed_and_how_to_mend_it():
    sentence = line(latency(), tally(PLAN, 150, 3)).sentence
    assert "3 of 150" in sentence
    assert "200" in sentence
    assert "longer" in sentence


def test_margin_is_how_far_inside_the_bound_as_a_share_of_it():
    assert line(latency(), tally(PLAN, 1000, 25)).margin == 0.5
    assert line(latency(), tally(PLAN, 1000, 100)).margin == -1.0


def test_quantiles_stand_beside_the_judgement_with_the_edges_between_which_the_truth_lies():
    details = line(latency(), tally(PLAN, 1000, 100)).details
    assert details["P50_above"] < 0.05 <= details["P50_at_most"]
    assert details["P50_above"] < details["P50"] <= details["P50_at_most"]
    assert details["P95_above"] < 3.0 <= details["P95_at_most"]
    assert details["share_within"] == 0.9


def test_a_quantile_among_failures_is_not_given_a_number():
    details = line(latency(), tally(PLAN, 1000, 0, 100)).details
    assert details["P95"] is None
    assert details["P95_above"] == PLAN.edges[-1]


def test_failures_are_told_apart_by_reason():
    details = line(errors(), tally(PLAN, 1000, 0, 20)).details
    assert details["failed: timeout"] == 20
    assert "failed: connect" not in details


RAMP = example_plan(
    phases=tuple(Phase(name=f"ramp-{i:02d}", start=100 * i, end=100 * i + 100, judged=True) for i in (1, 2, 3)),
    stages=tuple(
        Stage(phase=f"ramp-{i:02d}", start=100 * i, end=100 * i + 100, from_users=20 * i, to_users=20 * i)
        for i in (1, 2, 3)
    ),
)


SEEN = evidence(RAMP)
"""Of no operation yet; made once, for thousands of ramps are judged here."""


def ramp(*steps: tuple[int, int], minimum: int = 200) -> Line:
    """A ramp with (operations, slow ones) in each step."""
    tallies = tuple(tally(RAMP, count, slow, phase=p.name) for p, (count, slow) in zip(RAMP.phases, steps, strict=True))
    criterion = latency(phases=tuple(phase.name for phase in RAMP.phases), minimum=minimum)
    return kind_of(criterion).judge(criterion, RAMP, record(RAMP, tallies), structs.replace(SEEN, tallies=tallies))


def test_a_ramp_names_the_first_step_that_broke_by_itself_with_its_load():
    found = ramp((400, 0), (400, 60), (400, 300))
    assert found.status == FAILED
    assert str(found.details["broke_at"]) == "ramp-02 (up to 40 users): 15% were slower than 2s or failed"


def test_a_step_with_fewer_operations_than_the_criterions_minimum_is_judged_by_its_own_share():
    found = ramp((70, 0), (70, 9), (70, 30))
    assert found.status == FAILED
    assert str(found.details["broke_at"]).startswith("ramp-02 (up to 40 users): 12.9%")


def test_a_step_is_not_named_for_a_share_of_a_handful():
    found = ramp((5, 1), (300, 100), (300, 100))
    assert str(found.details["broke_at"]).startswith("ramp-02")


@pytest.mark.parametrize("counts", [(10, 10, 300), (19, 19, 160), (15, 185, 0), (1, 1, 250)])
@pytest.mark.parametrize("minimum", [1, 20, 200])
def test_a_line_that_failed_always_names_a_step(counts, minimum):
    for first in range(min(3, counts[0]) + 1):
        for second in range(min(12, counts[1]) + 1):
            for third in range(min(18, counts[2]) + 1):
                found = ramp(*zip(counts, (first, second, third), strict=True), minimum=minimum)
                assert ("broke_at" in found.details) or found.status != FAILED


def test_a_line_that_holds_names_a_step_only_for_what_would_have_failed_it():
    assert "broke_at" not in ramp((60, 6), (400, 0), (400, 0)).details
    found = ramp((4000, 0), (4000, 0), (300, 60))
    assert found.status == PASSED
    assert str(found.details["broke_at"]).startswith("ramp-03 (up to 60 users): 20%")
