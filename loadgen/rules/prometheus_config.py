"""prometheus.yml, as Prometheus 2.42 and later read it: for a run's own server and for a standing stack."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from loadgen.catalogue.promql import duration
from loadgen.model.measured import LOADTEST, Scrape
from loadgen.rules.groups import as_yaml

MOST_SAMPLES = 20_000
"""Of one scrape: an endpoint whose labels grow with every path or user must not fill Prometheus."""

MOST_SAMPLES_OF_ANY = 200_000
"""The same where the generator's own telemetry is scraped by the same job: of fifty operations in a dozen phases it has
tens of thousands."""


def prometheus_config(
    *,
    scrape_interval: float,
    rule_files: Sequence[str],
    targets_files: Sequence[str],
    scrapes: Sequence[Scrape] = (),
    labels: Mapping[str, str] = {},
    heading: str = "",
) -> str:
    """The text of prometheus.yml. Paths may hold `*` and are relative to the file; intervals are seconds.

    Targets come with their labels (run_id, scenario) from the files; a changed file is read at once. `scrapes` are
    those beside them; what the run started of these carries `labels`.
    """
    interval = duration(scrape_interval)
    content: dict[str, Any] = {
        "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
        "rule_files": list(rule_files),
        "scrape_configs": [
            {
                "job_name": LOADTEST,
                "file_sd_configs": [{"files": list(targets_files), "refresh_interval": interval}],
            },
            *(_job(job, [one for one in scrapes if one.job == job], labels) for job in _jobs(scrapes)),
        ],
    }
    return as_yaml(content, heading)


def stack_config(scrape_interval: float, heading: str = "") -> str:
    """The text of the standing stack's prometheus.yml: it names no address, so it serves wherever the stack stands.

    Whom to scrape, whom to notify and what to evaluate stands in the folders beside it. A group's own labels may say
    job, path and scheme, so one job serves all.
    """
    interval = duration(scrape_interval)
    content: dict[str, Any] = {
        "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
        "rule_files": ["rules/*.yml", "alerts/*.yml", "runs/*.yml"],
        "alerting": {"alertmanagers": [{"file_sd_configs": [_files("targets/alertmanager/*.json", interval)]}]},
        "scrape_configs": [
            {
                "job_name": LOADTEST,
                "sample_limit": MOST_SAMPLES_OF_ANY,
                "file_sd_configs": [_files("targets/*.json", interval)],
            }
        ],
    }
    return as_yaml(content, heading)


def _files(pattern: str, interval: str) -> dict[str, Any]:
    return {"files": [pattern], "refresh_interval": interval}


def _jobs(scrapes: Sequence[Scrape]) -> Iterable[str]:
    return dict.fromkeys(scrape.job for scrape in scrapes)


def _job(job: str, scrapes: Sequence[Scrape], labels: Mapping[str, str]) -> dict[str, Any]:
    """One job's configuration; its scrapes differ in nothing but their addresses and whose they are."""
    return {
        "job_name": job,
        "metrics_path": scrapes[0].path,
        "scheme": scrapes[0].scheme,
        "sample_limit": MOST_SAMPLES,
        "static_configs": [
            {"targets": [scrape.address], **({"labels": dict(labels)} if scrape.ours else {})} for scrape in scrapes
        ],
    }
