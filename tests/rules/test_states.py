"""How criteria and runs stand: the words in which it is said are those of alerts, metrics and verdicts."""

from __future__ import annotations

import re

import pytest

from loadgen.criteria import ACCEPTANCE, AT_LEAST, AT_MOST, BELOW, Kind, kind_of, sense_of
from loadgen.model.plan import Criterion
from loadgen.model.verdict import FAIL, INVALID, PASS
from loadgen.rules.states import FAILING, GIVEN, HOLDING, NO_VERDICT, STATE, UNSOUND_SO_FAR, state_rules
from loadgen.telemetry.run_values import VERDICTS
from tests.plans import errors, growth, latency, query, recovery, throughput

OPERATOR = {AT_MOST: ">", BELOW: ">=", AT_LEAST: "<"}
"""By sense: what stands between the measured and the bound in the acceptance alert."""


@pytest.mark.parametrize(
    "criterion",
    [
        latency(),
        errors(),
        throughput(),
        recovery(),
        growth(),
        query(),
        query(options={**query().options, "at_least": True}),
    ],
    ids=lambda c: f"{c.kind} {sense_of(c)}",
)
def test_the_sense_of_a_criterion_is_that_of_its_acceptance_alert(criterion: Criterion):
    kind: Kind = kind_of(criterion)
    (alert,) = (a for a in kind.alerts(criterion, {"run_id": "a"}, 10.0) if a.role == ACCEPTANCE)
    measured = kind.measured(criterion, {"run_id": "a"})
    assert alert.expr.startswith(f"{measured} {OPERATOR[sense_of(criterion)]} ")


def test_every_verdict_has_its_code_and_no_two_the_same():
    assert set(GIVEN) == set(VERDICTS) == {PASS, FAIL, INVALID}
    assert len({*GIVEN.values(), HOLDING, FAILING, UNSOUND_SO_FAR, NO_VERDICT}) == 7


def test_the_rules_stand_in_the_order_in_which_they_build_on_each_other():
    """Rules of a group are evaluated one after the other, so each sees the values of the same moment."""
    rules = state_rules()
    names = [rule["record"] for rule in rules]
    assert names[-1] == STATE
    for place, rule in enumerate(rules):
        assert not set(re.findall(r"\w+:loadtest_\w+:\w+", rule["expr"])) & set(names[place:])


def test_no_rule_asks_for_the_past_of_more_than_a_series_for_each_run():
    """A range or a subquery over every alert of every run would grow with each run that Prometheus remembers."""
    asked = {name for rule in state_rules() for name in re.findall(r"([\w:{}\"=]+)\[", rule["expr"])}
    assert asked == {"loadtest_run_info", "loadtest_run_verdict"}
