"""What kinds share that PromQL cannot express: the run shows what was computed, and the alert compares that."""

from __future__ import annotations

from collections.abc import Iterable

from loadgen.catalogue.promql import number, selector
from loadgen.criteria.expressions import finished, gauge
from loadgen.criteria.kind import (
    ACCEPTANCE,
    SAMPLES,
    SAMPLES_ALERT,
    Alert,
    Case,
    Moment,
    Scope,
    literal,
    nothing_there,
)
from loadgen.criteria.shares import bound_of
from loadgen.model.plan import FINISHED, Criterion

VALUE = "loadtest_criterion_value"


def measured(criterion: Criterion, scope: Scope) -> str:
    """What `compute` found; no sample as long as it is not known."""
    return gauge(VALUE, {**scope, "criterion": criterion.id})


def alerts(
    criterion: Criterion, scope: Scope, breach: str, *, what: str, unknown: str, beyond: str = ">"
) -> tuple[Alert, ...]:
    """Beyond its bound, and not known at the end; `breach`: the name of the first, `what` and `unknown` say what is so.

    There is no burning one: what is computed at the end cannot be breached in these seconds.
    """
    name, value = literal(criterion.id), measured(criterion, scope)
    return (
        Alert(
            name=breach,
            role=ACCEPTANCE,
            expr=f"{value} {beyond} {number(bound_of(criterion))}",
            summary=f"{name} is breached in {{{{ $labels.run_id }}}}",
            description=what,
        ),
        Alert(
            name=SAMPLES_ALERT,
            role=SAMPLES,
            expr=f"{finished(scope)} == 1 unless {value}",
            summary=f"{name} cannot be judged in {{{{ $labels.run_id }}}}",
            description=unknown,
        ),
    )


def cases(
    criterion: Criterion, labels: Scope, breach: str, shown: Iterable[tuple[str, float, bool]], unknown: str
) -> tuple[Case, ...]:
    """One for each of `shown` (law, value, whether it breaches), one without a value, one without any series.

    In the end the value is the bound, which never breaches. It is a gauge: no counter begins again here.
    `unknown`: the law of the one without a value.
    """
    value = selector(VALUE, {**labels, "criterion": criterion.id})
    end = selector("loadtest_phase", {**labels, "phase": FINISHED})
    names, bound = (breach, SAMPLES_ALERT), bound_of(criterion)
    found = [
        Case(
            law=law,
            checks=names,
            series={value: (None, amount, bound), end: (0, 1, 1)},
            moments=(
                Moment(at=0, firing={}),
                Moment(at=1, firing={breach: amount} if breaches else {}, measured=amount),
                Moment(at=2, firing={}, measured=bound),
            ),
        )
        for law, amount, breaches in shown
    ]
    nothing = Case(
        law=unknown,
        checks=names,
        series={value: (None, None, None, bound), end: (None, 0, 1, 1)},
        moments=(
            Moment(at=0, firing={}),
            Moment(at=1, firing={}),
            Moment(at=2, firing={SAMPLES_ALERT: 1.0}),
            Moment(at=3, firing={}, measured=bound),
        ),
    )
    return (*found, nothing, nothing_there(*names))
