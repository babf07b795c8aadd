"""The generator's own waiting must never be taken for the target's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.sim_process import ROOT, start_sim


def test_short_calls_do_not_wait_for_long_ones(tmp_path: Path) -> None:
    faults = '[{"operation": "grpc:llm_generate", "latency": 60}]'
    with start_sim(tmp_path, "--faults", faults) as sim:
        ended = subprocess.run(
            [sys.executable, "-m", "tests.users.short_beside_long", sim.grpc("llm")],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ended.stdout.split() == ["20", "0"], ended.stderr
