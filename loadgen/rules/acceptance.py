"""A plan's criteria as rules: what is measured, as a recording rule, and the alerts."""

from __future__ import annotations

from typing import Any

from loadgen.config.terms import SCRAPES
from loadgen.criteria import ACCEPTANCE, BURNING, KINDS, SAMPLES, Alert, Scope, kind_of, literal
from loadgen.model.plan import Criterion, Plan
from loadgen.rules.groups import Group

MEASURED = "criterion:loadtest_measured:value"
"""What each criterion measures, with the label `criterion`."""

ACCEPTANCE_ALERTS = tuple(kind.breach for kind in KINDS.values())
"""Names of the alerts that fire at the end if and only if a line of the verdict says failed."""

RUNBOOK = "docs/runbook.md"

_SEVERITY = {ACCEPTANCE: "critical", SAMPLES: "warning", BURNING: "warning"}


def rule_groups(plan: Plan, scope: Scope) -> tuple[Group, ...]:
    """The plan's rules for the run or scenario in `scope`: `{"run_id": …}` or `{"scenario": …}`."""
    rules = [_measured(criterion, scope) for criterion in plan.criteria]
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


def _rule(criterion: Criterion, alert: Alert) -> dict[str, Any]:
    return {
        "alert": alert.name,
        "expr": alert.expr,
        "for": "0s",
        "labels": labels_of(criterion, alert) | {"criterion": literal(criterion.id)},
        "annotations": annotations_of(alert),
    }


def labels_of(criterion: Criterion, alert: Alert) -> dict[str, str]:
    """The labels that an alert carries beside its run's."""
    return {"severity": _SEVERITY[alert.role], "role": alert.role, "criterion": criterion.id}


def annotations_of(alert: Alert) -> dict[str, str]:
    """The annotations as templates."""
    return {
        "summary": alert.summary,
        "description": alert.description,
        "runbook_url": f"{RUNBOOK}#{alert.name.lower()}",
    }
