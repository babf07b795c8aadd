"""One Prometheus and one short run for all tests of this folder: both take their time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loadgen.rules.running import run_rules
from tests.prometheus_process import RunningPrometheus, start_prometheus
from tests.query.recorded import Recorded, spike_plan, take_place
from tests.telemetry_process import prepare, start_telemetry


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPrometheus]:
    """Prometheus with the rules of the recorded run."""
    with start_prometheus(tmp_path_factory.mktemp("prometheus"), rules=run_rules(spike_plan())) as running:
        yield running


@pytest.fixture(scope="session")
def recorded(prometheus: RunningPrometheus, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """The run, after its end."""
    plan, work = spike_plan(), tmp_path_factory.mktemp("run")
    prepare(work, plan)
    with start_telemetry(work) as (_, port):
        prometheus.add_target(f"127.0.0.1:{port}", {"run_id": plan.run_id, "scenario": plan.scenario})
        return take_place(prometheus.client, plan, work)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A work folder."""
    return tmp_path
