"""What make does where there is a container engine: seen from the engine's side, which here is a recording."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import containers, launch

ENGINE = """#!/bin/sh
echo "$@" >> {log}
case "$*" in
    *"{failing}"*) echo "no" >&2; exit 1;;
    "ps "*) printf '%s' '{running}';;
esac
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOADGEN_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def engine(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Callable[[], list[str]]]:
    """A `docker` that writes down what it is asked; gives the function that reads that."""

    def make(failing: str = "nothing at all", running: str = "") -> Callable[[], list[str]]:
        log, program = home / "asked", home / "bin" / "docker"
        program.parent.mkdir()
        program.write_text(ENGINE.format(log=log, failing=failing, running=running))
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
        return lambda: log.read_text().splitlines() if log.exists() else []

    return make


def stand(home: Path, kind: str) -> None:
    (home / "stack.json").write_text(json.dumps({"kind": kind}))


@pytest.mark.parametrize("failing", ["version", "info"])
def test_an_engine_that_does_not_answer_is_none(engine, failing: str):
    engine(failing=failing)
    assert not containers.meant("up", os.environ)


def test_up_uses_containers_where_there_is_an_engine_and_no_native_stack(engine, home: Path):
    engine()
    assert containers.meant("up", os.environ)
    stand(home, "native")
    assert [containers.meant(target, os.environ) for target in ("up", "load", "down")] == [False, False, False]
    stand(home, "compose")
    assert [containers.meant(target, os.environ) for target in ("up", "load", "down")] == [True, True, True]


def test_without_an_engine_nothing_is_asked_of_one(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(home))
    assert not containers.meant("up", os.environ)


def test_up_makes_the_passwords_starts_all_and_leaves_a_state_for_make_load(engine, home: Path):
    asked = engine()
    assert containers.up(["--profile", "sim"]) == 0
    assert asked()[-1] == "compose --profile sim up --detach --wait"
    assert (home / "secrets/grafana_admin_password").exists()
    assert containers.kind(os.environ) == "compose"
    assert json.loads((home / "stack.json").read_text())["started"] > 0


def test_a_stack_that_does_not_come_up_leaves_no_state(engine, home: Path):
    engine(failing="up")
    assert containers.up([]) == containers.EXIT_ENVIRONMENT
    assert not (home / "stack.json").exists()


def test_down_is_refused_while_a_run_is_under_way(engine, home: Path, capsys: pytest.CaptureFixture[str]):
    asked = engine(running="4711")
    stand(home, "compose")
    assert containers.down([]) == containers.EXIT_ENVIRONMENT
    assert "4711" in capsys.readouterr().err
    assert not any("down" in line for line in asked())
    assert containers.kind(os.environ) == "compose"


def test_down_ends_every_profile_and_forgets_the_stack(engine, home: Path):
    asked = engine()
    stand(home, "compose")
    assert containers.down([]) == 0
    assert asked()[-1] == "compose --profile * down"
    assert containers.kind(os.environ) is None


def test_a_run_is_a_service_of_the_stack(engine, home: Path):
    engine()
    stand(home, "compose")
    command = launch.command_line("run", {**os.environ, "SCENARIO": "spike", "ARGS": "--seed 3"})
    assert [word for word in command if word != "--no-TTY"] == [
        *("docker", "compose", "run", "--rm", "loadgen", "run", "--scenario=spike", "--seed", "3")
    ]


def test_a_run_for_another_prometheus_is_none_of_the_stack(engine, home: Path):
    engine()
    stand(home, "compose")
    command = launch.command_line("run", {**os.environ, "PROMETHEUS": "http://127.0.0.1:9"})
    assert Path(command[0]).name == "loadgen"


def test_a_configuration_is_brought_along_with_the_files_beside_it(engine, home: Path):
    engine()
    stand(home, "compose")
    command = launch.command_line("run", {**os.environ, "CONFIG": str(home / "mine.yaml")})
    assert ["--volume", f"{home}:/config:ro"] == command[command.index("--volume") :][:2]
    assert command[-1] == "--config=/config/mine.yaml"


def test_what_cannot_reach_into_containers_is_refused(engine, home: Path):
    engine()
    stand(home, "compose")
    with pytest.raises(ValueError, match="OUTPUT_DIR"):
        launch.command_line("run", {**os.environ, "OUTPUT_DIR": "elsewhere"})
    with pytest.raises(ValueError, match="--config"):
        launch.command_line("up", {**os.environ, "CONFIG": "mine.yaml"})
