"""Locust's own page on the plan's target: users work at once, the counters are fed, a scenario can be chosen."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import requests as http

from loadgen.model.plan import Plan
from loadgen.run.home import free_ports
from loadgen.storage import save
from loadgen.telemetry import counters
from tests.sim_process import start_sim
from tests.users.locust_run import ENTRY, plan_for
from tests.waiting import wait_until


@contextmanager
def page(work: Path, plan: Plan) -> Iterator[str]:
    """Locust with its page on the plan's target."""
    save(work / "plan.json", plan)
    counters.create(work, plan)
    variables = {"LOADGEN_PLAN": str(work / "plan.json"), "LOADGEN_WORK": str(work), "LOADGEN_UI": "1"}
    (port,) = free_ports(1)
    with locust(work, "--web-port", str(port), **variables) as process:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: process.poll() is not None or _answers(url), 30, "Locust's page")
        assert process.poll() is None, (work / "page.log").read_text()
        yield url


@contextmanager
def locust(work: Path, *arguments: str, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """Locust on our entry file; killed at the end by its own handle."""
    command = [sys.executable, "-m", "locust", "-f", str(ENTRY), *arguments]
    with (work / "page.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=work, env={**os.environ, **variables}, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    try:
        return http.get(url, timeout=2).ok
    except http.ConnectionError:
        return False


def counted(work: Path, plan: Plan) -> int:
    return sum(count.requests for count in counters.WorkerCounters.open(work, plan, 0).counts())


def test_the_page_loads_the_plans_target_and_feeds_the_counters(tmp_path: Path) -> None:
    with start_sim(tmp_path) as sim:
        plan = plan_for(sim, 10, 60.0, workers=1)
        with page(tmp_path, plan) as url:
            assert all(name in http.get(url, timeout=5).text for name in ("scenario", "smoke", "spike"))
            form = {"user_count": 4, "spawn_rate": 4, "scenario": "free", "host": sim.rest}
            assert http.post(f"{url}/swarm", data=form, timeout=5).json()["success"]
            wait_until(lambda: counted(tmp_path, plan) > 20, 30, "operations in the counters")
            http.get(f"{url}/stop", timeout=40)


def test_a_chosen_scenario_decides_the_load(tmp_path: Path) -> None:
    with start_sim(tmp_path) as sim, page(tmp_path, plan := plan_for(sim, 10, 60.0, workers=1)) as url:
        form = {"user_count": 1, "spawn_rate": 1, "scenario": "smoke", "host": plan.target.rest}
        assert http.post(f"{url}/swarm", data=form, timeout=5).json()["success"]
        wait_until(lambda: http.get(f"{url}/stats/requests", timeout=5).json()["user_count"] == 10, 30, "smoke's users")


def test_the_page_loads_no_other_host(tmp_path: Path) -> None:
    with start_sim(tmp_path) as sim, page(tmp_path, plan := plan_for(sim, 10, 60.0, workers=1)) as url:
        form = {"user_count": 2, "spawn_rate": 2, "scenario": "free", "host": "http://198.51.100.1"}
        http.post(f"{url}/swarm", data=form, timeout=5)
        wait_until(lambda: "this page loads" in (tmp_path / "page.log").read_text(), 20, "a refusal")
        wait_until(lambda: http.get(f"{url}/stats/requests", timeout=5).json()["state"] != "running", 40, "a stop")
        assert plan.target.rest.startswith("http://127.0.0.1")


def listeners(pid: int) -> set[tuple[str, int]]:
    """Address and port of everything that a process listens on."""
    sockets = psutil.Process(pid).net_connections("tcp")
    return {(one.laddr.ip, one.laddr.port) for one in sockets if one.status == psutil.CONN_LISTEN}


@pytest.mark.parametrize("given, address", [((), "127.0.0.1"), (("--web-host", "127.0.0.2"), "127.0.0.2")])
def test_locust_alone_shows_its_page_to_this_machine_only_unless_told_otherwise(
    tmp_path: Path, given: tuple[str, ...], address: str
) -> None:
    (port,) = free_ports(1)
    with locust(tmp_path, "--web-port", str(port), *given) as process:
        wait_until(lambda: process.poll() is not None or listeners(process.pid), 30, "a page")
        assert process.poll() is None, (tmp_path / "page.log").read_text()
        assert listeners(process.pid) == {(address, port)}


def test_a_master_alone_takes_workers_of_this_machine_only(tmp_path: Path) -> None:
    page_port, port = free_ports(2)
    roles = ("--master", "--master-bind-port", str(port), "--web-port", str(page_port))
    with locust(tmp_path, *roles) as process:
        wait_until(lambda: process.poll() is not None or len(listeners(process.pid)) == 2, 30, "page and master")
        assert listeners(process.pid) == {("127.0.0.1", page_port), ("127.0.0.1", port)}
