"""How a run stands right now, for the progress view and for what stops a run: one question, answered from the rules."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from loadgen.catalogue.promql import any_of, selector
from loadgen.criteria import ACCEPTANCE, beyond, kind_of
from loadgen.model.plan import Plan
from loadgen.query.client import Prometheus, PrometheusFault
from loadgen.rules.acceptance import COUNTED, MEASURED

RATE = "run:loadtest_requests:rate"
ERRORS = "run:loadtest_request_failures:ratio_rate"
P95 = "run:loadtest_response_time_seconds:p95"
USERS, TARGET, PHASE, ALERTS = "loadtest_users", "loadtest_users_target", "loadtest_phase", "ALERTS"
EVALUATED = "evaluated"
"""Stands for the times of COUNTED's samples, which are those of the rules' latest evaluation: they have no name, and a
label of that name keeps them apart from what they are the times of."""


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
    samples: dict[str, float] = {}
    """Operations judged so far, by criterion, of the kinds that can tell live."""
    age: float | None = None
    """Seconds since the rules of these criteria were evaluated; what fires was so then, and may be so no more."""
    firing: tuple[str, ...] = ()
    """Alerts that fire, each once, with the criterion in brackets."""
    firing_criteria: tuple[str, ...] = ()
    """Criteria whose acceptance alert fires, and rightly: what the same rules measured is beyond the bound."""
    problem: str | None = None
    """Why nothing is known: Prometheus' fault, as a sentence."""


def snapshot(client: Prometheus, plan: Plan, now: float) -> Snapshot:
    """Ask how the run stands. `now`: Unix seconds. Never raises: see `problem`."""
    try:
        results = client.instant(_question(plan), now).data["result"]
    except PrometheusFault as fault:
        return Snapshot(problem=str(fault))
    by_name: dict[str, list[tuple[dict[str, str], float]]] = {}
    for result in results:
        value = float(result["value"][1])
        if not math.isnan(value):
            by_name.setdefault(result["metric"].get("__name__", EVALUATED), []).append((result["metric"], value))
    return _snapshot(by_name, plan, now)


def _question(plan: Plan) -> str:
    names = any_of((PHASE, USERS, TARGET, RATE, ERRORS, P95, MEASURED, COUNTED, ALERTS))
    evaluated = f"timestamp({selector(COUNTED, {'run_id': plan.run_id})})"
    marked = f'label_replace({evaluated}, "{EVALUATED}", "yes", "", "")'
    return f"{selector('', {'__name__': names, 'run_id': plan.run_id})} or {marked}"


def _snapshot(found: dict[str, list[tuple[dict[str, str], float]]], plan: Plan, now: float) -> Snapshot:
    criteria = {labels["criterion"]: value for labels, value in found.get(MEASURED, ())}
    firing = [labels for labels, _ in found.get(ALERTS, ()) if labels["alertstate"] == "firing"]
    return Snapshot(
        phase=next((labels["phase"] for labels, value in found.get(PHASE, ()) if value == 1), None),
        users=_total(found.get(USERS, ())),
        users_target=_total(found.get(TARGET, ())),
        rate=_total(found.get(RATE, ())),
        p95=_total(found.get(P95, ())),
        error_share=_total(found.get(ERRORS, ())),
        criteria=criteria,
        samples={labels["criterion"]: value for labels, value in found.get(COUNTED, ())},
        age=max((now - at for _, at in found.get(EVALUATED, ())), default=None),
        firing=tuple(sorted({_named(labels) for labels in firing})),
        firing_criteria=tuple(sorted(_breached(plan, firing, criteria))),
    )


def _breached(plan: Plan, firing: Iterable[dict[str, str]], measured: Mapping[str, float]) -> Iterator[str]:
    """Criteria that are breached, not those of which somebody else's rule says so: ALERTS does not tell the two apart.

    What is measured is recorded with the alert, in the same evaluation.
    """
    fires = {(alert.get("criterion"), alert["alertname"]) for alert in firing if alert.get("role") == ACCEPTANCE}
    for criterion in plan.criteria:
        value = measured.get(criterion.id)
        alert = (criterion.id, kind_of(criterion).breach)
        if alert in fires and value is not None and beyond(criterion, value):
            yield criterion.id


def _total(samples: Iterable[tuple[dict[str, str], float]]) -> float | None:
    values = [value for _, value in samples]
    return sum(values) if values else None


def _named(labels: dict[str, str]) -> str:
    criterion = labels.get("criterion")
    return f"{labels['alertname']} ({criterion})" if criterion else labels["alertname"]
