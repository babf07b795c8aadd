"""What is measured beside the load: one run on real databases, an exporter lost on the way, and one of the user's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from loadgen.model.plan import Plan
from loadgen.query.client import Prometheus, PrometheusFault
from loadgen.run.home import free_ports
from loadgen.storage import load
from tests.e2e.harness import ROOT, Finished, Running, write_config
from tests.postgres_process import need_databases
from tests.waiting import wait_until

Run = Callable[..., Finished]
Labels = dict[str, str]

SEEN = (
    "loadtest_requests_total",
    "node_cpu_seconds_total", "node_memory_MemTotal_bytes", "namedprocess_namegroup_num_procs",
    "sim_service_slots_in_use", "sim_service_queue", "db_client_connection_count", "pg_stat_activity_count",
    "pgbouncer_pools_client_waiting_connections",
)  # fmt: skip


@dataclass
class Measured:
    """A run that ended, what Prometheus had at one moment of it, and what became of the user's own exporter."""

    run: Finished
    plan: Plan
    series: dict[str, list[tuple[Labels, float]]]
    elsewhere: str
    still_there: bool

    def ours(self, name: str) -> list[Labels]:
        """The labels of the run's own series of this name."""
        return [labels for labels, _ in self.series[name] if labels.get("run_id") == self.plan.run_id]


def exporter_of_the_user(port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "exporters", "host", "--listen", f"127.0.0.1:{port}"]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def asked(client: Prometheus) -> dict[str, list[tuple[Labels, float]]]:
    """Every series of the names in SEEN, up to date."""
    found: dict[str, list[tuple[Labels, float]]] = {}
    for name in SEEN:
        try:
            results = client.instant(name, time.time()).data["result"]
        except PrometheusFault:
            results = []
        found[name] = [(result["metric"], float(result["value"][1])) for result in results]
    return found


@pytest.fixture(scope="module")
def measured(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Measured]:
    need_databases()
    folder = tmp_path_factory.mktemp("measured")
    (folder / "reports").mkdir()
    (port,) = free_ports(1)
    elsewhere = f"127.0.0.1:{port}"
    change: dict[str, Any] = {
        "scenarios": {"quick": {"duration": "10s"}},
        "targets": {"sim-postgres": {"measure": {"host": ["start", elsewhere]}}},
    }
    user = exporter_of_the_user(port)
    running = Running(home, folder / "reports", write_config(folder, change), "--target", "sim-postgres")
    try:
        running.wait_for_load()
        work = running.work()
        assert work is not None
        plan, series = load(work / "plan.json", Plan), {}
        client = Prometheus(running.output.partition("Prometheus 2")[2].partition(" at ")[2].split(",")[0])

        def all_there() -> bool:
            series.update(asked(client))
            return all(series.values())

        wait_until(lambda: running.ended() or all_there(), 8, "everything to be seen")
        os.kill(running.descendants()["host exporter"][0].pid, signal.SIGKILL)
        finished = running.finish()
        yield Measured(finished, plan, series, elsewhere, user.poll() is None)
    finally:
        if not running.ended():
            running.process.kill()
            running.process.wait()
        user.kill()
        user.wait()


@pytest.mark.parametrize("name", SEEN)
def test_what_gives_way_can_be_seen_beside_the_latency_under_the_runs_name(measured: Measured, name: str) -> None:
    assert measured.ours(name), measured.series
    assert {labels["scenario"] for labels in measured.ours(name)} == {"quick"}


def test_every_process_of_the_run_is_counted_in_its_group(measured: Measured) -> None:
    name = "namedprocess_namegroup_num_procs"
    counts = {labels["groupname"]: count for labels, count in measured.series[name] if "run_id" in labels}
    assert {group: count > 0 for group, count in counts.items()} == dict.fromkeys(
        ("sim", "postgres", "pgbouncer", "generator", "prometheus", "telemetry"), True
    )
    assert counts["generator"] == measured.plan.workers
    assert counts["postgres"] > 1  # with its backends


def test_each_database_is_known_by_its_name(measured: Measured) -> None:
    assert {labels["server"] for labels in measured.ours("pg_stat_activity_count")} == {"postgres"}
    assert {labels["server"] for labels in measured.ours(SEEN[-1])} == {"pgbouncer"}


def test_an_exporter_that_runs_already_is_scraped_and_left_alone(measured: Measured) -> None:
    theirs = [labels for labels, _ in measured.series["node_cpu_seconds_total"] if "run_id" not in labels]
    assert {labels["instance"] for labels in theirs} == {measured.elsewhere}
    assert measured.still_there


def test_an_exporter_that_is_lost_changes_no_verdict_and_is_named(measured: Measured) -> None:
    finished = measured.run
    assert finished.code == 0, finished.output
    assert [event.kind for event in finished.record.events] == ["exporter_lost"]
    assert finished.record.outcome == "completed"
    assert any("exporter-host" in note and "signal 9" in note for note in finished.verdict.notes)
    assert all(check.ok for check in finished.verdict.validity)


def test_the_exporters_logs_are_kept(measured: Measured) -> None:
    assert measured.run.folder is not None
    logs = {path.name for path in (measured.run.folder / "logs").iterdir()}
    assert {"exporter-host.log", "exporter-dbpool.log"} <= logs


def test_a_dsn_that_cannot_be_had_ends_in_4_and_nothing_is_sent(run: Run) -> None:
    databases = {"june": {"postgresql": {"env": "NO_SUCH_DSN"}}, "pool": {"pgbouncer": {"file": "absent.dsn"}}}
    finished = run({"targets": {"sim": {"measure": {"databases": databases}}}})
    assert finished.code == 4, finished.output
    assert "NO_SUCH_DSN is not set" in finished.output
    assert "absent.dsn cannot be read" in finished.output
    assert finished.record.started is None
