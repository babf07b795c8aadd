"""The Python environment is made once, from the lock and from nothing else. No test here reaches a network."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from scripts import apt
from scripts import setup as environment

LOCKS = [environment.RUNTIME]


def wheel(folder: Path, name: str, version: str) -> str:
    """Put a tiny package into `folder`; its line for a lock."""
    file = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{name}.py", f"VERSION = {version!r}\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}\n"


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh clone: a lock with one package, a `loadgen` that echoes, and a package index that is a folder."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    root = tmp_path / "a clone"
    (root / "loadgen").mkdir(parents=True)
    (root / "loadgen/__main__.py").write_text("import sys, parcel\nprint(parcel.VERSION, *sys.argv[1:])\n")
    (root / environment.RUNTIME).write_text(wheel(wheels, "parcel", "1.0"))
    return root


def said_by_loadgen(root: Path, elsewhere: Path) -> str:
    """What the installed program prints when it is called from another folder."""
    command = [root / ".venv/bin/loadgen", "a b", "$(c)"]
    return subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, check=True).stdout.strip()


def test_an_environment_grows_from_nothing_follows_its_lock_and_is_then_left_alone(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    environment.prepare(clone, LOCKS)
    assert said_by_loadgen(clone, tmp_path) == "1.0 a b $(c)"

    (clone / environment.RUNTIME).write_text(wheel(tmp_path / "wheels", "parcel", "2.0"))
    (clone / ".venv/kept").touch()
    environment.prepare(clone, LOCKS)
    assert said_by_loadgen(clone, tmp_path) == "2.0 a b $(c)"
    assert (clone / ".venv/kept").exists(), "a changed lock changes packages; it does not start anew"

    def no_process(*_: object) -> None:
        raise AssertionError("nothing changed, and yet something was started")

    monkeypatch.setattr(environment, "_run", no_process)
    environment.prepare(clone, LOCKS)


def test_a_package_with_another_hash_is_refused_and_the_environment_does_not_count_as_made(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    lock = clone / environment.RUNTIME
    lock.write_text(lock.read_text().split("sha256:")[0] + "sha256:" + "0" * 64 + "\n")
    with pytest.raises(environment.Missing, match=r"packages of requirements\.lock could not be installed"):
        environment.prepare(clone, LOCKS)
    assert "DO NOT MATCH THE HASHES" in capfd.readouterr().err
    assert not environment.is_current(clone / ".venv", environment.stamp_of(clone, LOCKS))


def test_the_development_lock_serves_where_the_runtime_lock_is_asked_for(clone: Path):
    (clone / environment.DEVELOPMENT).write_text("")
    both = environment.stamp_of(clone, [environment.RUNTIME, environment.DEVELOPMENT])
    made = {**both, "more": "x"}
    (clone / ".venv/bin").mkdir(parents=True)
    (clone / ".venv/bin/python").touch()
    (clone / ".venv" / environment.STAMP).write_text(json.dumps(made))
    assert environment.is_current(clone / ".venv", environment.stamp_of(clone, LOCKS))


@pytest.mark.parametrize("stamp", ["", "[]", "{", '{"python": "2.7"}'])
def test_an_environment_whose_stamp_says_nothing_useful_is_made_anew(clone: Path, stamp: str):
    (clone / ".venv/bin").mkdir(parents=True)
    (clone / ".venv/bin/python").touch()
    (clone / ".venv" / environment.STAMP).write_text(stamp)
    wanted = environment.stamp_of(clone, LOCKS)
    assert not environment.is_current(clone / ".venv", wanted)
    assert not environment.is_our_own(clone / ".venv", wanted)


def test_an_environment_that_was_moved_is_not_its_own_any_more(clone: Path, tmp_path: Path):
    wanted = environment.stamp_of(clone, LOCKS)
    (clone / ".venv/bin").mkdir(parents=True)
    (clone / ".venv/bin/python").touch()
    (clone / ".venv" / environment.STAMP).write_text(json.dumps({**wanted, "root": str(tmp_path)}))
    assert not environment.is_our_own(clone / ".venv", wanted)


@pytest.fixture
def no_venv(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fresh Debian, whose Python comes without ensurepip."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)


def refuse(_package: str) -> None:
    raise apt.NotInstalled("neither root nor sudo without a password")


@pytest.mark.usefixtures("no_venv")
def test_without_venv_and_without_the_right_to_install_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, clone: Path, capfd: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(apt, "install", refuse)
    monkeypatch.setattr(environment, "REPOSITORY", clone)
    assert environment.main([]) == environment.EXIT_ENVIRONMENT
    said = capfd.readouterr().err
    assert said.count("\n") == 1
    assert "apt-get install python3." in said


@pytest.mark.usefixtures("no_venv")
def test_without_venv_debians_package_for_this_python_is_installed_where_that_is_allowed(
    monkeypatch: pytest.MonkeyPatch, clone: Path
):
    installed: list[str] = []
    started: list[list[str]] = []
    monkeypatch.setattr(apt, "install", installed.append)
    monkeypatch.setattr(environment, "_run", lambda command, _failure: started.append(command))
    environment.create(clone / ".venv")
    assert installed[0].startswith("python3.")
    assert installed[0].endswith("-venv")
    assert started[0][1:] == ["-m", "venv", "--clear", str(clone / ".venv")]


def test_a_python_that_is_too_old_is_told_so(monkeypatch: pytest.MonkeyPatch, clone: Path):
    monkeypatch.setattr(environment, "OLDEST", (99, 0))
    with pytest.raises(environment.Missing, match=r"Python 3\.11 or newer is needed"):
        environment.prepare(clone, LOCKS)
    assert not (clone / ".venv").exists()


def test_what_the_caller_had_in_pythonpath_does_not_reach_the_installation(monkeypatch: pytest.MonkeyPatch):
    seen: dict[str, str] = {}

    def run(_command: list[str], env: dict[str, str], **_: object) -> subprocess.CompletedProcess[str]:
        seen.update(env)
        return subprocess.CompletedProcess([], 0)

    monkeypatch.setenv("PYTHONPATH", "somewhere")
    monkeypatch.setattr(subprocess, "run", run)
    environment._run(["x"], "failed")
    assert "PYTHONPATH" not in seen
    assert seen["PATH"] == os.environ["PATH"]
