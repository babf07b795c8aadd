"""The rules of one run: exactly its plan's, keyed by its run_id."""

from __future__ import annotations

from loadgen.model.plan import Plan
from loadgen.rules.acceptance import rule_groups, window_of
from loadgen.rules.groups import render
from loadgen.rules.vocabulary import vocabulary


def run_rules(plan: Plan) -> str:
    """The rule file for the run's own Prometheus: its criteria and the shared vocabulary."""
    groups = (*vocabulary(window_of(plan)), *rule_groups(plan, {"run_id": plan.run_id}))
    return render(groups, f"The rules of {plan.run_id}.")


def stack_rules(plan: Plan) -> str:
    """The rule file for a standing stack, which has the vocabulary already."""
    return render(rule_groups(plan, {"run_id": plan.run_id}), f"The rules of {plan.run_id}.")
