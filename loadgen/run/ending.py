"""After the load: the last scrape, what only Python can compute, the record, the evidence."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from loadgen.catalogue.promql import selector
from loadgen.criteria import kind_of, recovery
from loadgen.model.evidence import Evidence
from loadgen.model.plan import Plan
from loadgen.model.record import Count, RunRecord
from loadgen.model.verdict import Verdict
from loadgen.query.client import Prometheus, PrometheusFault
from loadgen.query.collect import collect
from loadgen.query.courses import computed, judged_until
from loadgen.query.scrapes import seen_since
from loadgen.rules.states import GIVEN, STATE
from loadgen.telemetry.run_values import RunValues
from loadgen.verdict.reasons import reasons

PATIENCE = 8.0
"""Seconds within which a scrape after the last count must be seen; a Prometheus that takes longer is of no use."""

EVALUATIONS = 3
"""Scrape intervals in which the rules must have seen a verdict that was scraped; they are evaluated once in each."""


def gather(client: Prometheus, plan: Plan, record: RunRecord, values: RunValues | None) -> tuple[RunRecord, Evidence]:
    """The record with its final scrape, and the evidence. Never raises for a Prometheus that is gone.

    `values`: None when no load was sent.
    """
    if values is None:
        return record, collect(client, plan, record)
    scraped = next_scrape(client, plan)
    if scraped is not None and _expose_computed(client, plan, record, values, scraped):
        scraped = next_scrape(client, plan)
    record = msgspec.structs.replace(record, final_scrape=scraped)
    return record, collect(client, plan, record)


def next_scrape(client: Prometheus, plan: Plan) -> float | None:
    """Unix seconds of a scrape that began after now; None when none is seen in time."""
    since, deadline = time.time(), time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            seen = seen_since(client, plan, since, time.time())
        except PrometheusFault as fault:
            if not fault.reached:
                return None
            seen = None
        if seen is not None:
            return seen
        time.sleep(0.1)
    return None


def show_verdict(client: Prometheus, plan: Plan, values: RunValues, verdict: Verdict, record: RunRecord) -> None:
    """Let Prometheus know the verdict for good: scraped once, and seen by its rules where it has the shared ones."""
    values.saturation(verdict.saturation, record.started)
    values.invalid(reasons(record, verdict))
    values.verdict(verdict.verdict)
    if next_scrape(client, plan) is None:
        return
    expression = selector(STATE, {"run_id": plan.run_id})
    deadline = time.monotonic() + EVALUATIONS * plan.scrape_interval
    while time.monotonic() < deadline:
        try:
            found = client.instant(expression, time.time()).data["result"]
        except PrometheusFault:
            return
        if any(float(one["value"][1]) == GIVEN[verdict.verdict] for one in found):
            return
        time.sleep(0.1)


def _expose_computed(client: Prometheus, plan: Plan, record: RunRecord, values: RunValues, scraped: float) -> bool:
    """Let telemetry show what PromQL cannot express, computed from Prometheus' own series; whether there was any."""
    if record.started is None:
        return False
    _let_scrapes_end(plan, record.started)
    try:
        found = computed(client, plan, record.started, judged_until(record, scraped))
    except PrometheusFault:
        return False  # what is missing then shows when the evidence is collected
    recoveries = {criterion.id for criterion in plan.criteria if criterion.kind == recovery.KIND.kind}
    for criterion, value in found.items():
        values.criterion_value(criterion, value)
        if criterion in recoveries:
            values.recovery(criterion, value)
    return bool(found)


def _let_scrapes_end(plan: Plan, started: float) -> None:
    """Wait until everything that was scraped by the last moment that is asked about has come in.

    A scrape has the time at which it began and may take an interval; what is computed before it ended would not be
    found again. Of most runs the drain has taken longer than that.
    """
    kinds = ((kind_of(criterion), criterion) for criterion in plan.criteria)
    asked = [kind.asked(criterion, plan)[1] for kind, criterion in kinds if kind.asked is not None]
    if asked:
        left = started + max(asked) + plan.scrape_interval - time.time()
        time.sleep(min(max(0.0, left), plan.scrape_interval))  # of a run that ended early nothing more comes


def answered_between(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> tuple[Count, ...]:
    """What the stand-in answered during the load, by call; its failures are the answers that were errors."""
    earlier = {(row["test_type"], row["call"]): row for row in before}
    nothing = {"answered": 0, "errors": 0}
    counts = []
    for row in after:
        start = earlier.get((row["test_type"], row["call"]), nothing)
        answered, errors = row["answered"] - start["answered"], row["errors"] - start["errors"]
        counts.append(Count(test_type=row["test_type"], name=row["call"], requests=answered, failures=errors))
    return tuple(counts)
