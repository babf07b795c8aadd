"""What is in use of every resource as recording rules, and alerts while it is at its limit, or while somebody waits.

At its limit, and for most of the hold, mean what they mean where a run's resources are judged
([course.py](../resources/course.py)): of the points of `hold` seconds that are known, at least four fifths and at
least four. An alert looks back where the judgement looks ahead: it fires exactly for what is judged to have stayed,
four fifths of a hold after the moment that the judgement names, or soon thereafter. It does so whoever brought it
there, before the load too. Where points are unknown, and for what comes to its limit less than a hold before the end,
the two may differ.

For a pool or for slots there are two alerts, and at most one of them fires: at its limit is all in use *and* somebody
waiting. LoadtestClientsWaiting is for those who wait for most of the hold although that is not so: for something else
than what the pool is counted by.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from loadgen.catalogue.promql import any_of, duration, number, quote, selector
from loadgen.criteria import Alert
from loadgen.model.plan import Plan
from loadgen.model.quantities import duration_text, share_text
from loadgen.resources import CELSIUS, RESOURCES, Resource
from loadgen.resources.course import EXACT, LEAST, SHARE
from loadgen.resources.selection import HERE, hold, scrapes_of
from loadgen.rules.alerts import RESOURCE, alert_rule
from loadgen.rules.groups import Group

USE, WAITING = "resource:loadtest_use:value", "resource:loadtest_waiting:value"
"""What is in use in the kind's unit, and how many wait; labels `kind`, `subject`, `instance` and the kind's own."""
AT_LIMIT, QUEUED = "resource:loadtest_at_limit:bool", "resource:loadtest_queued:bool"
"""1 while a resource is at its limit, and while anybody waits for one; 0 while not; absent while that is not known."""

CLIENTS_WAITING = "LoadtestClientsWaiting"

RESOURCE_ALERTS = (*(resource.alert for resource in RESOURCES.values()), CLIENTS_WAITING)


def resource_groups(plan: Plan) -> tuple[Group, ...]:
    """The rules for all that the plan measures; of a plan without a run_id for what is there all the time."""
    kinds = measured_kinds(plan)
    who = {"run_id": plan.run_id, "scenario": plan.scenario} if plan.run_id else {}
    rules = [rule for kind in kinds for rule in _recorded(kind, plan, who)]
    rules += [rule for kind in judged_kinds(plan) for rule in _judged(kind, plan, who)]
    if any(kind.waiting is not None for kind in kinds):
        rules += [
            {"record": QUEUED, "expr": f"{selector(WAITING, own(plan))} > bool 0"},
            alert_rule(client_alert(plan), {}),
        ]
    if not rules:
        return ()
    name = f"resources-{plan.run_id}" if plan.run_id else "resources"
    return (Group(name=name, rules=tuple(rules), interval=plan.scrape_interval),)


def measured_kinds(plan: Plan) -> tuple[Resource, ...]:
    """The kinds that have an expression for this plan."""
    return tuple(kind for kind in RESOURCES.values() if kind.jobs(plan) and kind.use(plan) is not None)


def judged_kinds(plan: Plan) -> tuple[Resource, ...]:
    """Those of them that have a limit."""
    return tuple(kind for kind in measured_kinds(plan) if kind.kind in plan.resources.limits)


def own(plan: Plan, **labels: str) -> dict[str, str]:
    """The labels that pick what the plan's rules have recorded, and nothing of another run."""
    return {"run_id": plan.run_id, **labels}


def span(plan: Plan) -> str:
    """The hold as a range. A little longer than it, so that it holds both ends of the hold with every Prometheus."""
    return duration(hold(plan) + plan.scrape_interval / 2)


def _recorded(kind: Resource, plan: Plan, who: dict[str, str]) -> Iterator[dict[str, Any]]:
    labels = {**who, "kind": kind.kind}
    yield {"record": USE, "expr": _named(kind, plan, kind.use(plan) or ""), "labels": labels}
    if kind.waiting is not None:
        yield {"record": WAITING, "expr": _named(kind, plan, kind.waiting(plan)), "labels": labels}


def _named(kind: Resource, plan: Plan, expression: str) -> str:
    """With the label `subject`, as the verdict names the resource (`subject` of selection.py)."""
    found = scrapes_of(plan, kind.jobs(plan))
    parts = ", ".join(quote(label) for label in kind.by or ("instance",))
    named = f'label_join({expression}, "subject", "/", {parts})'
    if kind.by and len(found) == 1:
        return named
    if kind.by:
        named = f'label_join({named}, "subject", "@", "subject", "instance")'
    ours = sorted({scrape.address for scrape in found if scrape.ours})
    if ours and plan.run_id:
        pattern = quote(f"(.*@|)(?:{any_of(ours).pattern})")
        named = f'label_replace({named}, "subject", "${{1}}{HERE}", "subject", {pattern})'
    return named


def _judged(kind: Resource, plan: Plan, who: dict[str, str]) -> Iterator[dict[str, Any]]:
    yield {"record": AT_LIMIT, "expr": _at_limit(kind, plan), "labels": {**who, "kind": kind.kind}}
    yield alert_rule(limit_alert(kind, plan), {})


def _at_limit(kind: Resource, plan: Plan) -> str:
    bound = number(round(plan.resources.limits[kind.kind] - EXACT, 9))
    use = selector(USE, own(plan, kind=kind.kind))
    if kind.waiting is None:
        return f"{use} >= bool {bound}"
    queue = selector(WAITING, own(plan, kind=kind.kind))
    return f"0 * ({use} < {bound}) or ({queue} > bool 0) and {use} >= {bound}"


def mostly(name: str, plan: Plan, labels: dict[str, str]) -> str:
    """That something was so for most of the hold, all of which was seen."""
    points, share = f"{selector(name, labels)}[{span(plan)}]", number(round(SHARE - EXACT, 9))
    then = f"{selector(name, labels)} offset {duration(hold(plan))}"
    return f"(avg_over_time({points}) >= {share} and count_over_time({points}) >= {LEAST} and {then})"


def limit_alert(kind: Resource, plan: Plan) -> Alert:
    """It is at its limit, for most of the hold."""
    labels, limit = own(plan, kind=kind.kind), plan.resources.limits[kind.kind]
    highest = f"max_over_time({selector(USE, labels)}[{span(plan)}])"
    told = "{{ $value | humanize }} °C" if kind.unit == CELSIUS else "{{ $value | humanizePercentage }}"
    bound = f"{limit:g} °C" if kind.unit == CELSIUS else share_text(limit)
    title, state = kind.title.format(subject="{{ $labels.subject }}"), kind.state.format(use=told)
    return Alert(
        name=kind.alert,
        role=RESOURCE,
        expr=f"{highest} and {mostly(AT_LIMIT, plan, labels)}",
        summary=f"{title}: at the limit{_where(plan)}",
        description=(
            f"{title}: {state} at the most; at its limit of {bound} or beyond for most of the last "
            f"{duration_text(hold(plan))}."
        ),
    )


def client_alert(plan: Plan) -> Alert:
    """Somebody waits for most of the hold, for something that is not at its limit."""
    labels, who = own(plan), "{{ $labels.kind }} {{ $labels.subject }}"
    longest = f"max_over_time({selector(WAITING, labels)}[{span(plan)}])"
    return Alert(
        name=CLIENTS_WAITING,
        role=RESOURCE,
        expr=f"{longest} and {mostly(QUEUED, plan, labels)} unless {mostly(AT_LIMIT, plan, labels)}",
        summary=f"clients wait for {who}{_where(plan)}",
        description=(
            f"Up to {{{{ $value }}}} waited for {who} for most of the last {duration_text(hold(plan))}, though it was "
            "not at its limit; nobody should."
        ),
    )


def _where(plan: Plan) -> str:
    return " in {{ $labels.run_id }}" if plan.run_id else ""
