"""When a run stops itself: a criterion breached without a break, for long enough, over enough samples, and seen."""

from __future__ import annotations

from typing import Any

import pytest

from loadgen.model.plan import AbortRule
from loadgen.query.live import Snapshot
from loadgen.run.abort import Abort, Breach
from tests.plans import errors, example_plan, latency

SLOW, FAILING = latency(), errors()
PLAN = example_plan(
    criteria=(SLOW, FAILING),
    abort_on=(
        AbortRule(criterion=SLOW.id, delay=10.0, minimum=500),
        AbortRule(criterion=FAILING.id, delay=3.0, minimum=300),
    ),
)
BOTH = (SLOW.id, FAILING.id)


def seen(*firing: str, samples: float = 1000, **changes: Any) -> Snapshot:
    """A moment in which these criteria are breached, with so many samples of each."""
    fields: dict[str, Any] = {"firing_criteria": firing, "samples": dict.fromkeys(BOTH, samples), "age": 0.5}
    return Snapshot(**{**fields, **changes})


QUIET, LOST, STALE = seen(), Snapshot(problem="no answer within 2 s"), seen(FAILING.id, age=3.5)
NEVER_EVALUATED = seen(FAILING.id, age=None, samples=0)
FIRING = seen(FAILING.id)

CASES: list[tuple[str, list[tuple[float, Snapshot]], float | None]] = [
    ("a breach stops the run when its delay is over", [(20, FIRING), (22.9, FIRING), (23, FIRING)], 23),
    ("no breach stops nothing", [(20, QUIET), (30, QUIET), (40, QUIET)], None),
    ("a break begins the delay anew", [(20, FIRING), (22, QUIET), (22.5, FIRING), (25, FIRING), (26, FIRING)], 26),
    ("too few samples are waited for", [(20, seen(FAILING.id, samples=299)), (30, FIRING)], 30),
    ("samples alone do not do", [(20, seen(FAILING.id, samples=299)), (22, FIRING)], None),
    ("what was not seen is no evidence", [(20, FIRING), (21, LOST), (30, LOST)], None),
    ("a gap does not begin the delay anew", [(20, FIRING), (21, LOST), (22, LOST), (23, FIRING)], 23),
    ("rules that are not evaluated are no evidence", [(20, FIRING), (23, STALE), (24, STALE)], None),
    ("nor are rules that never were", [(20, NEVER_EVALUATED), (40, NEVER_EVALUATED)], None),
    ("a stale answer does not begin the delay", [(20, STALE), (22, FIRING), (24.9, FIRING)], None),
    ("each criterion has its own delay", [(20, seen(SLOW.id)), (29, seen(SLOW.id)), (30, seen(SLOW.id))], 30),
    ("after the load nothing is left to be stopped", [(296, FIRING), (300, FIRING), (310, FIRING)], None),
]  # fmt: skip


@pytest.mark.parametrize("moments, stops", [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_only_a_breach_that_lasts_and_is_seen_stops_the_run(
    moments: list[tuple[float, Snapshot]], stops: float | None
) -> None:
    abort = Abort(PLAN)
    found = [elapsed for elapsed, snapshot in moments if abort.look(elapsed, snapshot) is not None]
    assert found == ([] if stops is None else [stops])


def test_of_two_that_are_due_the_first_of_the_plan_is_named_with_its_seconds_and_samples() -> None:
    abort = Abort(PLAN)
    assert abort.look(20, seen(*BOTH, samples=100)) is None
    text = "Stopped by latency:rest, which had been breached for 12.5 s without a break, over 512 samples."
    assert abort.look(32.5, seen(*BOTH, samples=512)) == Breach(criterion="latency:rest", text=text)


def test_a_run_without_such_rules_is_never_stopped() -> None:
    abort = Abort(example_plan(criteria=(SLOW, FAILING)))
    assert [abort.look(at, seen(*BOTH)) for at in (20, 100, 200)] == [None] * 3
    assert abort.waiting(200, seen(*BOTH)) == {}


def test_what_is_waited_for_is_said() -> None:
    abort, few = Abort(PLAN), seen(FAILING.id, samples=120)
    assert abort.waiting(20, few) == {}
    abort.look(20, few)
    assert abort.waiting(21, few) == {"errors:rest": "stops the run in 2 s of 3s and 180 of 300 samples"}
    assert abort.waiting(24, few) == {"errors:rest": "stops the run in 180 of 300 samples"}
    abort.look(25, QUIET)
    assert abort.waiting(25, QUIET) == {}
