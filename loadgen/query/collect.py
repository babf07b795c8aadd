"""RunRecord → Evidence: everything a verdict and a report need, after which Prometheus may be gone."""

from __future__ import annotations

import math

from msgspec import structs

from loadgen.catalogue.promql import selector
from loadgen.model.evidence import Evidence
from loadgen.model.plan import Plan
from loadgen.model.record import RunRecord
from loadgen.query import alarms, blocks, courses, scrapes, tallies
from loadgen.query.client import Prometheus
from loadgen.query.machines import machines
from loadgen.query.questions import Questions
from loadgen.query.resources import resources

NEVER = "never"


def collect(client: Prometheus, plan: Plan, record: RunRecord) -> Evidence:
    """Ask everything. Never raises for what Prometheus does or lacks: that makes `complete` False, with a sentence.

    What could not be had is absent from the evidence, never 0. Waits up to 10 s for the rules' last evaluation.
    """
    if record.started is None:
        return _nothing(plan, "no load was sent, so there is nothing to measure")
    at = record.final_scrape if record.final_scrape is not None else record.ended
    if at is None:
        return _nothing(plan, "neither a final scrape nor the end of the load is known")
    ask = Questions(client)
    if record.final_scrape is None:
        ask.problems.append("no scrape is certain to hold the last count, so the numbers may be too small")
    return _with_resources(_evidence(ask, plan, record, record.started, at), client, plan, record, at, gone=ask.gone)


def _with_resources(
    evidence: Evidence, client: Prometheus, plan: Plan, record: RunRecord, at: float, *, gone: bool
) -> Evidence:
    """Resources have questions of their own: what is missing of them makes nothing else incomplete."""
    ask = Questions(client)
    ask.gone = gone
    found = resources(ask, plan, record, at)
    seen = machines(ask, plan, at)
    return structs.replace(
        evidence,
        series=(*evidence.series, *found.series),
        queries=(*evidence.queries, *ask.queries),
        machines=seen,
        resources=found.uses,
        unmeasured=tuple(gap.text for gap in found.gaps),
        unmeasured_from=found.unmeasured_from,
    )


def _evidence(ask: Questions, plan: Plan, record: RunRecord, started: float, at: float) -> Evidence:
    times = scrapes.scrapes(ask, plan, started, at)
    if times == ():
        ask.problems.append("Prometheus never saw the run's telemetry")
    counted = tallies.response_times(ask, plan, at)
    extremes = tallies.extremes(ask, plan, at)
    services = tallies.service_times(ask, plan, at)
    lag = tallies.lag(ask, plan, at)
    until = courses.judged_until(record, at)
    pieces = blocks.blocks(ask, plan, counted, started, until)
    charted = courses.charted(ask, plan, started, at)
    seen = courses.scraped(ask, plan, started, until)
    needed = [one for criterion in plan.criteria for one in courses.needed(ask, plan, criterion, started, until)]
    values = _values(ask, plan, at)
    resets = scrapes.resets(ask, plan, started, at)
    final = alarms.final_alerts(ask, plan, at)  # late: the rules may still have to be evaluated
    last = max(at, final.evaluated or at)
    transitions = alarms.transitions(ask, plan, started, last)
    worst = alarms.worst(ask, plan, started, last)
    return Evidence(
        run_id=plan.run_id,
        complete=not ask.problems,
        problems=tuple(ask.problems),
        tallies=counted,
        extremes=extremes,
        service_times=services,
        blocks=pieces,
        lag=lag,
        series=(*charted, *seen, *needed),
        values=values,
        alerts=transitions,
        firing=final.firing,
        alerting=final.alerting,
        worst=worst,
        evaluated=final.evaluated,
        scrape_gap=scrapes.longest_gap(times, started, at) if times else None,
        resets=resets,
        queries=tuple(ask.queries),
    )


def _values(ask: Questions, plan: Plan, at: float) -> dict[str, float | str]:
    """What telemetry showed for criteria that PromQL cannot express."""
    name = "loadtest_criterion_value"
    samples = ask.instant(name, selector(name, {"run_id": plan.run_id}), at) or ()
    return {s.labels["criterion"]: NEVER if s.value == math.inf else s.value for s in samples}


def _nothing(plan: Plan, problem: str) -> Evidence:
    return Evidence(
        run_id=plan.run_id,
        complete=False,
        problems=(problem,),
        tallies=(),
        extremes=(),
        service_times=(),
        lag={},
        series=(),
        values={},
        alerts=(),
        firing=(),
        evaluated=None,
        scrape_gap=None,
        resets=0,
        queries=(),
    )
