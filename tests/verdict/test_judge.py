"""The verdict: validity first, then what failed, then what is not known."""

from __future__ import annotations

import msgspec
import pytest

from loadgen.model.plan import WEIGHTLESS, Plan
from loadgen.model.record import Event
from loadgen.model.verdict import FAIL, INVALID, PASS, Verdict
from loadgen.verdict import judge, sentences, summary
from tests.aftermaths import back_after, course
from tests.plans import errors, example_plan, latency, recovery, throughput
from tests.runs import STARTED, cpu_series, evidence, record, tally, users_series
from tests.small_plan import operation

PLAN = example_plan(criteria=(latency(), errors()))
GOOD = (tally(PLAN, 1000),)
SLOW = (tally(PLAN, 1000, 100),)
FEW = (tally(PLAN, 250, 1),)
BREACHED = {"firing": ("latency:rest",)}
ABORT = Event(at=STARTED + 100, kind="aborted", text="latency:rest was breached")


def verdict(tallies=GOOD, plan: Plan = PLAN, seen=None, **recorded) -> Verdict:
    return judge(plan, record(plan, tallies, **recorded), evidence(plan, tallies, **(seen or {})))


def outcome(found: Verdict) -> tuple[str, int]:
    return found.verdict, found.exit_code


def test_a_sound_run_with_every_criterion_held_passes_and_names_the_closest_one():
    found = verdict((tally(PLAN, 1000, 20),))
    assert outcome(found) == (PASS, 0)
    assert "latency:rest came closest: 2%, bound 5%" in found.sentence


def test_a_breached_criterion_fails_and_is_named_with_value_and_bound():
    found = verdict(SLOW, seen=BREACHED)
    assert outcome(found) == (FAIL, 1)
    assert "latency:rest failed" in found.sentence
    assert "100 of 1000" in found.sentence
    assert "5%" in found.sentence


def test_too_few_samples_are_invalid_and_the_sentence_says_which_and_how_to_mend_it():
    found = verdict(FEW)
    assert outcome(found) == (INVALID, 2)
    assert "errors:rest" in found.sentence
    assert "300" in found.sentence


def test_a_failure_outweighs_a_line_that_is_not_known():
    tallies = (tally(PLAN, 250, 50),)
    assert outcome(verdict(tallies, seen=BREACHED)) == (FAIL, 1)


def test_a_validity_breach_outweighs_a_failure_and_a_pass():
    late = {"lag": {"steady": (200, 1000)}}
    assert outcome(verdict(seen=late)) == (INVALID, 2)
    assert outcome(verdict(SLOW, seen=late | BREACHED)) == (INVALID, 2)


def test_stopped_by_its_own_criterion_is_a_failure():
    found = verdict(SLOW, seen=BREACHED, outcome="aborted", events=(ABORT,), ended=STARTED + 101)
    assert outcome(found) == (FAIL, 1)


def test_stopped_by_its_own_criterion_with_validity_already_broken_is_invalid():
    lost = Event(at=STARTED + 50, kind="worker_lost", text="worker 0 ended")
    found = verdict(SLOW, seen=BREACHED, outcome="aborted", events=(lost, ABORT), ended=STARTED + 101)
    assert outcome(found) == (INVALID, 2)


def test_what_is_lost_after_an_abort_does_not_break_it():
    lost = Event(at=STARTED + 101, kind="worker_lost", text="worker 0 ended")
    found = verdict(SLOW, seen=BREACHED, outcome="aborted", events=(ABORT, lost), ended=STARTED + 102)
    assert outcome(found) == (FAIL, 1)
    assert "Lost after the run was stopped: worker 0 ended" in found.notes


def test_stopped_without_a_failed_criterion_is_invalid():
    found = verdict(outcome="aborted", events=(ABORT,), ended=STARTED + 101)
    assert outcome(found) == (INVALID, 2)
    assert "stopped" in found.sentence


@pytest.mark.parametrize("signal, code", [(2, 130), (15, 143)])
def test_an_interrupted_run_is_invalid_with_the_signals_exit_code(signal, code):
    found = verdict(SLOW, seen=BREACHED, outcome="interrupted", exit_signal=signal)
    assert outcome(found) == (INVALID, code)
    assert "interrupted" in found.sentence


@pytest.mark.parametrize(
    "measured, unit, shown",
    [
        (0.1 + 0.2, "", ("0.30000000000000004", "0.3")),
        (0.3, "calls", ("0.3 calls", "0.3 calls")),
        (0.31, "calls", ("0.31 calls", "0.3 calls")),
        (0.1 + 0.2, "ratio", ("0.30000000000000004 ratio", "0.3 ratio")),
        (None, "", ("nothing", "0.3")),
        ("never", "seconds", ("never", "0.3 s")),
    ],
)
def test_figures_that_are_not_equal_do_not_look_equal(measured, unit, shown):
    assert sentences.figures(measured, 0.3, unit) == shown


@pytest.mark.parametrize("reason, code", [("environment", 4), ("configuration", 3)])
def test_a_run_that_sent_no_load_exits_as_what_it_was_refused_for(reason, code):
    found = verdict((), outcome=reason, started=None, locust=None)
    assert (outcome(found), found.sentence) == ((INVALID, code), "No load was sent, so the run cannot tell.")


def test_a_plan_without_criteria_never_passes():
    plan = example_plan(criteria=())
    assert outcome(verdict(plan=plan)) == (INVALID, 2)


def test_a_missing_baseline_is_invalid():
    plan = example_plan(criteria=(latency(), throughput(bound=None)))
    found = verdict(plan=plan)
    assert outcome(found) == (INVALID, 2)
    assert "baseline" in found.sentence


def test_smoke_says_that_the_set_up_works_and_no_more():
    plan = example_plan(criteria=(latency(), errors()), scenario="smoke")
    assert "The set-up works, and this says no more than that" in verdict(plan=plan).sentence
    assert "set-up works" not in verdict().sentence


def test_the_same_records_give_the_same_verdict_after_being_saved_and_read_again():
    plan = example_plan()
    criterion = recovery()
    series = (*cpu_series(plan, 0.3), *users_series(plan), *course(plan, criterion, back_after(500)))
    seen = evidence(plan, GOOD, series=series, firing=("recovery:rest",), values={"recovery:rest": "never"})
    run = record(plan, GOOD)
    first = judge(plan, run, seen)

    def again(thing):
        return msgspec.json.decode(msgspec.json.encode(thing), type=type(thing))

    assert judge(again(plan), again(run), again(seen)) == first
    assert again(first) == first
    assert [line.status for line in first.criteria] == ["passed", "passed", "passed", "failed", "unknown", "unknown"]
    assert first.verdict == FAIL
    assert "never back" in first.sentence


def test_a_slow_target_is_told_apart_from_a_slow_generator():
    assert any("what was slow was the target" in note for note in verdict(SLOW, seen=BREACHED).notes)
    found = verdict(SLOW, seen=BREACHED | {"lag": {"steady": (200, 1000)}})
    assert "generator" in found.sentence
    assert not any("what was slow was the target" in note for note in found.notes)


def test_a_target_that_failed_without_being_slow_is_not_called_slow():
    found = verdict((tally(PLAN, 1000, 0, 100),), seen={"firing": ("latency:rest", "errors:rest")})
    assert (found.verdict, [line.status for line in found.criteria]) == (FAIL, ["failed", "failed"])
    assert not any("what was slow was the target" in note for note in found.notes)


def test_the_targets_own_count_is_a_note_and_decides_nothing():
    counts = record(PLAN, GOOD).locust
    same = verdict(target=counts)
    other = verdict(target=(msgspec.structs.replace(counts[0], requests=993),))
    assert outcome(same) == outcome(other) == (PASS, 0)
    assert any("all 1000" in note for note in same.notes)
    assert any("993" in note and "-7" in note for note in other.notes)


def spike_notes(plan: Plan, *tallies) -> list[str]:
    return [note for note in verdict((*GOOD, *tallies), plan).notes if note.startswith("In ")]


def test_what_the_spike_cost_is_a_note_for_each_test_type_where_it_is_not_judged():
    operations = (
        *(operation("rest", name) for name in ("chat", "own", "odd")),
        operation("rest", "health", judged=False),
    )
    own = latency("rest", "own", id="latency:rest:own", options={"seconds": 1.0})
    plan = example_plan(
        criteria=(latency("rest", "chat", "odd"), own, errors()),
        operations=(*operations, operation("grpc", "embed"), operation("websocket", "text")),
        shares={"rest": 4, "websocket": 3, "grpc": 3},
    )
    spike = (
        tally(plan, 1000, 200, 30, phase="spike"),
        tally(plan, 1000, 100, 10, phase="spike", name="own"),
        tally(plan, 500, 0, 500, phase="spike", name="health"),
        tally(plan, 40, 0, 10, phase="spike", name="embed", test_type="grpc"),
    )
    start, late = "In spike, which is not judged,", "200 (10%) succeeded later than 2s"
    assert spike_notes(plan, *spike) == [
        f"{start} of 2000 rest operations 40 (2%) failed and 100 (5%) succeeded later than 1s and {late}.",
        f"{start} of 40 grpc operations 10 (25%) failed.",
    ]


def test_a_spike_that_is_judged_needs_no_note_and_neither_does_one_that_never_came():
    phases = tuple(msgspec.structs.replace(phase, judged=True) for phase in PLAN.phases)
    judged = msgspec.structs.replace(PLAN, phases=phases)
    assert spike_notes(judged, tally(PLAN, 100, 0, 50, phase="spike")) == []
    assert spike_notes(PLAN, tally(PLAN, 0, phase="spike")) == []


def test_an_operation_that_the_configuration_itself_switches_off_is_no_note():
    dropped = {"rest:off": WEIGHTLESS, "grpc:llm_embed": "UNIMPLEMENTED"}
    plan = msgspec.structs.replace(PLAN, dropped=dropped)
    notes = verdict(plan=plan).notes
    assert [note for note in notes if "left out" in note] == ["grpc:llm_embed was left out: UNIMPLEMENTED"]


def test_a_criterion_is_one_line_of_the_text_and_a_sentence_more_only_where_it_did_not_pass():
    found = verdict(FEW)
    lines = summary(PLAN, evidence(PLAN, FEW), found).splitlines()
    start = lines.index("Criteria")
    assert [line.split()[:2] for line in lines[start + 1 : lines.index("", start)]] == [
        ["passed", "latency:rest:"],
        ["unknown", "errors:rest:"],
        ["0", "of"],
    ]


def test_the_table_shows_the_percentiles_that_are_configured():
    plan = msgspec.structs.replace(PLAN, percentiles=(0.25, 0.999))
    text = summary(plan, evidence(plan, GOOD), verdict(plan=plan))
    head = next(line for line in text.splitlines() if line.startswith("  test type"))
    assert head.split("  ")[-1] == "max"
    names = [name.strip() for name in head.split("  ") if name]
    assert names == ["test type", "operation", "count", "failed", "failed %", "P25", "P99.9", "min", "max"]
    row = next(line for line in text.splitlines() if line.startswith("  rest"))
    assert len(row.replace(" ms", "ms").split()) == 9


def test_the_text_holds_verdict_criteria_validity_operations_and_notes():
    found = verdict(SLOW, seen=BREACHED)
    text = summary(PLAN, evidence(PLAN, SLOW), found)
    lines = text.splitlines()
    assert lines[0] == "FAIL  spike-20251130_120000"
    assert any(line.startswith("  FAILED  latency:rest: 10% against 5%, margin -100%, 1000 samples") for line in lines)
    assert any(line.startswith("  ok      generator-late: ") for line in lines)
    assert any(line.split()[:4] == ["rest", "chat", "1000", "0"] for line in lines)
    assert "\x1b" not in text
    assert text.endswith("\n")


def test_the_text_of_a_run_in_which_nothing_was_measured_shows_no_zeros_as_times():
    found = judge(PLAN, record(PLAN), evidence(PLAN))
    row = next(line for line in summary(PLAN, evidence(PLAN), found).splitlines() if "chat" in line)
    assert row.split() == ["rest", "chat", "0", "0", "-", "-", "-", "-", "-", "-"]
