"""What the rules said: which acceptance alerts fire at the end, and when any alert of the run began and ceased."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from msgspec import Struct

from loadgen.catalogue.promql import any_of, duration, selector
from loadgen.criteria import ACCEPTANCE
from loadgen.model.evidence import AlertTransition
from loadgen.model.plan import Plan
from loadgen.query.client import PrometheusFault
from loadgen.query.loaded import Expressions, Loaded, alike, loaded, may_speak_of, own
from loadgen.query.questions import Questions, Track
from loadgen.rules import rule_groups, validity_groups
from loadgen.rules.acceptance import MEASURED

FIRING, RESOLVED = "firing", "resolved"

PATIENCE = 10.0
"""Seconds that the rules have to be evaluated once more after the final scrape."""


class Final(Struct, frozen=True):
    """The rules' last word.

    `firing`: criteria whose acceptance alert fires, by the plan's own rules. `evaluated`: when that was evaluated (Unix
    seconds). `alerting`: criteria of which any acceptance alert of the run fires then, whoever's rule it is; None: not
    known.
    """

    firing: tuple[str, ...] = ()
    evaluated: float | None = None
    alerting: tuple[str, ...] | None = None


class Own(Struct, frozen=True):
    """The plan's own rules, as they stand loaded."""

    criteria: tuple[Loaded, ...]
    validity: tuple[Loaded, ...]

    @property
    def evaluated(self) -> float:
        """Unix seconds since which all of them have been evaluated."""
        return min(_evaluations((*self.criteria, *self.validity)))


def final_alerts(ask: Questions, plan: Plan, scrape: float) -> Final:
    """Wait until the plan's rules were evaluated on the final scrape, and read what fires.

    Those of validity too, so that all that they have to say stands in the transitions. They decide nothing here.
    """
    if ask.gone or not plan.criteria:
        return Final()
    give_up = time.monotonic() + PATIENCE
    expressions = Expressions(ask.client)
    # An evaluation begins up to an interval after the moment it is for, and a scrape is stored a little after its own.
    needed = scrape + plan.scrape_interval
    while True:
        try:
            found = own_rules(plan, ask.client.rules(), expressions)
        except PrometheusFault as fault:
            ask.problems.append(f"the rules could not be asked: {fault}")
            return Final()
        if not found.criteria:
            ask.problems.append("Prometheus has no rules for this run, so no alert could fire")
            return Final()
        if found.evaluated >= needed or time.monotonic() >= give_up:
            break
        time.sleep(0.05)
    if found.evaluated < needed:
        ask.problems.append(f"the rules were not evaluated on the final scrape within {PATIENCE:.0f} s")
    ask.problems += [f"a rule cannot be evaluated: {fault}" for fault in _faults(found.criteria)]
    alerting = _alerting(ask, plan, max(_evaluations(found.criteria)))
    return Final(tuple(_firing(plan, found.criteria)), found.evaluated, alerting)


def own_rules(plan: Plan, groups: Sequence[dict[str, Any]], expressions: Expressions) -> Own:
    """The rules that the plan compiles to: those that the run brought, else those of its scenario, in whatever groups.

    What a run brought stands in groups of its own, which bear its name. Raises PrometheusFault.
    """
    scope = {"run_id": plan.run_id}
    criteria, validity = rule_groups(plan, scope), validity_groups(plan, scope)
    if brought := _in_groups({group.name for group in criteria}, groups):
        return Own(brought, _in_groups({group.name for group in validity}, groups))
    scope, there = {"scenario": plan.scenario}, loaded(groups)
    wanted = [rule for group in rule_groups(plan, scope) for rule in group.rules]
    # How many operations all need together is another number in a run of one test type, so these are told by name.
    others = [one for group in validity_groups(plan, scope) for rule in group.rules for one in alike(rule, there)]
    speaking = (one for one in others if may_speak_of(one.rule, plan.run_id, plan.scenario))
    return Own(tuple(own(wanted, there, expressions)), tuple(speaking))


def _in_groups(names: set[str], groups: Iterable[dict[str, Any]]) -> tuple[Loaded, ...]:
    return loaded(group for group in groups if group["name"] in names)


def _evaluations(rules: Iterable[Loaded]) -> Iterator[float]:
    return (unix_of(one.group["lastEvaluation"]) for one in rules)


def _faults(rules: Iterable[Loaded]) -> Iterator[str]:
    for rule in (one.rule for one in rules):
        if rule.get("health") == "err":
            yield f"{rule['name']}: {rule.get('lastError', 'no reason given')}"


def _firing(plan: Plan, rules: Iterable[Loaded]) -> Iterator[str]:
    firing = {
        alert["labels"].get("criterion")
        for one in rules
        for alert in one.rule.get("alerts", ())
        if alert["state"] == FIRING
        and alert["labels"].get("role") == ACCEPTANCE
        and alert["labels"].get("run_id") == plan.run_id
    }
    return (criterion.id for criterion in plan.criteria if criterion.id in firing)


def _alerting(ask: Questions, plan: Plan, at: float) -> tuple[str, ...] | None:
    """Criteria for which any rule has an acceptance alert of the run firing; one without a criterion by its name."""
    labels = {"run_id": plan.run_id, "role": ACCEPTANCE, "alertstate": FIRING}
    found = ask.instant("ALERTS at the end", selector("ALERTS", labels), at)
    if found is None:
        return None
    return tuple(sorted({one.labels.get("criterion") or one.labels["alertname"] for one in found}))


def worst(ask: Questions, plan: Plan, start: float, end: float) -> dict[str, float]:
    """Of the criteria that may stop the run: the most that its rules recorded as measured between start and end."""
    if not plan.abort_on:
        return {}
    criteria = any_of(rule.criterion for rule in plan.abort_on)
    recorded = selector(MEASURED, {"run_id": plan.run_id, "criterion": criteria})
    expression = f"max by (criterion) (max_over_time({recorded}[{duration(max(1.0, end - start + 1.0))}]))"
    return {one.labels["criterion"]: one.value for one in ask.instant("worst measured", expression, end) or ()}


def transitions(ask: Questions, plan: Plan, start: float, end: float) -> tuple[AlertTransition, ...]:
    """When the run's alerts began to fire and ceased, between start and end; one that still fires has not ceased."""
    labels = {"run_id": plan.run_id, "alertstate": FIRING}
    expression = f"{selector('ALERTS', labels)}[{duration(max(1.0, end - start + 1.0))}]"
    tracks = ask.raw("ALERTS", expression, end) or []
    found = [t for track in tracks for t in _of_track(track, plan.scrape_interval, end)]
    return tuple(sorted(found, key=lambda t: (t.at, t.alert, t.state, sorted(t.labels.items()))))


def _of_track(track: Track, interval: float, end: float) -> Iterator[AlertTransition]:
    """An alert has a sample at every evaluation at which it fires."""
    labels = {k: v for k, v in track.labels.items() if k not in ("__name__", "alertname", "alertstate", "run_id")}
    alert = track.labels.get("alertname", "")
    longest = 2.5 * interval

    def turned(at: float, state: str) -> AlertTransition:
        return AlertTransition(at=at, alert=alert, labels=labels, state=state)

    yield turned(track.times[0], FIRING)
    for before, after in pairwise(track.times):
        if after - before > longest:
            yield turned(before + interval, RESOLVED)
            yield turned(after, FIRING)
    if end - track.times[-1] > longest:
        yield turned(track.times[-1] + interval, RESOLVED)


def unix_of(text: str) -> float:
    """Unix seconds of Prometheus' time stamps, which have up to nine digits after the point."""
    return datetime.fromisoformat(text).timestamp()
