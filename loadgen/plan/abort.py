"""What stops a run early: a scenario's `abort_on` → the plan's rules, and these as text for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from loadgen.model.plan import AbortRule, Criterion, Plan
from loadgen.model.quantities import duration_text
from loadgen.plan.asked import Asked
from loadgen.plan.tables import table


def abort_rules(asked: Asked, criteria: Iterable[Criterion]) -> tuple[AbortRule, ...]:
    """A rule for each criterion of a kind that the scenario names. The delay follows the time scale."""
    chosen = asked.scenario.abort_on
    return tuple(
        AbortRule(
            criterion=criterion.id,
            delay=round(chosen[criterion.kind].delay * asked.request.time_scale, 9),
            minimum=chosen[criterion.kind].minimum or criterion.minimum,
        )
        for criterion in criteria
        if criterion.kind in chosen
    )


def too_late(rules: Iterable[AbortRule], duration: float) -> Iterator[str]:
    """Notes on rules that a load of that many seconds, shorter than the configured one, leaves without effect."""
    for rule in rules:
        if rule.delay >= duration:
            yield (
                f"{rule.criterion} cannot stop this run: it must have been breached for {duration_text(rule.delay)}, "
                f"and the load lasts {duration_text(duration)}."
            )


def aborts(plan: Plan) -> Iterator[str]:
    """For each rule when it stops the load."""
    rows = [("criterion", "breached for", "samples")] if plan.abort_on else []
    rows += [(rule.criterion, duration_text(rule.delay), f"{rule.minimum} or more") for rule in plan.abort_on]
    return table(rows, right=(1,))
