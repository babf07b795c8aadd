"""The Alertmanager is found under both its names, and listens on loopback alone."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from loadgen.run.alertmanager import alertmanager_command, find_alertmanager
from tests.alertmanager_process import start_alertmanager


def put(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    return file


@pytest.mark.parametrize("name", ["alertmanager", "prometheus-alertmanager"])
def test_one_on_path_is_found_under_either_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert find_alertmanager(tmp_path) is None
    program = put(tmp_path / "bin" / name)
    assert find_alertmanager(tmp_path) == program


def test_one_in_the_state_folders_tools_comes_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    put(tmp_path / "bin/alertmanager")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    own = put(tmp_path / "tools/alertmanager-0.27.0/alertmanager")
    assert find_alertmanager(tmp_path) == own


def test_it_listens_on_loopback_at_one_port_and_makes_no_cluster(tmp_path: Path):
    with start_alertmanager(tmp_path, "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n") as running:
        found = psutil.Process(running.process.pid).net_connections("inet")
    assert [f"http://{one.laddr.ip}:{one.laddr.port}" for one in found if one.status == "LISTEN"] == [running.url]
    assert [one for one in found if not one.raddr and one.status != "LISTEN"] == []


def test_no_argument_holds_anything_but_its_files_and_its_port(tmp_path: Path):
    command = alertmanager_command(Path("alertmanager"), tmp_path / "a.yml", tmp_path / "data", 9093)
    assert command[0] == "alertmanager"
    assert "--web.listen-address=127.0.0.1:9093" in command
