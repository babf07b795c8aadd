"""What make does where there is a container engine: seen from the engine's side, which here is a recording."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import containers, launch

ENGINE = """#!/bin/sh
echo "$@" >> {log}
echo "$REVISION" >> {log}.revision
case "$*" in
    *"{failing}"*) echo "no" >&2; exit 1;;
    "ps "*) printf '%s' '{running}';;
    *" exec "*) printf '%s' '{left}';;
esac
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOADGEN_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def engine(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Callable[[], list[str]]]:
    """A `docker` that writes down what it is asked; gives the function that reads that."""

    def make(failing: str = "nothing at all", running: str = "", left: str = "") -> Callable[[], list[str]]:
        log, program = home / "asked", home / "bin" / "docker"
        program.parent.mkdir()
        program.write_text(ENGINE.format(log=log, failing=failing, running=running, left=left))
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
    assert "compose --profile sim up --detach --wait" in asked()
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


def test_up_and_down_take_away_what_a_killed_run_left_and_up_only_while_there_is_no_run(engine, home: Path):
    asked = engine(left="/stack/runs/spike-20260102120000.yml")
    for command in (containers.up, containers.down):
        before = len(asked())
        assert command([]) == 0
        words = asked()[before:]
        place = next(
            at for at, line in enumerate(words) if line.startswith("compose exec -T network find /stack/runs ")
        )
        assert words[place + 1] == "compose kill --signal HUP prometheus"


def test_what_a_run_under_way_has_put_there_stays(engine, home: Path):
    asked = engine(running="4711")
    assert containers.up([]) == 0
    assert not any(" exec " in line for line in asked())


def test_what_is_taken_away_is_what_runs_have_put_there_and_no_more(tmp_path: Path):
    names = ["runs/spike-20260102120000.yml", "targets/spike-20260102120000-2.json"]
    others = ["targets/exporters.json", "targets/alertmanager/alertmanager.json", "runs/mine.yml"]
    for name in (*names, *others):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    program = [word.replace("/stack", str(tmp_path)) for word in containers.LEFT[3:]]
    said = subprocess.run(program, capture_output=True, text=True, check=True).stdout.split()
    assert sorted(said) == [str(tmp_path / name) for name in names]
    assert [name for name in (*names, *others) if (tmp_path / name).exists()] == others


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


def test_the_image_is_told_the_commit_that_it_is_built_from_unless_somebody_says_another(
    engine, home: Path, monkeypatch: pytest.MonkeyPatch
):
    asked = engine()
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=containers.REPOSITORY, capture_output=True, check=False)
    for told, given in (("", commit.stdout.decode().strip()), ("mine", "mine")):
        monkeypatch.setenv("REVISION", told)
        assert containers.up([]) == 0
        revisions = (home / "asked.revision").read_text().splitlines()
        ups = [revision for line, revision in zip(asked(), revisions, strict=True) if " up " in line]
        assert ups[-1] == given


def test_a_refusal_beside_containers_is_a_line_and_the_exit_code_of_the_surroundings(
    home: Path, capfd: pytest.CaptureFixture[str]
):
    stand(home, "compose")
    with pytest.raises(SystemExit) as ended:
        launch.main("doctor")
    assert ended.value.code == launch.EXIT_ENVIRONMENT
    assert capfd.readouterr().err.startswith("make doctor: the stack is up in containers")
