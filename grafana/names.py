"""The names that a query may hold. What is not here is refused while the dashboards are built.

They come from where they are made: the catalogue's metrics, the series that rules record, the jobs of the plan. Only
Prometheus' own are written down here, and the exporters' in exposed.py, for nothing that may be imported lists them.
"""

from __future__ import annotations

from grafana.exposed import EXPORTERS
from loadgen.catalogue import METRICS
from loadgen.catalogue.metrics import HISTOGRAM
from loadgen.rules import resources, validity, vocabulary
from loadgen.rules.acceptance import COUNTED, MEASURED
from loadgen.rules.resources import USE, WAITING

PROMETHEUS = frozenset(
    {
        "ALERTS",
        "ALERTS_FOR_STATE",
        "up",
        "scrape_duration_seconds",
        "scrape_samples_scraped",
    }
)
"""Made by Prometheus itself."""

RESOURCE_USE, RESOURCE_WAITING = USE, WAITING
"""What a run's rules record of its resources."""

VALIDITY_ALERTS = {
    "LoadtestGeneratorLate": "generator-late",
    "LoadtestGeneratorOverloaded": "generator-cpu",
    "LoadtestUsersMissing": "users",
    "LoadtestWorkerLost": "worker-lost",
    "LoadtestScrapeGap": "scrape-gap",
    "LoadtestMetricsAbsent": "evidence",
    "LoadtestCounterReset": "counter-reset",
}
"""Alerts under which a run is invalid, with the verdict's check for each; a test compares them with the rules."""


class UnknownName(LookupError):
    """A query names a series that nobody exposes or records."""


def _exposed() -> frozenset[str]:
    parts = {f"{m.name}_{part}" for m in METRICS if m.type == HISTOGRAM for part in ("bucket", "count", "sum")}
    return frozenset(m.name for m in METRICS if m.type != HISTOGRAM) | parts


def _recorded() -> frozenset[str]:
    shared = {rule["record"] for group in vocabulary(10.0) for rule in group.rules}
    of_resources = {USE, WAITING, resources.AT_LIMIT, resources.QUEUED}
    of_validity = {validity.OVERLOADED, validity.USERS, validity.RESETS, validity.SEEN, validity.UNSEEN}
    return frozenset(shared) | {MEASURED, COUNTED} | of_resources | of_validity


NAMES = _exposed() | _recorded() | PROMETHEUS | EXPORTERS


def known(name: str) -> str:
    """The name itself. Raises UnknownName for one that nobody exposes or records."""
    if name not in NAMES:
        raise UnknownName(
            f"{name}: no metric of loadgen/catalogue, no record of loadgen/rules, and not listed in grafana/names.py; "
            "mend the spelling, or add what an exporter exposes there"
        )
    return name
