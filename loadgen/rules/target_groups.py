"""What of a run is to be scraped, as Prometheus' file and HTTP service discovery take it.

A group's own labels win over what the scrape configuration says. So a Prometheus needs one job for all runs and all
that they bring, and a run is scraped as often as its plan wants, whatever is usual there.
"""

from __future__ import annotations

from typing import Any

from loadgen.catalogue.promql import duration
from loadgen.model.measured import LOADTEST, Scrape
from loadgen.model.plan import Plan

_USUAL = Scrape(job="", address="")
"""Path and scheme that Prometheus takes where nothing is said."""


def target_groups(plan: Plan, telemetry: str) -> list[dict[str, Any]]:
    """The run's own telemetry, which is at `telemetry` (`host:port`), and every scrape of the plan, as target groups.

    What the run started carries run_id and scenario; what runs anyway is told by job and instance.
    """
    own = _group(plan, Scrape(job=LOADTEST, address=telemetry, ours=True))
    # The next run's telemetry, at the same place, does not answer to this name.
    own["labels"] |= {"__param_run_id": plan.run_id}
    return [own, *(_group(plan, scrape) for scrape in plan.measured.scrapes)]


def _group(plan: Plan, scrape: Scrape) -> dict[str, Any]:
    interval = duration(plan.scrape_interval)
    labels = {"job": scrape.job, "__scrape_interval__": interval, "__scrape_timeout__": interval}
    if scrape.ours:
        labels |= {"run_id": plan.run_id, "scenario": plan.scenario}
    if scrape.path != _USUAL.path:
        labels["__metrics_path__"] = scrape.path
    if scrape.scheme != _USUAL.scheme:
        labels["__scheme__"] = scrape.scheme
    return {"targets": [scrape.address], "labels": labels}
