"""A load that is to stop has stopped within the promised seconds, also when those who make it do not hear."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from loadgen.model.record import ABORTED
from loadgen.run import load as loads
from loadgen.run.load import Generators, Watched
from loadgen.run.processes import Processes
from tests.small_plan import small_plan

PROMISED = 5.0
DEAF = [sys.executable, "-c", "import time; time.sleep(600)"]


def test_generators_that_do_not_answer_a_stop_are_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert loads.STOPPED_WITHIN < PROMISED
    monkeypatch.setattr(loads, "STOPPED_WITHIN", 0.2)
    with Processes(tmp_path / "logs") as processes:
        master, worker = (processes.start(role, DEAF, {}, tmp_path) for role in ("locust-master", "locust-worker-0"))
        started = time.time()
        load = Generators(small_plan(), tmp_path, master, [worker], []).close(started, Watched(outcome=ABORTED))
        worker.reap()
        assert worker.exit_code() == -9
    assert (load.outcome, load.books) == (ABORTED, None)
