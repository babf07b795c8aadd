"""No process outlives its run, and a child that died says its last words."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import psutil

from loadgen.run.processes import Processes
from tests.waiting import wait_until

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


def test_children_and_their_children_are_gone_afterwards_even_when_they_ignore_sigterm(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        child = processes.start("stubborn", [sys.executable, "-c", STUBBORN], os.environ, tmp_path)
        grandchild = int(wait_until(lambda: child.log.read_text().strip(), 10, "the grandchild's id"))
        processes.stop([child], patience=0.1)
    for pid in (child.pid, grandchild):
        wait_until(lambda pid=pid: not _alive(pid), 5, f"the end of {pid}")


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_child_that_died_tells_how_and_its_last_words(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        child = processes.start("poor", [sys.executable, "-c", "print('a'); print('b'); exit(7)"], os.environ, tmp_path)
        wait_until(lambda: child.exit_code() is not None, 10, "the end")
    assert child.exit_code() == 7
    assert child.last_words() == "a | b"


def test_ctrl_c_in_the_terminal_does_not_reach_the_children(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        child = processes.start("own", [sys.executable, "-c", "import time; time.sleep(600)"], os.environ, tmp_path)
        assert os.getsid(child.pid) == child.pid
        assert os.getpgid(child.pid) != os.getpgid(0)


def test_a_killed_child_shows_the_signal(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        child = processes.start("own", [sys.executable, "-c", "import time; time.sleep(600)"], os.environ, tmp_path)
        child.signal(signal.SIGKILL)
        wait_until(lambda: child.exit_code() is not None, 10, "the end")
        assert child.exit_code() == -signal.SIGKILL


def test_others_find_every_child_by_the_pid_file_of_its_role_or_its_group(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    with Processes(tmp_path, pids) as processes:
        names = (("sim", None), ("worker-0", "generator"), ("worker-1", "generator"))
        sim, *workers = [processes.start(role, ["sleep", "600"], os.environ, tmp_path, group=g) for role, g in names]
        assert sorted(path.name for path in pids.iterdir()) == ["generator.pid", "sim.pid"]
        assert (pids / "sim.pid").read_text().split() == [str(sim.pid)]
        assert (pids / "generator.pid").read_text().split() == [str(worker.pid) for worker in workers]
