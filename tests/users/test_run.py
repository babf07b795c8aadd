"""A master, its workers and the real stand-in: every operation is in the books exactly once."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import msgspec
import pytest
import requests as http

from loadgen.storage import save
from tests.sim_process import ROOT, start_sim
from tests.users.locust_run import ENTRY, plan_for, start_run
from tests.waiting import wait_until


def totals(counts: list[dict]) -> tuple[int, int]:
    return sum(c["requests"] for c in counts), sum(c["failures"] for c in counts)


def test_a_plan_runs_to_its_end_and_all_books_agree(tmp_path: Path) -> None:
    with start_sim(tmp_path) as sim, start_run(tmp_path / "work", plan_for(sim, 20, 8.0, workers=2)) as run:
        run.go()
        final = run.final()
        codes = [process.wait(20) for process in run.processes]
        answered = http.get(f"{sim.control}/answered", timeout=5).json()["operations"]
    calls = {(o.test_type, o.name): o.call for o in run.plan.operations}
    assert codes == [0, 0, 0]
    assert final["complete"]
    assert final["locust"] == final["workers"]
    assert totals(final["workers"])[1] == 0
    mine = {(c["test_type"], calls[c["test_type"], c["name"]]): c["requests"] for c in final["workers"]}
    assert mine == {(o["test_type"], o["call"]): o["answered"] for o in answered}
    assert {test_type for (test_type, _), count in mine.items() if count} == {"rest", "websocket", "grpc"}


def test_what_is_in_flight_at_a_stop_is_unfinished_once_and_all_books_agree(tmp_path: Path) -> None:
    with (
        start_sim(tmp_path, "--latency", "3") as sim,
        start_run(tmp_path / "work", plan_for(sim, 30, 60.0, workers=2)) as run,
    ):
        run.go()
        wait_until(lambda: sim.answered("rest:chat")["answered"] > 0, 40, "a first answer")
        run.stop(drain=0.2)
        final = run.final(20)
        codes = [process.wait(20) for process in run.processes]
    logged = run.requests()
    reasons = Counter(line["reason"] for line in logged)
    assert codes == [0, 0, 0]
    assert final["complete"]
    assert final["locust"] == final["workers"]
    assert totals(final["workers"]) == (len(logged), len(logged) - reasons[None])
    assert reasons["unfinished"] > 0
    assert set(reasons) == {None, "unfinished"}
    assert {line["phase"] for line in logged if line["reason"]} == {"cooldown"}, "cut off by us, so never judged"
    assert "cooldown" not in {line["phase"] for line in logged if not line["reason"]}


def test_a_killed_worker_leaves_the_books_incomplete_and_named(tmp_path: Path) -> None:
    with start_sim(tmp_path) as sim, start_run(tmp_path / "work", plan_for(sim, 20, 60.0, workers=2)) as run:
        run.go()
        wait_until(lambda: sim.answered("rest:chat")["answered"] > 0, 40, "a first answer")
        run.processes[1].kill()
        run.stop(drain=0.5)
        final = run.final(20)
    assert not final["complete"]
    assert final["missing"] == [0]


def test_a_frozen_target_times_out_under_every_protocol(tmp_path: Path) -> None:
    with start_sim(tmp_path) as sim:
        plan = plan_for(sim, 20, 60.0, workers=1)
        short = tuple(msgspec.structs.replace(o, timeout=1.0) for o in plan.operations)
        plan = msgspec.structs.replace(plan, operations=short)
        with start_run(tmp_path / "work", plan) as run:
            run.go()
            wait_until(lambda: sim.answered("grpc:llm_generate")["answered"] > 0, 40, "a first answer")
            sim.tell("freeze", seconds=30)
            types = {"rest", "websocket", "grpc"}
            wait_until(
                lambda: {r["test_type"] for r in run.requests() if r["reason"] == "timeout"} == types, 30, "timeouts"
            )
            run.stop(drain=0.2)
            final = run.final(20)
    assert final["locust"] == final["workers"]


def test_every_error_that_the_target_answered_is_a_failure_with_a_reason(tmp_path: Path) -> None:
    with start_sim(tmp_path, "--error-every", "2") as sim:
        with start_run(tmp_path / "work", plan_for(sim, 20, 5.0, workers=1)) as run:
            run.go()
            final = run.final()
        answered = http.get(f"{sim.control}/answered", timeout=5).json()["operations"]
    calls = {(o.test_type, o.name): o.call for o in run.plan.operations}
    mine = {(c["test_type"], calls[c["test_type"], c["name"]]): c["failures"] for c in final["workers"]}
    assert mine == {(o["test_type"], o["call"]): o["errors"] for o in answered}
    reasons = {(line["test_type"], line["reason"]) for line in run.requests() if line["reason"]}
    assert reasons == {("rest", "http_5xx"), ("websocket", "in_band_error"), ("grpc", "grpc_error")}
    assert (run.work / "failures-0.jsonl").read_text().count("http_5xx") > 0


def test_workers_and_master_end_when_their_parent_is_gone(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib, time\n"
        "from tests.users.locust_run import start_run\n"
        "from loadgen.storage import load\n"
        "from loadgen.model.plan import Plan\n"
        "work = pathlib.Path(sys.argv[1])\n"
        "with start_run(work / 'work', load(work / 'plan.json', Plan)) as run:\n"
        "    run.go()\n"
        "    print(*(p.pid for p in run.processes), flush=True)\n"
        "    time.sleep(600)\n"
    )
    with start_sim(tmp_path) as sim:
        save(tmp_path / "plan.json", plan_for(sim, 10, 300.0, workers=1))
        parent = subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        try:
            assert parent.stdout is not None
            children = [int(pid) for pid in parent.stdout.readline().split()]
        finally:
            parent.kill()
            parent.wait()
        wait_until(lambda: not any(_runs(pid) for pid in children), 10, "no child left")
    assert len(children) == 2


def _runs(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("name", ["127.0.0.1", "LocalHost"])
def test_locust_alone_loads_the_host_it_is_given(tmp_path: Path, name: str) -> None:
    with start_sim(tmp_path) as sim:
        code = _alone(tmp_path, "--host", sim.rest.replace("127.0.0.1", name), "-t", "3s")
        assert sim.answered("rest:token")["answered"] > 0
    assert code == 0


def test_locust_alone_sends_nothing_to_a_host_that_is_not_allowed(tmp_path: Path) -> None:
    assert _alone(tmp_path, "--host", "http://198.51.100.1", "-t", "20s") == 4
    assert "not on the allow-list" in (tmp_path / "alone.log").read_text()


def _alone(folder: Path, *arguments: str) -> int:
    command = [sys.executable, "-m", "locust", "-f", str(ENTRY), "--headless", "--only-summary", "-u", "2", "-r", "2"]
    with (folder / "alone.log").open("wb") as log:
        ended = subprocess.run(
            [*command, *arguments, "RestUser"], cwd=folder, stdout=log, stderr=log, timeout=60, check=False
        )
    return ended.returncode
