"""Every series has a place of its own, and the plan alone decides which."""

from __future__ import annotations

from itertools import pairwise

from loadgen.catalogue import METRICS
from loadgen.model.outcome import REASONS
from loadgen.model.plan import Phase
from loadgen.telemetry.layout import FAILURES, REQUESTS, RESPONSE, layout_of, request_phases
from tests.small_plan import operation, small_plan


def test_families_lie_one_after_the_other_without_gap_or_overlap():
    layout = layout_of(small_plan())
    families = list(layout.families.values())
    assert families[0].first == 0
    assert all(before.end == after.first for before, after in pairwise(families))
    assert families[-1].end == layout.slots


def test_every_worker_metric_of_the_catalogue_has_a_family_but_the_one_that_is_a_sum():
    layout = layout_of(small_plan())
    assert set(layout.families) == {m.name for m in METRICS if m.scope == "worker"} - {REQUESTS}


def test_each_operation_has_each_phase_and_each_reason():
    plan = small_plan()
    phases = ("warmup", "steady", "cooldown")
    expected = {(o.test_type, o.name, phase) for o in plan.operations for phase in phases}
    layout = layout_of(plan)
    assert set(layout.family(RESPONSE).keys) == expected
    assert set(layout.family(FAILURES).keys) == {(*key, reason) for key in expected for reason in REASONS}


def test_what_an_early_end_cuts_off_has_a_place_in_the_drain_and_only_once():
    phases = (*small_plan().phases, Phase(name="cooldown", start=30, end=35, judged=False))
    assert request_phases(small_plan()) == ("warmup", "steady", "cooldown")
    assert request_phases(small_plan(phases=phases)) == ("warmup", "steady", "cooldown")


def test_failures_lie_before_response_times():
    layout = layout_of(small_plan())
    assert layout.family(FAILURES).end <= layout.family(RESPONSE).first


def test_the_edge_of_lateness_is_an_edge_even_when_it_is_no_edge_of_the_plan():
    layout = layout_of(small_plan(edges=(1.0, 2.0)))
    assert layout.family("loadtest_schedule_lag_seconds").edges == (0.1, 1.0, 2.0)


def test_equal_plans_have_equal_fingerprints_and_others_have_not():
    assert layout_of(small_plan()).fingerprint == layout_of(small_plan()).fingerprint
    changed = [
        small_plan(run_id="another"),
        small_plan(edges=(0.01, 0.1, 0.5, 2.0, 16.0)),
        small_plan(operations=(operation("rest", "chat"), operation("grpc", "other", "llm_chat"))),
        small_plan(workers=2),
    ]
    assert layout_of(small_plan()).fingerprint not in {layout_of(plan).fingerprint for plan in changed}
