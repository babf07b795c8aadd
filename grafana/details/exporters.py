"""Whether what measures can be believed: what was scraped, how long it took, what the exporters could not read."""

from __future__ import annotations

from grafana.dashboard import Row
from grafana.details.measured import curve, detail, measured
from grafana.panels import SECONDS, SHORT
from grafana.queries import by, query

EMPTY = "Nothing was scraped beside the load in the time shown."
NO_EXPORTER = "No exporter was scraped in the time shown: see measure of the target."

PREFIXES = ("node", "dbpool", "gpu")
"""With which the exporters' own metrics begin."""


def row() -> Row:
    """The row."""
    who = "{{job}} {{instance}}"
    failed = (f"1 - {measured(f'{prefix}_scrape_collector_success')}" for prefix in PREFIXES)
    return Row(
        "Exporters",
        (
            curve(
                detail("Endpoints not scraped", "1 while Prometheus could not scrape an endpoint.", SHORT, EMPTY),
                query(f"1 - {measured('up')}", who),
            ),
            curve(
                detail(
                    "Collectors that failed",
                    "Parts of an exporter that could not read what they show.",
                    SHORT,
                    NO_EXPORTER,
                ),
                *(query(by("sum", "job, instance", expression), who) for expression in failed),
            ),
            curve(
                detail("Time of a scrape", "How long each endpoint took to answer Prometheus.", SECONDS, EMPTY),
                query(measured("scrape_duration_seconds"), who),
            ),
        ),
        folded=True,
    )
