"""A run's own Prometheus shows this run, though it holds those before it too."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import structs

from loadgen.query.client import Prometheus
from loadgen.rules import prometheus_config
from loadgen.run.processes import Child, Processes
from loadgen.run.prometheus import NativePrometheus, find_prometheus, lookback_of
from tests.backfilled import Past
from tests.plans import example_plan
from tests.prometheus_process import NO_RULES, free_port
from tests.waiting import wait_until

PLAN = example_plan()


@pytest.mark.parametrize("interval", [0.1, 1.0, 60.0])
def test_a_value_is_believed_through_a_gap_that_validity_allows_and_not_much_longer(interval):
    plan = structs.replace(PLAN, scrape_interval=interval)
    gap = plan.validity.scrape_gap_intervals * interval
    assert gap + interval < lookback_of(plan) <= 2 * gap


def test_what_the_last_run_saw_half_a_minute_ago_is_kept_and_no_longer_shown(tmp_path: Path):
    """A Prometheus that ends marks no series as ended; of itself the next one would show them for five minutes."""
    past = Past(time.time() - 60, 30)
    past.gauge("thing", {"job": "host"}, lambda _: 7.0)
    past.store(tmp_path / "data")
    program, _ = find_prometheus(tmp_path)
    prometheus = NativePrometheus(program, tmp_path, tmp_path / "data", free_port())
    rules, targets = [str(prometheus.rules_file)], [str(prometheus.targets_file)]
    configuration = prometheus_config(scrape_interval=PLAN.scrape_interval, rule_files=rules, targets_files=targets)
    prometheus.write_configuration(configuration, NO_RULES)
    with Processes(tmp_path / "logs") as processes:
        client = Prometheus(prometheus.url)
        child = prometheus.start(processes, "1d", lookback_of(PLAN))
        wait_until(_ready(client, child), 30, "Prometheus to be ready")
        assert client.instant("last_over_time(thing[2m])", time.time()).data["result"] != []
        assert client.instant("thing", time.time()).data["result"] == []
        assert client.instant("thing", time.time() - 45).data["result"] != []


def _ready(client: Prometheus, child: Child) -> Callable[[], bool]:
    def ready() -> bool:
        assert child.exit_code() is None, child.last_words()
        return client.ready()

    return ready
