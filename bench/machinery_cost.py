"""What a baseline run's own machinery costs: Prometheus, orchestrator, telemetry and exporters, in shares of one core.

Method: the baseline scenario against the stand-in; the CPU seconds of each process (user and system) are read once a
second from outside while the load is on, and their growth is divided by the time. Aim: under 0.15 of a core.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from bench.measured import measured_run

AIM = 0.15
MACHINERY = ("prometheus", "orchestrator", "telemetry", "exporters")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--duration", default="5m", help="of the baseline scenario (default: %(default)s)")
    duration = parser.parse_args().duration
    with tempfile.TemporaryDirectory() as folder:
        run = measured_run(Path(folder), "--scenario", "baseline", "--duration", duration)
    for role in MACHINERY:
        print(f"{role:<14} {run.cpu(role):.3f} of a core, {run.memory(role) >> 20} MiB")
    cost = run.cpu(*MACHINERY)
    print(
        f"{'together':<14} {cost:.3f} of a core over {run.seconds:.0f} s; aim {AIM}; ratio to the aim {cost / AIM:.2f}"
    )
    print(
        f"{'for comparison':<14} workers {run.cpu('worker'):.3f}, master {run.cpu('master'):.3f}; {run.verdict.verdict}"
    )


if __name__ == "__main__":
    main()
