"""What the rules said: which acceptance alerts fire at the end, and when any alert of the run began and ceased."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

from msgspec import Struct

from loadgen.catalogue.promql import duration, selector
from loadgen.criteria import ACCEPTANCE, Scope
from loadgen.model.evidence import AlertTransition
from loadgen.model.plan import Plan
from loadgen.query.client import PrometheusFault
from loadgen.query.questions import Questions, Track
from loadgen.rules import Group, rule_groups, validity_groups

FIRING, RESOLVED = "firing", "resolved"

PATIENCE = 10.0
"""Seconds that the rules have to be evaluated once more after the final scrape."""


class Final(Struct, frozen=True):
    """The rules' last word: criteria whose acceptance alert fires, and when that was evaluated (Unix seconds)."""

    firing: tuple[str, ...] = ()
    evaluated: float | None = None


def final_alerts(ask: Questions, plan: Plan, scrape: float) -> Final:
    """Wait until the plan's rules were evaluated on the final scrape, and read what fires.

    Those of validity too, so that all that they have to say stands in the transitions. They decide nothing here.
    """
    if ask.gone or not plan.criteria:
        return Final()
    give_up = time.monotonic() + PATIENCE
    # An evaluation begins up to an interval after the moment it is for, and a scrape is stored a little after its own.
    needed = scrape + plan.scrape_interval
    while True:
        try:
            every = ask.client.rules()
        except PrometheusFault as fault:
            ask.problems.append(f"the rules could not be asked: {fault}")
            return Final()
        groups, others = _own_groups(plan, every, rule_groups), _own_groups(plan, every, validity_groups)
        if not groups:
            ask.problems.append("Prometheus has no rules for this run, so no alert could fire")
            return Final()
        evaluated = min(unix_of(group["lastEvaluation"]) for group in (*groups, *others))
        if evaluated >= needed or time.monotonic() >= give_up:
            break
        time.sleep(0.05)
    if evaluated < needed:
        ask.problems.append(f"the rules were not evaluated on the final scrape within {PATIENCE:.0f} s")
    ask.problems += [f"a rule cannot be evaluated: {fault}" for fault in _faults(groups)]
    return Final(tuple(_firing(plan, groups)), evaluated)


def _own_groups(
    plan: Plan, groups: list[dict[str, Any]], compiled: Callable[[Plan, Scope], tuple[Group, ...]]
) -> list[dict[str, Any]]:
    """The groups that the plan compiles to: those of the run, else those of its scenario."""
    for scope in ({"run_id": plan.run_id}, {"scenario": plan.scenario}):
        names = {group.name for group in compiled(plan, scope)}
        own = [group for group in groups if group["name"] in names]
        if own:
            return own
    return []


def _faults(groups: list[dict[str, Any]]) -> Iterator[str]:
    for group in groups:
        for rule in group["rules"]:
            if rule.get("health") == "err":
                yield f"{rule['name']}: {rule.get('lastError', 'no reason given')}"


def _firing(plan: Plan, groups: list[dict[str, Any]]) -> Iterator[str]:
    firing = {
        alert["labels"].get("criterion")
        for group in groups
        for rule in group["rules"]
        for alert in rule.get("alerts", ())
        if alert["state"] == FIRING
        and alert["labels"].get("role") == ACCEPTANCE
        and alert["labels"].get("run_id") == plan.run_id
    }
    return (criterion.id for criterion in plan.criteria if criterion.id in firing)


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
