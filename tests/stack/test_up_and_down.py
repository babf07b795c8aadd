"""`loadgen up` starts what stays, and only that is ended by `loadgen down`."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from msgspec import structs

from loadgen.config import load_config
from loadgen.query.client import Prometheus
from loadgen.run.errors import EnvironmentFault
from loadgen.run.home import free_ports, the_only_run
from loadgen.run.standing import STATE_FILE, StackPorts, StackProcess, Standing, find
from loadgen.stack import daemons, services, up
from loadgen.stack.places import Places
from loadgen.storage import save
from tests.alertmanager_process import need_alertmanager
from tests.e2e.harness import ROOT, write_config
from tests.stack_process import RunningStack, start_stack
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    home = tmp_path_factory.mktemp("stack")
    with start_stack(home, write_config(home)) as running:
        yield running


def test_everything_that_is_up_answers_and_is_no_child_of_the_command(stack: RunningStack):
    roles = {one.role for one in stack.standing.processes}
    assert {"prometheus", "host"} <= roles
    assert stack.standing.dead() == ()
    assert stack.client.ready()
    for one in stack.standing.processes:
        found = one.found()
        assert found is not None
        assert os.getsid(found.pid) == found.pid


def test_what_runs_all_the_time_is_scraped_under_its_job_and_no_run(stack: RunningStack):
    def seen() -> list[dict[str, str]]:
        return [target["labels"] for target in stack.client.targets() if target["health"] == "up"]

    labels = wait_until(seen, 20, "the host exporter to be scraped")
    assert labels == [{"job": "host", "instance": f"127.0.0.1:{_ports(stack).host}"}]


def test_prometheus_knows_whom_to_notify_and_has_the_shared_rules(stack: RunningStack):
    if stack.standing.alertmanager is None:
        pytest.skip("no Alertmanager is installed")
    wait_until(lambda: stack.client.alertmanagers() != (), 15, "Prometheus to find Alertmanager")
    assert stack.client.alertmanagers() == (f"{stack.standing.alertmanager}/api/v2/alerts",)
    assert "loadtest" in {group["name"] for group in stack.client.rules()}


def test_alertmanager_tells_the_log_where_it_really_is(stack: RunningStack):
    if stack.standing.alertmanager is None:
        pytest.skip("no Alertmanager is installed")
    text = (stack.home / "stack/alertmanager/alertmanager.yml").read_text()
    assert f"http://127.0.0.1:{_ports(stack).alertlog}/" in text


def test_it_says_where_to_look_and_what_there_is_not_and_why(stack: RunningStack):
    said = _up(stack.home)
    for url in (stack.standing.prometheus, stack.standing.alertmanager, stack.standing.grafana):
        assert url is None or url in said
    roles = {one.role for one in stack.standing.processes}
    for role, name in (("gpu", "gpu exporter"), ("dbpool", "dbpool exporter"), ("grafana", "Grafana")):
        assert (role in roles) != (f"not up   {name}: " in said)
    assert str(stack.home / "stack/logs") in said


def test_twice_starts_nothing_and_a_part_that_died_alone(stack: RunningStack):
    before = {one.role: one.pid for one in stack.standing.processes}
    assert "was up already; started now: nothing" in _up(stack.home)
    assert {one.role: one.pid for one in stack.standing.processes} == before
    os.kill(before["host"], signal.SIGKILL)
    wait_until(lambda: stack.standing.dead() != (), 10, "its end")
    log = stack.home / "stack/logs/host.log"
    log.write_text("its last words\n")
    said = _up(stack.home)
    assert f"host (process {before['host']}) had ended; its log is {log}.1" in said
    assert Path(f"{log}.1").read_text() == "its last words\n"
    assert "started now: host exporter" in said
    after = {one.role: one.pid for one in stack.standing.processes}
    assert after.pop("host") != before.pop("host")
    assert after == before


def test_another_configuration_reaches_every_part_that_it_concerns_and_no_other(stack: RunningStack):
    need_alertmanager()
    before = {one.role: one.pid for one in stack.standing.processes}
    other: dict[str, Any] = {
        "validity": {"scrape_gap_intervals": 4},
        "notifications": {"webhook": {"url": "http://127.0.0.1:9/other"}},
        "targets": {"sim": {"measure": {"processes": {"mine": {"name": "mine"}}}}},
    }
    try:
        said = _up(stack.home, other)
        after = {one.role: one.pid for one in stack.standing.processes}
        assert {role for role in before if after[role] != before[role]} == {"prometheus", "host"}
        assert "started now: Prometheus" in said
        assert "host exporter" in said
        status = requests.get(f"{stack.standing.alertmanager}/api/v2/status", timeout=5).json()
        assert "http://127.0.0.1:9/other" in status["config"]["original"]
        flags = requests.get(f"{stack.standing.prometheus}/api/v1/status/flags", timeout=5).json()["data"]
        assert flags["query.lookback-delta"] == "6s"
    finally:
        _up(stack.home)
    status = requests.get(f"{stack.standing.alertmanager}/api/v2/status", timeout=5).json()
    assert "http://127.0.0.1:9/other" not in status["config"]["original"]


def test_what_a_killed_run_left_alerts_no_more_after_up_and_is_gone_after_down(tmp_path: Path):
    folder, run_id = tmp_path / "stack/prometheus", "quick-20200101000000"
    rule = {"alert": "Left", "expr": "vector(1)", "labels": {"run_id": run_id}}
    rules, targets = folder / f"runs/{run_id}.yml", folder / f"targets/{run_id}.json"

    def leave() -> None:
        rules.write_text(json.dumps({"groups": [{"name": "left", "rules": [rule]}]}))
        targets.write_text("[]")

    _up(tmp_path)
    try:
        leave()
        standing = find(tmp_path)
        assert standing is not None
        client = Prometheus(standing.prometheus)
        client.reload()
        assert "left" in {group["name"] for group in client.rules()}
        _up(tmp_path)
        assert "left" not in {group["name"] for group in client.rules()}
        assert not rules.exists()
        assert not targets.exists()
        leave()
    finally:
        up.down(tmp_path, lambda _: None)
    assert not rules.exists()
    assert not targets.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_during_the_start_ends_what_was_started_and_says_so(tmp_path: Path, number: signal.Signals):
    command = [sys.executable, "-m", "loadgen", "up", "--ports", "free", "--config", str(write_config(tmp_path))]
    environment = {**os.environ, "LOADGEN_HOME": str(tmp_path)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        standing = wait_until(lambda: find(tmp_path), 30, "the first part to be started")
        process.send_signal(number)
        said, _ = process.communicate()
    assert process.returncode == 128 + number
    assert "interrupted; what was started has been ended again" in said
    assert [one for one in standing.processes if one.alive()] == []
    assert find(tmp_path) is None


def test_neither_begins_nor_ends_beside_a_run(stack: RunningStack):
    with the_only_run(stack.home, "spike-1"):
        with pytest.raises(EnvironmentFault, match="run spike-1"):
            _up(stack.home)
        done = stack.loadgen("down")
        assert done.returncode == 4
        assert "run spike-1" in done.stderr
    assert stack.standing.dead() == ()


def test_down_ends_all_of_it_and_a_second_time_says_that_there_is_none(tmp_path: Path):
    _up(tmp_path)
    standing = find(tmp_path)
    assert standing is not None
    said: list[str] = []
    up.down(tmp_path, said.append)
    assert [one for one in standing.processes if one.alive()] == []
    assert find(tmp_path) is None
    assert {f"ended: {one.role} (process {one.pid})" for one in standing.processes} <= set(said)
    up.down(tmp_path, said.append)
    assert said[-1] == f"no stack is up in {tmp_path}"


def test_a_process_that_was_given_the_id_of_an_old_one_is_left_alone(tmp_path: Path):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        old = StackProcess(role="host", pid=stranger.pid, created=1.0)
        save(tmp_path / STATE_FILE, _standing(tmp_path, old))
        said: list[str] = []
        up.down(tmp_path, said.append)
        assert stranger.poll() is None
        assert f"host (process {stranger.pid}) had ended already" in said[0]
        stranger.communicate(b"\n")


def test_a_process_that_does_not_heed_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(daemons, "END_PATIENCE", 0.2)
    program = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    service = _service(tmp_path, program)
    process = daemons.start(service, tmp_path, tmp_path)
    wait_until(lambda: "deaf" in daemons.log_of(service, tmp_path).read_text(), 10, "it to be deaf")
    daemons.end([process])
    assert not process.alive()


def test_a_port_that_is_taken_is_named_and_nothing_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        monkeypatch.setattr(up, "_ports", lambda _: structs.replace(_free(), prometheus=taken))
        with pytest.raises(EnvironmentFault) as fault:
            _up(tmp_path)
    assert len(fault.value.problems) == 1
    assert f"port {taken} (Prometheus" in fault.value.problems[0]
    assert "--ports free" in fault.value.problems[0]
    assert find(tmp_path) is None


def test_a_part_that_does_not_come_up_says_why_and_takes_the_others_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    broken = _service(tmp_path, "import sys; sys.exit('it cannot be')")
    parts_of = services.parts_of

    def with_broken(*arguments):
        parts = parts_of(*arguments)
        return structs.replace(parts, services=(*parts.services, broken))

    begun: list[StackProcess] = []
    start = daemons.start
    monkeypatch.setattr(up, "parts_of", with_broken)
    monkeypatch.setattr(daemons, "start", lambda *a: (begun.append(start(*a)), begun[-1])[1])
    with pytest.raises(EnvironmentFault, match="A thing does not start: it cannot be"):
        _up(tmp_path)
    assert len(begun) >= 3
    assert [one for one in begun if one.alive()] == []
    assert find(tmp_path) is None


def test_a_database_that_stands_is_asked_and_its_dsn_reaches_its_exporter_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    databases = {"june": {"postgresql": {"env": "JUNE_DB_DSN"}}}
    path = write_config(tmp_path, {"targets": {"sim": {"measure": {"databases": databases}}}})
    config, ports, places = load_config(path), StackPorts(), Places(tmp_path)
    monkeypatch.delenv("JUNE_DB_DSN", raising=False)
    assert "JUNE_DB_DSN is not set" in services.parts_of(config, ports, places).left_out["dbpool exporter"]
    monkeypatch.setenv("JUNE_DB_DSN", "postgresql://june:hush@127.0.0.1/june")
    parts = services.parts_of(config, ports, places)
    assert [one.role for one in parts.services if "hush" in str(one.environment)] == ["dbpool"]
    assert [one.role for one in parts.services if "hush" in str(one.command)] == []
    assert f"127.0.0.1:{ports.dbpool}" in {one.address for one in parts.scrapes}


def test_a_state_file_that_cannot_be_read_is_named(tmp_path: Path):
    (tmp_path / STATE_FILE).write_text("{")
    with pytest.raises(EnvironmentFault, match=STATE_FILE):
        find(tmp_path)


def test_the_state_file_is_what_others_read(stack: RunningStack):
    state = json.loads((stack.home / STATE_FILE).read_text())
    assert {"kind", "prometheus", "alertmanager", "grafana", "folder", "processes", "started"} <= state.keys()
    assert state["kind"] == "native"
    assert {"role", "pid", "created"} <= state["processes"][0].keys()


def _ports(stack: RunningStack) -> StackPorts:
    ports = stack.standing.ports
    assert ports is not None
    return ports


def _free() -> StackPorts:
    names = StackPorts.__struct_fields__
    return StackPorts(**dict(zip(names, free_ports(len(names)), strict=True)))


def _up(home: Path, *changes: dict[str, Any]) -> str:
    """What `loadgen up` would say, without the start of a Python."""
    said: list[str] = []
    up.up(load_config(write_config(home, *changes)), home, up.FREE, said.append)
    return "\n".join(said)


def _service(folder: Path, program: str) -> daemons.Service:
    return daemons.Service(
        role="thing",
        title="A thing",
        command=(sys.executable, "-c", program),
        environment=dict(os.environ),
        port=free_ports(1)[0],
        health="/",
    )


def _standing(home: Path, *processes: StackProcess) -> Standing:
    return Standing(kind="native", prometheus="http://127.0.0.1:1", folder=str(home), processes=processes, started=0.0)
