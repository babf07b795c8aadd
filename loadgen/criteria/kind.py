"""What every kind of criterion offers, and the small records it speaks in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from msgspec import Struct

from loadgen.model.evidence import Evidence, Series
from loadgen.model.plan import Criterion, Plan
from loadgen.model.record import RunRecord
from loadgen.model.verdict import Line

Scope = Mapping[str, str]
"""The labels that pick the run, `{"run_id": …}`, or every run of a scenario, `{"scenario": …}`."""

ACCEPTANCE, SAMPLES, BURNING = "acceptance", "samples", "burning"
"""Roles of an alert. acceptance: fires if and only if the line says failed · samples: the line cannot pass for want of
samples · burning: breaching right now, decides nothing."""

AT_MOST, BELOW, AT_LEAST = "at_most", "below", "at_least"
"""Senses of a bound. at_most: breached above it · below: breached from it on · at_least: breached under it."""

SAMPLES_ALERT = "LoadtestSamplesMissing"
"""The one alert that all kinds share."""


class Alert(Struct, frozen=True, kw_only=True):
    """An alert rule. `summary` and `description` are Prometheus templates: text from outside goes through `literal`."""

    name: str
    role: str
    expr: str
    summary: str
    description: str


class Moment(Struct, frozen=True, kw_only=True):
    """What must hold `at` so many seconds: of the alerts that the case checks just these fire, each with its value.

    `measured`: what the criterion measures then, where the acceptance alert's value does not say it.
    """

    at: int
    firing: dict[str, float]
    measured: float | None = None


class Case(Struct, frozen=True, kw_only=True):
    """One promtool test of the alerts named in `checks`.

    `series`: selector → one value a second from 0, None where there is no sample. Without any series at all nothing
    may be measured either.
    """

    law: str
    checks: tuple[str, ...]
    series: dict[str, tuple[float | None, ...]]
    moments: tuple[Moment, ...]


class Kind(Struct, frozen=True, kw_only=True):
    """A kind of criterion. All functions are pure.

    measured(criterion, scope): the PromQL of what is measured, by run_id and scenario.
    alerts(criterion, scope, window): its alert rules; `window` in seconds is for the burning ones. `breach` is the name
    of the acceptance alert among them.
    cases(criterion, labels, window): promtool cases; `labels` are the run_id and scenario of their series.
    judge(criterion, plan, record, evidence): the line of the verdict.
    unit: of what is measured; of a kind that judges different things each criterion states its own (`unit_of`).
    sense: on which side of the bound a criterion breaches it: AT_MOST, BELOW or AT_LEAST.
    series(criterion, plan, scope): for kinds that need them, the time series by name and label set to be asked for.
    counts: the unit of these series.
    asked(criterion, plan): the plan times they are asked for, as start, end and step; else the whole run by the second.
    own_words: they are a user's own, and what Prometheus refuses of them is no fault of the run.
    needs(criterion, plan): the jobs of what is scraped beside the load whose scrapes it rests on; they come with the
    series (`scraped.SCRAPED`), for what was not seen is decided where the rest is.
    compute(criterion, plan, started, series): for kinds that PromQL cannot express, what was measured; +Inf is never,
    None is not known.
    samples(criterion, scope): of a kind whose breach is seen while the load runs, so that a run can be stopped by it
    (`abort_on`), the PromQL of the operations that it has judged so far; another kind says in `only_at_end` why not.
    """

    kind: str
    unit: str
    breach: str
    sense: Callable[[Criterion], str]
    measured: Callable[[Criterion, Scope], str]
    alerts: Callable[[Criterion, Scope, float], tuple[Alert, ...]]
    cases: Callable[[Criterion, Scope, float], tuple[Case, ...]]
    judge: Callable[[Criterion, Plan, RunRecord, Evidence], Line]
    series: Callable[[Criterion, Plan, Scope], dict[str, str]] | None = None
    counts: str = "operations"
    asked: Callable[[Criterion, Plan], tuple[float, float, float]] | None = None
    own_words: bool = False
    needs: Callable[[Criterion, Plan], Collection[str]] | None = None
    compute: Callable[[Criterion, Plan, float, Sequence[Series]], float | None] | None = None
    samples: Callable[[Criterion, Scope], str] | None = None
    only_at_end: str = ""


def always(sense: str) -> Callable[[Criterion], str]:
    """The `sense` of a kind all of whose criteria have the same."""
    return lambda _: sense


def nothing_there(*alerts: str) -> Case:
    """The case of a Prometheus that has never seen the run."""
    return Case(law="quiet without any series", checks=alerts, series={}, moments=(Moment(at=1, firing={}),))


def literal(text: str) -> str:
    """`text` for a Prometheus template, in which it stands for itself."""
    return text.replace("{{", '{{ "{{" }}')
