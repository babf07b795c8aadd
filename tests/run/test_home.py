"""One run at a time for each state folder; every run has a folder of its own."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from loadgen.run.errors import EnvironmentFault
from loadgen.run.home import claim_port, free_ports, make_run_folder, port_is_free, the_only_run

NOON = datetime(2026, 1, 2, 12, 0, 0, tzinfo=UTC)


def test_a_second_run_is_refused_with_the_name_of_the_first(tmp_path: Path) -> None:
    with the_only_run(tmp_path, "spike-1"), pytest.raises(EnvironmentFault, match=f"spike-1.*{os.getpid()}"):  # noqa: SIM117
        with the_only_run(tmp_path, "spike-2"):
            raise AssertionError("both were let in")


def test_the_lock_is_free_again_after_the_run(tmp_path: Path) -> None:
    for name in ("spike-1", "spike-2"):
        with the_only_run(tmp_path, name):
            assert name in (tmp_path / "lock").read_text()


def test_a_lock_file_left_by_a_killed_run_holds_nobody_up(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text('{"run_id": "old", "pid": 1}')
    with the_only_run(tmp_path, "new"):
        pass


def test_two_runs_of_the_same_second_get_folders_of_their_own(tmp_path: Path) -> None:
    first, first_id = make_run_folder(tmp_path, "smoke", NOON)
    second, second_id = make_run_folder(tmp_path, "smoke", NOON)
    assert first == tmp_path / "smoke" / "20260102_120000"
    assert first_id == "20260102120000"
    assert second != first
    assert second_id == "20260102120000-2"


def test_a_folder_that_cannot_be_made_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFault, match=r"file.*--output-dir"):
        make_run_folder(tmp_path / "file", "smoke", NOON)


def test_free_ports_are_different_and_free() -> None:
    ports = free_ports(5)
    assert len(set(ports)) == 5
    assert all(map(port_is_free, ports))


def test_a_port_that_somebody_listens_on_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not port_is_free(server.getsockname()[1])


def test_a_port_that_another_run_has_claimed_is_left_to_it_and_free_again_afterwards() -> None:
    (port,) = free_ports(1)
    with claim_port(port) as claim:  # type: ignore[union-attr]  # it is free
        assert claim
        assert claim_port(port) is None
    again = claim_port(port)
    assert again
    again.close()
