"""Recording rules that say how each criterion and each run stands, for whatever runs a Prometheus holds.

They start from what a run shows from its first scrape on, so that each is there from the beginning, and nothing of an
earlier run costs anything or is mistaken for this one. The past is asked for once, of one series for each run: who has
vanished without a verdict shows nothing any more. That is recorded for some minutes, so that it is the last word on the
run. A Prometheus that died with the run cannot record it; who asks about such a run must look at its planned end too.
"""

from __future__ import annotations

from typing import Any

from loadgen.catalogue.promql import any_of, duration, number, selector
from loadgen.criteria import ACCEPTANCE, AT_LEAST, AT_MOST, BELOW
from loadgen.criteria.expressions import BY_RUN
from loadgen.model.plan import FINISHED
from loadgen.model.verdict import FAIL, INVALID, PASS
from loadgen.rules.acceptance import MEASURED
from loadgen.rules.alerts import VALIDITY
from loadgen.rules.validity import AFTERWARDS

USED = "criterion:loadtest_used:ratio"
"""Share of its bound that a criterion uses: above 1 it is breached, below 1 it holds; at 1 as its sense says."""
BREACHED = "criterion:loadtest_breached:bool"
"""1 while the criterion's acceptance alert fires, else 0."""
UNSOUND = "run:loadtest_invalid:bool"
"""1 while an alert of the run fires that makes it invalid, else 0."""
STATE = "run:loadtest_state:code"
"""How a run stands: so far, and from its verdict on for good."""

HOLDING, FAILING, UNSOUND_SO_FAR, NO_VERDICT = 1, 2, 3, 4
"""NO_VERDICT: it is over, and nobody has judged it. A verdict that comes all the same takes its place."""
GIVEN = {PASS: 11, FAIL: 12, INVALID: 13}
"""Values of STATE; an invalid run is not said to fail."""

PATIENCE = 180.0
"""Seconds after the planned end of the load for which the drain and the verdict are waited for."""
GONE = 60.0
"""Seconds after which telemetry that vanished does not come back: it lives no longer than its run."""

_INFO, _BOUND, _RUN, _VERDICT = (
    "loadtest_criterion_info",
    "loadtest_criterion_bound",
    "loadtest_run_info",
    "loadtest_run_verdict",
)
_START, _LENGTH = "loadtest_run_start_timestamp_seconds", "loadtest_run_duration_seconds"
_EACH = "(run_id, scenario, criterion)"
_FIRING = {"alertstate": "firing"}


def state_rules() -> list[dict[str, Any]]:
    """The rules, in the order in which they build on each other."""
    return [
        {"record": USED, "expr": _used()},
        {"record": BREACHED, "expr": _either(f"by {_EACH}", {**_FIRING, "role": ACCEPTANCE}, _INFO)},
        {"record": UNSOUND, "expr": _either(BY_RUN, {**_FIRING, "role": VALIDITY}, _RUN)},
        {"record": STATE, "expr": _state()},
    ]


def _used() -> str:
    """Measured ÷ bound; of what must reach its bound the inverse, and only at the end, for until then it still grows.

    A bound that has no shares (below 0, or 0 where that must be reached) has no series. Of a bound of 0 that must not
    be passed, 0 uses nothing and anything more uses more than all.
    """
    bound = f"max by {_EACH} ({_BOUND})"
    up_to = f"({MEASURED} == 0 or {MEASURED} / on {_EACH} {bound}) and on {_EACH} {bound} >= 0"
    at_least = f"({bound} > 0) / on {_EACH} clamp_min({MEASURED}, 0)"
    end = f"on (run_id, scenario) {selector('loadtest_phase', {'phase': FINISHED})} == 1"
    return (
        f"{up_to} and on {_EACH} {selector(_INFO, {'sense': any_of([AT_MOST, BELOW])})} "
        f"or {at_least} and on {_EACH} {selector(_INFO, {'sense': AT_LEAST})} and {end}"
    )


def _either(by: str, alerts: dict[str, str], base: str) -> str:
    return f"max {by} ({selector('ALERTS', alerts)}) or 0 * max {by} ({base})"


def _no_verdict() -> str:
    """Runs whose planned end is long past, or whose telemetry has vanished for good, without a verdict."""
    end = " + ".join(f"max {BY_RUN} ({name})" for name in (_START, _LENGTH))
    late = f"time() > {end} + {number(PATIENCE)}"

    def seen(name: str, seconds: float) -> str:
        return f"max {BY_RUN} (present_over_time({name}[{duration(seconds)}]))"

    gone = f"{seen(_RUN, AFTERWARDS)} unless {seen(_RUN, GONE)}"
    return f"{NO_VERDICT} * ((0 * ({late}) + 1 or {gone}) unless {seen(_VERDICT, AFTERWARDS)})"


def _state() -> str:
    given = [f"{code} * max {BY_RUN} ({selector(_VERDICT, {'verdict': name})})" for name, code in GIVEN.items()]
    so_far = [
        f"{UNSOUND_SO_FAR} * ({UNSOUND} == 1)",
        f"{FAILING} * (max {BY_RUN} ({BREACHED}) == 1)",
        f"max {BY_RUN} ({_RUN})",
    ]
    return " or ".join([*given, _no_verdict(), *so_far])
