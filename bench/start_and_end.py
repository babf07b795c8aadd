"""How soon a smoke run begins and how soon it ends, from a warm environment.

Method: `loadgen run --scenario smoke`; from the command to plan time 0 (the first request is due then), and from the
end of the last operation, as the workers noted it, to the end of the process. Aims: 8 s and 5 s.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from bench.measured import measured_run

AIM_START, AIM_END = 8.0, 5.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    starts, ends = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(parser.parse_args().runs):
            run = measured_run(Path(folder), "--scenario", "smoke", "--duration", "10s")
            record = run.record
            assert record.started is not None, run.verdict.sentence
            assert record.ended is not None
            written = (run.folder / "verdict.json").stat().st_mtime
            starts.append(record.started - run.commanded)
            ends.append(written - record.ended)
            print(
                f"first request {starts[-1]:.2f} s after the command, verdict {ends[-1]:.2f} s after the last operation"
            )
    start, end = statistics.median(starts), statistics.median(ends)
    print(f"medians: {start:.2f} s ({start / AIM_START:.2f} of the aim), {end:.2f} s ({end / AIM_END:.2f} of the aim)")


if __name__ == "__main__":
    main()
