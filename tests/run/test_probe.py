"""What preflight finds out about a target, before any load: against real stand-ins."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import msgspec
import pytest
import yaml

from loadgen.arguments import CONFIG
from loadgen.config import load_config
from loadgen.model.plan import Plan
from loadgen.plan import Endpoints, RunRequest, compile_plan
from loadgen.run.errors import EnvironmentFault
from loadgen.run.preflight import preflight
from loadgen.run.surroundings import FAILED, WARNING, Finding
from tests.sim_process import Sim, start_sim


def plan_for(ports: dict[str, int], **more: Any) -> Plan:
    endpoints = Endpoints(**{name: ports[name] for name in ("rest", "llm", "stt", "tts", "control")})
    return compile_plan(load_config(CONFIG), RunRequest(endpoints=endpoints, **more), now_id="20260101000000")


def looked_at(plan: Plan, tmp_path: Path) -> tuple[list[Finding], Any]:
    findings: list[Finding] = []
    return findings, preflight(plan, (tmp_path,), findings.append, list)


def test_a_target_that_offers_everything_leaves_the_plan_as_it_is(tmp_path: Path) -> None:
    with start_sim(tmp_path) as sim:
        findings, checked = looked_at(plan_for(sim.ports), tmp_path)
    assert not [f for f in findings if f.state in (FAILED, WARNING)]
    assert checked.offer.missing == {}
    assert checked.target.addresses == {"127.0.0.1": "127.0.0.1"}


def test_nothing_is_asked_of_a_target_that_is_not_allowed(tmp_path: Path) -> None:
    plan = plan_for(dict.fromkeys(("rest", "llm", "stt", "tts", "control"), 1))
    far = msgspec.structs.replace(plan, target=msgspec.structs.replace(plan.target, rest="http://192.0.2.1"))
    asked: list[str] = []
    with pytest.raises(EnvironmentFault, match="not on the allow-list"):
        preflight(far, (tmp_path,), lambda _: None, lambda: asked.append("metrics") or [])
    assert asked == []


def test_what_a_target_does_not_implement_leaves_the_plan_with_a_reason(tmp_path: Path) -> None:
    with start_sim(tmp_path, "--profile=as-built") as sim:
        _, checked = looked_at(plan_for(sim.ports), tmp_path)
    assert {"grpc:llm_embed", "grpc:stt_recognize_stream", "grpc:tts_synthesize_stream"} <= checked.offer.missing.keys()
    assert "UNIMPLEMENTED" in checked.offer.missing["grpc:llm_embed"]
    assert "grpc:llm_generate" not in checked.offer.missing


def test_a_limiter_that_the_load_would_hit_is_announced_before_the_load(tmp_path: Path) -> None:
    with start_sim(tmp_path, "--profile=designed") as sim:
        findings, _ = looked_at(plan_for(sim.ports, scenario="target"), tmp_path)
    warned = [f.text for f in findings if f.name == "rate limit"]
    assert warned
    assert "429" in warned[0]


def test_a_target_that_is_down_is_refused_for_every_protocol_at_once(tmp_path: Path) -> None:
    with start_sim(tmp_path) as sim:
        plan = plan_for(sim.ports)
    with pytest.raises(EnvironmentFault) as caught:
        looked_at(plan, tmp_path)
    text = str(caught.value)
    assert all(name in text for name in ("rest:", "websocket:", "llm at", "stt at", "tts at"))


def test_a_target_that_gives_no_token_is_refused_and_the_remedy_is_named(tmp_path: Path) -> None:
    with start_sim(tmp_path) as sim:
        sim.tell("faults", operation="rest:token", error_rate=1.0)
        with pytest.raises(EnvironmentFault, match="token: none"):
            looked_at(plan_for(sim.ports), tmp_path)


def test_more_users_than_the_memory_holds_are_refused_before_the_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Little:
        available = 100 * 2**20

    monkeypatch.setattr("psutil.virtual_memory", Little)
    with start_sim(tmp_path) as sim, pytest.raises(EnvironmentFault, match=r"memory: .*--users"):
        looked_at(plan_for(sim.ports), tmp_path)


def test_only_the_protocols_of_the_plan_are_asked(tmp_path: Path) -> None:
    sim: Sim
    with start_sim(tmp_path, "--down=llm,stt,tts") as sim:
        findings, _ = looked_at(plan_for(sim.ports, test_type="websocket"), tmp_path)
    assert not [f for f in findings if f.name in ("grpc", "rest", "token")]


def test_a_target_that_offers_nothing_of_what_is_asked_ends_in_4_and_names_it(tmp_path: Path) -> None:
    """A gRPC server that implements none of June's methods."""
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    home = {**os.environ, "LOADGEN_HOME": str(tmp_path / "home")}
    config = yaml.safe_load(CONFIG.read_text())
    config["targets"]["june"]["grpc"] = dict.fromkeys(("llm", "stt", "tts"), f"127.0.0.1:{port}")
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    words = ["--config", str(tmp_path / "config.yaml"), "--target", "june", "--test-type", "grpc"]
    try:
        answer = subprocess.run(
            [sys.executable, "-m", "loadgen", "doctor", *words], env=home, capture_output=True, text=True, check=False
        )
    finally:
        server.stop(None)
    assert answer.returncode == 4, answer.stderr
    assert "offers nothing" in answer.stderr
    assert "UNIMPLEMENTED" in answer.stdout
