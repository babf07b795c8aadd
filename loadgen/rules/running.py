"""The rules of one run: exactly its plan's, keyed by its run_id."""

from __future__ import annotations

from loadgen.model.plan import Plan
from loadgen.rules.acceptance import rule_groups, window_of
from loadgen.rules.groups import Group, render
from loadgen.rules.resources import resource_groups
from loadgen.rules.validity import validity_groups
from loadgen.rules.vocabulary import vocabulary


def run_rules(plan: Plan) -> str:
    """The rule file for the run's own Prometheus: all that is its own, and the shared vocabulary."""
    return render((*vocabulary(window_of(plan)), *_own(plan)), f"The rules of {plan.run_id}.")


def stack_rules(plan: Plan) -> str:
    """The rule file for a standing stack, which has the vocabulary already."""
    return render(_own(plan), f"The rules of {plan.run_id}.")


def _own(plan: Plan) -> tuple[Group, ...]:
    scope = {"run_id": plan.run_id}
    return (*rule_groups(plan, scope), *validity_groups(plan, scope), *resource_groups(plan))
