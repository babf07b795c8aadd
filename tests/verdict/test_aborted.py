"""A run that its own criterion stopped has failed by it; what it did not come to is not judged and blamed on nobody."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from loadgen.model.evidence import AlertTransition, Tally
from loadgen.model.plan import Plan
from loadgen.model.record import Event
from loadgen.model.verdict import FAILED, PASSED, UNKNOWN, Verdict
from loadgen.verdict import judge, summary
from tests.plans import errors, example_plan, growth, latency, query, recovery, throughput
from tests.runs import STARTED, evidence, record, tally

PLAN = example_plan(criteria=(latency(), errors()))
AT = STARTED + 52
STOPPED: dict[str, Any] = {
    "outcome": "aborted",
    "aborted_by": "errors:rest",
    "events": (Event(at=AT, kind="aborted", text="Stopped by errors:rest."),),
    "ended": AT + 2.1,
}
FIRED = AlertTransition(
    at=AT - 5,
    alert="LoadtestErrorsBreached",
    labels={"criterion": "errors:rest", "role": "acceptance"},
    state="firing",
)
FAILING = {"firing": ("errors:rest",), "alerts": (FIRED,)}
LOST = (tally(PLAN, 1000, failed=40),)


def cut_off(count: int) -> Tally:
    """Operations that were in flight when the load was ended early."""
    return msgspec.structs.replace(tally(PLAN, count, failed=count, phase="cooldown"), failures={"unfinished": count})


def verdict(tallies: tuple[Tally, ...] = LOST, seen: Any = FAILING, plan: Plan = PLAN, **recorded: Any) -> Verdict:
    return judge(plan, record(plan, tallies, **(STOPPED | recorded)), evidence(plan, tallies, **seen))


def line(found: Verdict, criterion: str) -> Any:
    return next(one for one in found.criteria if one.criterion == criterion)


def test_it_fails_and_the_sentence_says_when_in_which_phase_and_by_what() -> None:
    found = verdict()
    assert (found.verdict, found.exit_code) == ("FAIL", 1)
    assert found.sentence == (
        "Stopped at 0:52 in steady by errors:rest. 40 of 1000 operations (4%) failed; it must be less than 1%."
    )
    assert all(check.ok for check in found.validity)


def test_the_last_answers_do_not_undo_the_breach_that_stopped_it() -> None:
    found = verdict((tally(PLAN, 1000, failed=9),), seen={"alerts": (FIRED,)})
    assert (found.verdict, found.exit_code) == ("FAIL", 1)
    assert line(found, "errors:rest").status == FAILED
    assert "It was breached when it stopped the run; with the last answers: 9 of 1000" in found.sentence
    assert all(check.ok for check in found.validity), "the alert had fired, so alert and line agree"


def test_a_stop_without_an_alert_that_ever_fired_is_not_believed() -> None:
    found = verdict((tally(PLAN, 1000, failed=9),), seen={})
    assert (found.verdict, found.exit_code) == ("INVALID", 2)
    assert [check.id for check in found.validity if not check.ok] == ["agreement"]


@pytest.mark.parametrize("worst", [{"errors:rest": 0.0099}, {}, {"latency:rest": 1.0}])
def test_a_stop_by_an_alert_that_the_measured_values_do_not_bear_out_is_not_believed(worst: dict[str, float]) -> None:
    found = verdict((tally(PLAN, 1000, failed=9),), seen={"alerts": (FIRED,), "worst": worst})
    assert (found.verdict, found.exit_code) == ("INVALID", 2)
    assert "errors:rest stopped the run, but neither its line nor what was recorded of it" in found.sentence
    assert line(found, "errors:rest").status == PASSED


def test_a_stop_that_the_measured_values_bear_out_is_believed() -> None:
    seen = {"alerts": (FIRED,), "worst": {"errors:rest": 0.01}, "alerting": ()}
    found = verdict((tally(PLAN, 1000, failed=9),), seen=seen)
    assert (found.verdict, found.exit_code) == ("FAIL", 1)
    assert all(check.ok for check in found.validity)


def test_validity_that_was_broken_before_makes_it_invalid() -> None:
    lost = Event(at=AT - 1, kind="worker_lost", text="worker 0 ended")
    assert verdict(events=(lost, *STOPPED["events"])).verdict == "INVALID"
    assert verdict(seen=FAILING | {"lag": {"steady": (200, 1000)}}).verdict == "INVALID"


def test_what_is_lost_after_the_stop_breaks_nothing() -> None:
    lost = Event(at=AT + 1, kind="worker_lost", text="worker 0 ended")
    assert verdict(events=(*STOPPED["events"], lost)).verdict == "FAIL"


def test_an_interrupted_run_stays_interrupted_whatever_was_breached() -> None:
    found = verdict(outcome="interrupted", aborted_by=None, events=(), exit_signal=2)
    assert (found.verdict, found.exit_code) == ("INVALID", 130)


def test_lines_that_lack_samples_are_not_judged_and_do_not_make_it_invalid() -> None:
    tallies = (tally(PLAN, 190, failed=8),)
    found = verdict(tallies)
    assert found.verdict == "FAIL"
    assert line(found, "latency:rest").status == UNKNOWN
    assert line(found, "latency:rest").sentence == (
        "Not judged, for errors:rest stopped the run at 0:52 in steady. Of the 200 samples that it needs it had 190."
    )


@pytest.mark.parametrize("make", [throughput, recovery, growth, query])
def test_what_the_run_did_not_come_to_is_said_not_to_be_judged(make: Any) -> None:
    plan = example_plan(criteria=(errors(), make()))
    found = verdict(plan=plan)
    never = line(found, make().id)
    assert (found.verdict, never.status) == ("FAIL", UNKNOWN)
    assert never.sentence == "Not judged, for errors:rest stopped the run at 0:52 in steady."


def test_what_was_measured_until_then_is_judged_and_a_second_failure_is_named() -> None:
    assert line(verdict(), "latency:rest").status == PASSED
    found = verdict((tally(PLAN, 1000, slow=100, failed=40),), FAILING | {"firing": ("errors:rest", "latency:rest")})
    assert line(found, "latency:rest").status == FAILED
    assert found.sentence.endswith("Beside it had failed: latency:rest.")


def test_what_the_stop_cut_off_counts_in_no_criterion_but_stays_in_the_books() -> None:
    found = verdict((*LOST, cut_off(400)))
    assert line(found, "latency:rest").samples == line(found, "errors:rest").samples == 1000
    assert line(found, "latency:rest").status == PASSED
    assert all(check.ok for check in found.validity), "Locust's count has them too"
    assert any(note.startswith("400 operations were in flight when the load was ended early") for note in found.notes)


def test_how_soon_the_load_ended_is_noted() -> None:
    assert "The load ended 2.1 s after the decision to stop it." in verdict().notes


def test_the_text_says_at_the_line_that_it_stopped_the_run() -> None:
    found = verdict()
    lines = summary(PLAN, evidence(PLAN, LOST, **FAILING), found).splitlines()
    place = next(number for number, text in enumerate(lines) if text.startswith("  FAILED  errors:rest"))
    assert "          It stopped the run at 0:52 in steady." in lines[place : place + 4]


def test_the_same_records_read_again_give_the_same_verdict() -> None:
    run, seen = record(PLAN, LOST, **STOPPED), evidence(PLAN, LOST, **FAILING)

    def again(thing: Any) -> Any:
        return msgspec.json.decode(msgspec.json.encode(thing), type=type(thing))

    assert judge(again(PLAN), again(run), again(seen)) == judge(PLAN, run, seen)
