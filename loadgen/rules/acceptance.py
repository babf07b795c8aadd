"""A plan's criteria as rules: what is measured, as a recording rule, and the alerts."""

from __future__ import annotations

from typing import Any

from loadgen.config.terms import SCRAPES
from loadgen.criteria import KINDS, Alert, Scope, kind_of, literal
from loadgen.model.plan import Criterion, Plan
from loadgen.rules.alerts import alert_rule, role_labels
from loadgen.rules.groups import Group

MEASURED = "criterion:loadtest_measured:value"
"""What each criterion measures, with the label `criterion`."""

COUNTED = "criterion:loadtest_samples:count"
"""How many operations each criterion has judged so far, with the label `criterion`; of the kinds that can tell live."""

ACCEPTANCE_ALERTS = tuple(kind.breach for kind in KINDS.values())
"""Names of the alerts that fire at the end if and only if a line of the verdict says failed."""


def rule_groups(plan: Plan, scope: Scope) -> tuple[Group, ...]:
    """The plan's rules for the run or scenario in `scope`: `{"run_id": …}` or `{"scenario": …}`."""
    rules = [_measured(criterion, scope) for criterion in plan.criteria]
    rules += [rule for criterion in plan.criteria for rule in _counted(criterion, scope)]
    for criterion in plan.criteria:
        found = kind_of(criterion).alerts(criterion, scope, window_of(plan))
        rules += [_rule(criterion, alert) for alert in found]
    keys = "-".join(scope.values())
    return (Group(name=f"acceptance-{keys}", rules=tuple(rules)),)


def window_of(plan: Plan) -> float:
    """Seconds over which rates are taken: the plan's window, never under four scrapes."""
    return max(plan.window, SCRAPES * plan.scrape_interval)


def _measured(criterion: Criterion, scope: Scope) -> dict[str, Any]:
    expression = kind_of(criterion).measured(criterion, scope)
    return {"record": MEASURED, "expr": expression, "labels": {"criterion": criterion.id}}


def _counted(criterion: Criterion, scope: Scope) -> list[dict[str, Any]]:
    samples = kind_of(criterion).samples
    if samples is None:
        return []
    return [{"record": COUNTED, "expr": samples(criterion, scope), "labels": {"criterion": criterion.id}}]


def _rule(criterion: Criterion, alert: Alert) -> dict[str, Any]:
    return alert_rule(alert, {"criterion": literal(criterion.id)})


def labels_of(criterion: Criterion, alert: Alert) -> dict[str, str]:
    """The labels that an alert carries beside its run's."""
    return role_labels(alert) | {"criterion": criterion.id}
