"""The exporters that a run starts: what they are told, and that the secrets reach only the one that needs them."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import psutil
import pytest

from loadgen.model.measured import Database, Measured, ProcessGroup, Scrape
from loadgen.model.plan import Plan, Target
from loadgen.run import surroundings
from loadgen.run.errors import EnvironmentFault
from loadgen.run.exporter_checks import exporter_findings
from loadgen.run.exporters import start_exporters, take_dsns
from loadgen.run.home import free_ports
from loadgen.run.interrupt import Interrupt
from loadgen.run.processes import Processes
from loadgen.run.surroundings import FAILED
from tests.small_plan import small_plan
from tests.waiting import wait_until

DSN = "postgresql://june:hunter2@127.0.0.1:1/june"
JUNE = Database(name="june", kind="postgresql", dsn="env:TEST_DSN")


def plan(*databases: Database, **more: Any) -> Plan:
    return small_plan(measured=Measured(databases=databases), **more)


def own(job: str, **more: Any) -> Plan:
    """A plan with one exporter of the run's own."""
    (port,) = free_ports(1)
    return small_plan(measured=Measured(scrapes=(Scrape(job=job, address=f"127.0.0.1:{port}", ours=True),), **more))


def test_a_driver_is_there_when_its_device_or_its_library_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(surroundings, "NVIDIA_DEVICE", tmp_path / "nvidiactl")
    monkeypatch.setattr(surroundings, "NVIDIA_LIBRARY", "libno-such-library.so.1")
    assert not surroundings.nvidia()
    monkeypatch.setattr(surroundings, "NVIDIA_LIBRARY", "libc.so.6")
    assert surroundings.nvidia()
    monkeypatch.setattr(surroundings, "NVIDIA_LIBRARY", "libno-such-library.so.1")
    (tmp_path / "nvidiactl").touch()
    assert surroundings.nvidia()


def test_a_dsn_leaves_the_environment_that_every_other_child_inherits() -> None:
    variables = {"TEST_DSN": DSN, "PATH": "/bin"}
    assert take_dsns(plan(JUNE), variables) == {"TEST_DSN": DSN}
    assert variables == {"PATH": "/bin"}


def test_a_dsn_that_the_stand_in_reads_too_stays_there() -> None:
    target = Target(
        name="sim", kind="sim", rest="", websocket="", llm="", stt="", tts="", options={"dsn_env": "TEST_DSN"}
    )
    variables = {"TEST_DSN": DSN}
    assert take_dsns(plan(JUNE, target=target), variables) == variables == {"TEST_DSN": DSN}


def test_every_dsn_that_cannot_be_had_is_named_and_none_of_those_that_can(tmp_path: Path) -> None:
    other = Database(name="pool", kind="pgbouncer", dsn=f"file:{tmp_path / 'absent.dsn'}")
    third = Database(name="third", kind="postgresql", dsn="env:OTHER_DSN")
    with pytest.raises(EnvironmentFault) as caught:
        take_dsns(plan(JUNE, other, third), {"TEST_DSN": DSN})
    assert [problem.partition(":")[0] for problem in caught.value.problems] == ["database pool", "database third"]
    assert "OTHER_DSN is not set" in str(caught.value)
    assert "absent.dsn cannot be read: No such file" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_the_dsn_is_in_the_environment_of_its_exporter_and_in_no_command_line_and_no_log(tmp_path: Path) -> None:
    planned = own("dbpool", databases=(JUNE,))
    with Processes(tmp_path / "logs") as processes, Interrupt() as interrupt:
        (child,) = start_exporters(processes, planned, tmp_path, {"TEST_DSN": DSN})
        found = exporter_findings(planned, [child], interrupt)
        process = psutil.Process(child.pid)
        assert process.environ()["TEST_DSN"] == DSN
        assert "june=env:TEST_DSN" in process.cmdline()
        assert "hunter2" not in " ".join(process.cmdline())
    assert "hunter2" not in child.log.read_text()
    assert any("june" in finding.text and "pg_up" in finding.text for finding in found), found


def test_the_host_exporter_is_told_its_groups_with_the_runs_own_pid_files(tmp_path: Path) -> None:
    groups = (
        ProcessGroup(name="sim", role="target", match="pid_file", pattern="pids/sim.pid"),
        ProcessGroup(name="front", role="target", match="cmdline", pattern="no such (process|thing)"),
        ProcessGroup(name="far", role="target", match="", pattern=""),
    )
    planned = own("host", groups=groups)
    with Processes(tmp_path / "logs", tmp_path / "pids") as processes, Interrupt() as interrupt:
        processes.start("sim", ["sleep", "600"], os.environ, tmp_path)
        children = start_exporters(processes, planned, tmp_path, {})
        found = exporter_findings(planned, children, interrupt)
        told = psutil.Process(children[0].pid).cmdline()
    assert f"sim:pid_file={tmp_path}/pids/sim.pid" in told
    assert "front:cmdline=no such (process|thing)" in told
    assert not [word for word in told if word.startswith("far:")]
    warnings = [finding.text for finding in found if "group" in finding.text]
    assert ["front" in text for text in warnings] == [True], warnings


def test_an_exporter_that_did_not_start_says_why_and_how_to_do_without(tmp_path: Path) -> None:
    planned = own("host", groups=(ProcessGroup(name="a", role="target", match="cmdline", pattern="("),))
    with Processes(tmp_path / "logs") as processes, Interrupt() as interrupt:
        (finding,) = exporter_findings(planned, start_exporters(processes, planned, tmp_path, {}), interrupt)
    assert (finding.name, finding.state) == ("host exporter", FAILED)
    assert "does not compile" in finding.text
    assert "host: none" in finding.text


def test_an_exporter_ends_with_the_run_that_started_it(tmp_path: Path) -> None:
    planned = own("host")
    with Processes(tmp_path / "logs") as processes, Interrupt() as interrupt:
        (child,) = start_exporters(processes, planned, tmp_path, {})
        exporter_findings(planned, [child], interrupt)
        child.signal(signal.SIGTERM)
        wait_until(lambda: child.exit_code() is not None, 10, "the end")
        assert child.exit_code() == 0
