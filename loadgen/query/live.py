"""How a run stands right now, for the progress view: one question, answered from what the rules have recorded."""

from __future__ import annotations

import math
from collections.abc import Iterable

from msgspec import Struct

from loadgen.catalogue.promql import any_of, selector
from loadgen.criteria import ACCEPTANCE
from loadgen.model.plan import Plan
from loadgen.query.client import Prometheus, PrometheusFault
from loadgen.rules.acceptance import MEASURED

RATE = "run:loadtest_requests:rate"
ERRORS = "run:loadtest_request_failures:ratio_rate"
P95 = "run:loadtest_response_time_seconds:p95"
USERS, TARGET, PHASE, ALERTS = "loadtest_users", "loadtest_users_target", "loadtest_phase", "ALERTS"


class Snapshot(Struct, frozen=True, kw_only=True):
    """A moment of a run. What is not known is None or absent, never 0.

    `rate`: operations per second; `p95`: seconds; `error_share`: 0…1, all three over the plan's window.
    """

    phase: str | None = None
    users: float | None = None
    users_target: float | None = None
    rate: float | None = None
    p95: float | None = None
    error_share: float | None = None
    criteria: dict[str, float] = {}
    """What is measured so far, by criterion."""
    firing: tuple[str, ...] = ()
    """Alerts that fire, each once, with the criterion in brackets."""
    firing_criteria: tuple[str, ...] = ()
    """Criteria whose acceptance alert fires."""
    problem: str | None = None
    """Why nothing is known: Prometheus' fault, as a sentence."""


def snapshot(client: Prometheus, plan: Plan, now: float) -> Snapshot:
    """Ask how the run stands. `now`: Unix seconds. Never raises: see `problem`."""
    names = any_of((PHASE, USERS, TARGET, RATE, ERRORS, P95, MEASURED, ALERTS))
    expression = selector("", {"__name__": names, "run_id": plan.run_id})
    try:
        results = client.instant(expression, now).data["result"]
    except PrometheusFault as fault:
        return Snapshot(problem=str(fault))
    by_name: dict[str, list[tuple[dict[str, str], float]]] = {}
    for result in results:
        value = float(result["value"][1])
        if not math.isnan(value):
            by_name.setdefault(result["metric"]["__name__"], []).append((result["metric"], value))
    return _snapshot(by_name)


def _snapshot(found: dict[str, list[tuple[dict[str, str], float]]]) -> Snapshot:
    firing = [labels for labels, _ in found.get(ALERTS, ()) if labels["alertstate"] == "firing"]
    return Snapshot(
        phase=next((labels["phase"] for labels, value in found.get(PHASE, ()) if value == 1), None),
        users=_total(found.get(USERS, ())),
        users_target=_total(found.get(TARGET, ())),
        rate=_total(found.get(RATE, ())),
        p95=_total(found.get(P95, ())),
        error_share=_total(found.get(ERRORS, ())),
        criteria={labels["criterion"]: value for labels, value in found.get(MEASURED, ())},
        firing=tuple(sorted({_named(labels) for labels in firing})),
        firing_criteria=tuple(sorted({a["criterion"] for a in firing if a.get("role") == ACCEPTANCE})),
    )


def _total(samples: Iterable[tuple[dict[str, str], float]]) -> float | None:
    values = [value for _, value in samples]
    return sum(values) if values else None


def _named(labels: dict[str, str]) -> str:
    criterion = labels.get("criterion")
    return f"{labels['alertname']} ({criterion})" if criterion else labels["alertname"]
