"""Whether a Prometheus into which we cannot write has a plan's rules, and none beside them that speak of its runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from loadgen.catalogue.promql import seconds_in
from loadgen.criteria import ACCEPTANCE
from loadgen.model.plan import Plan
from loadgen.query.client import Prometheus
from loadgen.query.loaded import Expressions, Loaded, Rule, alike, labels_of, loaded, may_speak_of, name_of, named
from loadgen.rules import rule_groups, vocabulary
from loadgen.rules.acceptance import window_of
from loadgen.rules.alerts import VALIDITY
from loadgen.rules.validity import validity_groups

DECIDING = (ACCEPTANCE, VALIDITY)
"""Roles of alerts that say of a run that it failed, or that it cannot be believed."""

_WINDOW = re.compile(r"\[[^\[\]\"]*\]")


class Found(Struct, frozen=True):
    """What keeps a Prometheus from serving a plan, each in a few words."""

    missing: tuple[str, ...]
    """Rules of the plan that it has not, or not as they must be."""
    others: tuple[str, ...]
    """Rules beside them that would speak of the run too."""
    broken: tuple[str, ...]
    """Rules of the plan that it cannot evaluate."""
    evaluated: bool
    """Whether every rule of the plan has been evaluated."""


def examined(client: Prometheus, expressions: Expressions, plan: Plan, whole: Plan) -> Found:
    """How the loaded rules stand to those of the plan. Raises PrometheusFault.

    `expressions`: remembers from one time to the next what was asked. `whole`: the plan with every test type, for which
    the rules were written that a Prometheus is to have.
    """
    there, missing, own = loaded(client.rules()), [], []
    for rule in _judging(plan, whole):
        exact, why = _own(rule, there, expressions, plan.scrape_interval)
        own += exact
        missing += [f"{named(rule)} ({why})"] if why else []
    for rule in _shared(plan):
        exact, why = _like(rule, there, expressions)
        own += exact
        missing += [f"{named(rule)} ({why})"] if why else []
    rules = [one.rule for one in own]
    return Found(
        missing=tuple(missing),
        others=tuple(_others(there, own, plan, whole, expressions)),
        broken=tuple(f"{named(rule)}: {rule.get('lastError')}" for rule in rules if rule.get("health") == "err"),
        evaluated=all(rule.get("health") == "ok" for rule in rules),
    )


def _judging(plan: Plan, whole: Plan) -> Iterator[Rule]:
    """A criterion of one test type is the same in every run; how many operations all need together is not."""
    scope = {"scenario": plan.scenario}
    for group in (*rule_groups(plan, scope), *validity_groups(whole, scope)):
        yield from group.rules


def _shared(plan: Plan) -> Iterator[Rule]:
    for group in vocabulary(window_of(plan)):
        yield from group.rules


def _own(
    rule: Rule, there: Sequence[Loaded], expressions: Expressions, interval: float
) -> tuple[list[Loaded], str | None]:
    """The rule as it is loaded, and what is wrong with it. `interval`: seconds between evaluations, at the most."""
    found = alike(rule, there)
    same = [one for one in found if expressions.same(one.rule["query"], rule["expr"])]
    exact = [one for one in same if _waits(one.rule) == _wanted_waits(rule)]
    if not exact:
        return [], _apart(rule, found, same)
    longest = max(one.group["interval"] for one in exact)
    return exact, f"evaluated every {longest:g} s" if longest > interval else None


def _apart(rule: Rule, found: Sequence[Loaded], same: Sequence[Loaded]) -> str:
    if not found:
        return "missing"
    if not same:
        return "with another expression"
    held, kept = _waits(same[0].rule)
    wanted, keeps = _wanted_waits(rule)
    if held != wanted:
        return f"with `for: {held:g}s` instead of `{wanted:g}s`"
    return f"with `keep_firing_for: {kept:g}s` instead of `{keeps:g}s`"


def _waits(rule: Rule) -> tuple[float, float]:
    """Seconds for which an alert must hold before it fires, and for which it fires afterwards, as it is loaded."""
    return float(rule.get("duration") or 0), float(rule.get("keepFiringFor") or 0)


def _wanted_waits(rule: Rule) -> tuple[float, float]:
    return seconds_in(str(rule.get("for", "0s"))), seconds_in(str(rule.get("keep_firing_for", "0s")))


def _like(rule: Rule, there: Sequence[Loaded], expressions: Expressions) -> tuple[list[Loaded], str | None]:
    """The same of a rule of the shared vocabulary: the window of its rates is the loaded configuration's."""
    found = [one for one in there if one.rule["name"] == name_of(rule)]
    if not found:
        return [], "missing"
    if all(_same_but_window(one.rule, rule, expressions) for one in found):
        return found, None
    return [], "with another expression"


def _same_but_window(one: Rule, wanted: Rule, expressions: Expressions) -> bool:
    texts = (_WINDOW.sub("[]", expressions.written(text)) for text in (one["query"], wanted["expr"]))
    return labels_of(one) == labels_of(wanted) and len(set(texts)) == 1


def _others(
    there: Sequence[Loaded], own: Sequence[Loaded], plan: Plan, whole: Plan, expressions: Expressions
) -> Iterator[str]:
    """Rules that decide of runs, or record what such rules go by, and are not among those that were written for them.

    Those of the scenario's other test types are: in a run of one alone they have nothing to see. One that stands where
    a rule of the plan should stand is named as that.
    """
    judging, owned = list(_judging(plan, whole)), {id(one) for one in own}
    written = [*judging, *(rule for group in rule_groups(whole, {"scenario": plan.scenario}) for rule in group.rules)]
    recorded = {rule["record"] for rule in written if "record" in rule}
    there_already = {_key(one.rule) for one in own}
    instead = {_key(rule) for rule in judging} - there_already
    for one in there:
        if id(one) in owned or _key(one.rule) in instead or not _decides(one.rule, recorded):
            continue
        if may_speak_of(one.rule, plan.run_id, plan.scenario) and not _is_written(one, written, expressions):
            yield f"{named(one.rule)} of the group {one.group['name']!r} in {one.group['file']}"


def _key(rule: Rule) -> tuple[str, tuple[tuple[str, str], ...]]:
    return name_of(rule), tuple(sorted(labels_of(rule).items()))


def _decides(rule: Rule, recorded: set[str]) -> bool:
    """Whether it would be taken for a rule of ours, by its role or by what it records."""
    if rule["type"] == "recording":
        return rule["name"] in recorded
    labels = labels_of(rule)
    role = labels.get("role", "")
    told = "loadtest" in f"{rule['name']} {rule['query']}".lower() or labels.keys() & {"criterion", "check", "run_id"}
    return bool(told) and (role in DECIDING or "{{" in role)


def _is_written(one: Loaded, written: Sequence[Rule], expressions: Expressions) -> bool:
    return any(
        _key(one.rule) == _key(rule)
        and _waits(one.rule) == _wanted_waits(rule)
        and expressions.same(one.rule["query"], rule["expr"])
        for rule in written
    )
