"""PromQL that several kinds share: who is counted, and what can be said only at the end."""

from __future__ import annotations

from loadgen.catalogue.promql import Regex, any_of, number, selector
from loadgen.criteria.kind import SAMPLES, SAMPLES_ALERT, Alert, Scope, literal
from loadgen.model.plan import FINISHED, Criterion

BY_RUN = "by (run_id, scenario)"
"""Every rule answers once for each run; the scenario goes with it for those who read the alert."""


def counted(criterion: Criterion, scope: Scope, *, phases: bool = True) -> dict[str, str | Regex]:
    """The labels of what a criterion counts; without `phases` in every phase."""
    labels: dict[str, str | Regex] = {**scope, "test_type": criterion.test_type, "name": any_of(criterion.operations)}
    return labels | {"phase": any_of(criterion.phases)} if phases else labels


def total(metric: str, labels: dict[str, str | Regex]) -> str:
    """The sum of a counter, for each run."""
    return f"sum {BY_RUN} ({selector(metric, labels)})"


def rate(metric: str, labels: dict[str, str | Regex], window: str) -> str:
    """The sum of a counter's rates over a window such as `10s`, for each run."""
    return f"sum {BY_RUN} (rate({selector(metric, labels)}[{window}]))"


def gauge(metric: str, labels: dict[str, str | Regex]) -> str:
    """A value of the run itself, for each run, however many show it."""
    return f"max {BY_RUN} ({selector(metric, labels)})"


def finished(scope: Scope) -> str:
    """1 once a run went to its planned end with every count delivered, 0 before."""
    return gauge("loadtest_phase", {**scope, "phase": FINISHED})


def too_few(criterion: Criterion, scope: Scope, count: str) -> Alert:
    """At the end of a run the criterion has fewer samples than its minimum; no series at all counts as none."""
    end = finished(scope)
    return Alert(
        name=SAMPLES_ALERT,
        role=SAMPLES,
        expr=f"(({count}) or 0 * {end}) < {number(criterion.minimum)} and {end} == 1",
        summary=f"{literal(criterion.id)} cannot be judged in {{{{ $labels.run_id }}}}",
        description=f"{{{{ $value }}}} operations were counted; at least {criterion.minimum} are needed to pass.",
    )
