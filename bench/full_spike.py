"""The full spike on one machine: 500 users, all test types, the stand-in beside it. Does it end in a verdict?

Method: the spike scenario as shipped; CPU seconds of the Locust processes read from outside once a second over the
whole load (mean share of a core) and their largest resident memory. Aims: a verdict other than INVALID, all workers
together under 0.60 of a core and 300 MB.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from bench.measured import measured_run

AIM_CPU, AIM_MEMORY = 0.60, 300e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--time-scale", default="1")
    with tempfile.TemporaryDirectory() as folder:
        run = measured_run(Path(folder), "--scenario", "spike", "--time-scale", parser.parse_args().time_scale)
        cpu, memory = run.cpu("worker"), run.memory("worker")
        print(f"verdict {run.verdict.verdict}: {run.verdict.sentence}")
        print(
            f"workers {cpu:.3f} of a core ({cpu / AIM_CPU:.2f} of the aim), "
            f"{memory / 1e6:.0f} MB ({memory / AIM_MEMORY:.2f})"
        )
        print(f"master {run.cpu('master'):.3f} of a core, {run.memory('master') / 1e6:.0f} MB")
        print(f"Prometheus, telemetry, orchestrator {run.cpu('prometheus', 'telemetry', 'orchestrator'):.3f} of a core")


if __name__ == "__main__":
    main()
