"""How much disk a run's measurements take: a scenario at its full length, a scrape a second, exporters and all.

    python -m bench.disk [--scenario sustained] [--time-scale 1]

Two figures. What Prometheus wrote by the end of the run (its log and the newest chunks, as they lie there), and what
is left of that for good: the same samples as one block, which Prometheus writes of its own accord after some hours and
here when it is asked for a snapshot. Both are given for 30 minutes. How busy the machine is has no part in them: the
number of samples depends on the series and the seconds alone. The state folder is new, so no other run lies in it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from loadgen.model.record import RunRecord
from loadgen.query.client import Prometheus
from loadgen.run.home import free_ports
from loadgen.run.processes import Processes
from loadgen.run.prometheus import find_prometheus
from loadgen.storage import load

AIM, MINUTES = 100e6, 30.0
"""Bytes of 30 minutes."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", default="sustained")
    parser.add_argument("--time-scale", default="1")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        words = ["--scenario", asked.scenario, "--time-scale", asked.time_scale, "--output-dir", str(home / "reports")]
        code = subprocess.run(
            [sys.executable, "-m", "loadgen", "run", *words],
            env={**os.environ, "LOADGEN_HOME": str(home / "state")},
            stdout=subprocess.DEVNULL,
            check=False,
        ).returncode
        (record_file,) = (home / "reports").glob("*/*/run.json")
        record = load(record_file, RunRecord)
        assert record.started is not None and record.ended is not None, "no load was sent"  # noqa: PT018 - one condition
        minutes = (record.ended - record.started) / 60
        data = home / "state" / "prometheus"
        written = _bytes(data)
        kept, samples = _snapshot(data, home)
    print(f"{asked.scenario}: exit code {code}, {minutes:.1f} min of load, {samples:,.0f} samples")
    for what, size in (("written by the end", written), ("as a block, for good", kept)):
        scaled = size / minutes * MINUTES
        print(f"{what}: {size / 1e6:.1f} MB, in 30 min {scaled / 1e6:.1f} MB; aim 100 MB, ratio {scaled / AIM:.2f}")


def _bytes(folder: Path) -> int:
    """Disk that is really used: Prometheus reserves files that it has not filled."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def _snapshot(data: Path, home: Path) -> tuple[int, float]:
    """Bytes of the data as one block, and its samples."""
    program, _ = find_prometheus(home)
    (port,) = free_ports(1)
    (home / "empty.yml").write_text("{}\n")
    command = [
        str(program), f"--config.file={home / 'empty.yml'}", f"--storage.tsdb.path={data}",
        f"--web.listen-address=127.0.0.1:{port}", "--web.enable-admin-api", "--log.level=warn",
    ]  # fmt: skip
    with Processes(home / "logs") as processes:
        processes.start("prometheus", command, dict(os.environ), home)
        client = Prometheus(f"http://127.0.0.1:{port}")
        deadline = time.monotonic() + 120
        while not client.ready():
            assert time.monotonic() < deadline, "Prometheus did not read its log within two minutes"
            time.sleep(0.2)
        request = urllib.request.Request(f"{client.url}/api/v1/admin/tsdb/snapshot", method="POST")  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 - loopback
            name = json.load(answer)["data"]["name"]
    blocks = data / "snapshots" / name
    samples = sum(json.loads(meta.read_text())["stats"]["numSamples"] for meta in blocks.glob("*/meta.json"))
    return _bytes(blocks), samples


if __name__ == "__main__":
    main()
