"""Every interruption: the load stops within seconds, no process is left, what there is is written and said."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from loadgen.catalogue.promql import selector
from tests.e2e.harness import Finished, Running
from tests.prometheus_process import start_prometheus
from tests.waiting import wait_until

Begin = Callable[..., Running]
LONG = {"scenarios": {"quick": {"duration": "60s"}}}


def of(home: Path) -> list[psutil.Process]:
    """Every process that works for a run in this state folder, whenever it was started."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("LOADGEN_HOME") == str(home) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def why_invalid(finished: Finished, folder: Path) -> set[str]:
    """What its Prometheus kept of that: another on the same data is asked."""
    (folder / "data").symlink_to(str(finished.record.prometheus["data"]))
    asked = f"last_over_time({selector('loadtest_run_invalid_info', {'run_id': finished.plan.run_id})}[5m])"
    with start_prometheus(folder, config="scrape_configs: []\n") as server:
        found = server.client.instant(asked, (finished.record.ended or 0.0) + 60).data["result"]
    return {one["metric"]["check"] for one in found}


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_during_the_load_stops_it_and_leaves_a_partial_report(
    begin: Begin, number: int, code: int, tmp_path: Path
) -> None:
    running = begin(LONG, report=True)
    running.wait_for_load()
    running.signal(number)
    finished = running.finish(60)
    assert finished.code == code, finished.output
    assert not of(running.home)
    assert finished.verdict.verdict == "INVALID"
    assert finished.verdict.exit_code == code
    assert finished.record.outcome == "interrupted"
    assert finished.record.locust is not None, finished.output
    assert "interrupted" in finished.output
    assert finished.folder is not None
    assert (finished.folder / f"locust_report_{finished.folder.name}.html").exists(), finished.output
    assert "interrupted" in why_invalid(finished, tmp_path)


@pytest.mark.parametrize("role", ["prometheus", "sim", "master"])
def test_a_signal_while_the_run_starts_ends_it_without_load(begin: Begin, role: str) -> None:
    running = begin(LONG)
    wait_until(lambda: running.ended() or role in running.descendants(), 60, f"{role} to be started")
    running.signal(signal.SIGINT)
    finished = running.finish(30)
    assert finished.code == 130, finished.output
    assert not of(running.home)
    assert finished.verdict.verdict == "INVALID"


def test_a_second_signal_ends_the_run_at_once(begin: Begin) -> None:
    running = begin(LONG)
    running.wait_for_load()
    running.signal(signal.SIGINT)
    wait_until(lambda: "stopping" in running.output, 10, "the first signal to be heard")
    running.signal(signal.SIGINT)
    finished = running.finish(10)
    assert finished.code == 130, finished.output
    assert not of(running.home)


def test_when_the_orchestrator_is_killed_nothing_outlives_it(begin: Begin) -> None:
    running = begin(LONG)
    running.wait_for_load()
    assert len(of(running.home)) > 5
    running.process.kill()
    running.process.wait()
    wait_until(lambda: not of(running.home), 15, "the end of everything that the run had started")
