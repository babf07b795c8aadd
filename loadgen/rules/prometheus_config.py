"""prometheus.yml, as Prometheus 2.42 and later read it: for a run's own server and for a standing stack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from loadgen.catalogue.promql import duration
from loadgen.rules.groups import as_yaml

JOB = "loadtest"


def prometheus_config(
    *, scrape_interval: float, rule_files: Sequence[str], targets_files: Sequence[str], heading: str = ""
) -> str:
    """The text of prometheus.yml. Paths may hold `*` and are relative to the file; intervals are seconds.

    Targets come with their labels (run_id, scenario) from the files; a changed file is read at once.
    """
    interval = duration(scrape_interval)
    content: dict[str, Any] = {
        "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
        "rule_files": list(rule_files),
        "scrape_configs": [
            {
                "job_name": JOB,
                "file_sd_configs": [{"files": list(targets_files), "refresh_interval": interval}],
            }
        ],
    }
    return as_yaml(content, heading)
