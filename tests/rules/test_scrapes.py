"""What Prometheus is told to scrape beside the telemetry."""

from __future__ import annotations

from pathlib import Path

import yaml

from loadgen.model.measured import Scrape
from loadgen.rules import prometheus_config
from tests.promtool import promtool, put

RUN = {"run_id": "smoke-1", "scenario": "smoke"}
SCRAPES = (
    Scrape(job="host", address="127.0.0.1:9611", ours=True),
    Scrape(job="host", address="10.0.0.5:9611"),
    Scrape(job="gateway", address="[::1]:8000", path="/gateway/metrics", scheme="https"),
)


def text() -> str:
    return prometheus_config(
        scrape_interval=0.5, rule_files=[], targets_files=["targets.json"], scrapes=SCRAPES, labels=RUN
    )


def test_every_job_stands_once_and_only_what_the_run_started_carries_its_name() -> None:
    jobs = {job["job_name"]: job for job in yaml.safe_load(text())["scrape_configs"]}
    assert list(jobs) == ["loadtest", "host", "gateway"]
    assert jobs["host"]["static_configs"] == [
        {"targets": ["127.0.0.1:9611"], "labels": RUN},
        {"targets": ["10.0.0.5:9611"]},
    ]
    assert (jobs["gateway"]["scheme"], jobs["gateway"]["metrics_path"]) == ("https", "/gateway/metrics")


def test_an_endpoint_that_grows_without_end_cannot_fill_prometheus() -> None:
    limits = [job.get("sample_limit", 0) for job in yaml.safe_load(text())["scrape_configs"][1:]]
    assert all(0 < limit <= 20_000 for limit in limits)


def test_prometheus_takes_it(tmp_path: Path) -> None:
    put({"prometheus.yml": text(), "targets.json": "[]"}, tmp_path)
    promtool("check", "config", "prometheus.yml", folder=tmp_path)
