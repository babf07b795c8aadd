"""The telemetry process: `python -m loadgen.telemetry --plan plan.json --work DIR --listen 127.0.0.1:9646`."""

from __future__ import annotations

import argparse
import gc
import signal
import sys
import time
from pathlib import Path
from typing import NoReturn

import msgspec

from loadgen.model.plan import Plan
from loadgen.model.verdict import EXIT_ENVIRONMENT, EXIT_USAGE
from loadgen.rules.target_groups import target_groups
from loadgen.storage import load
from loadgen.telemetry.exposition import Exposition
from loadgen.telemetry.layout import layout_of
from loadgen.telemetry.memory import CounterFileError, map_file, worker_file
from loadgen.telemetry.run_values import RunValues
from loadgen.telemetry.server import TelemetryServer


class _Parser(argparse.ArgumentParser):
    """argparse's own code for a usage error is 2, which means something else here."""

    def error(self, message: str) -> NoReturn:
        _end(EXIT_USAGE, message)


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGTERM, or until the parent is gone. Ends with 3 for a bad plan, 4 for a port that is taken."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        plan = load(options.plan, Plan)
        exposition = _exposition(plan, options.work, options.commit)
    except (OSError, CounterFileError) as fault:
        _end(EXIT_USAGE, str(fault))
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        _end(EXIT_USAGE, f"{options.plan}: {fault}")
    except KeyError as fault:
        _end(EXIT_USAGE, f"{options.plan}: {fault} is a call or a criterion that this version does not know")
    try:
        server = TelemetryServer(
            options.listen,
            run_id=plan.run_id,
            metrics=lambda: exposition.render(time.time()),
            targets=lambda own: msgspec.json.encode(target_groups(plan, own)),
            parent=options.parent,
        )
    except OSError as fault:
        _end(EXIT_ENVIRONMENT, f"cannot listen on {options.listen[0]}:{options.listen[1]}: {fault.strerror}")
    sys.stdout.write(f"listening on {server.server_address[0]!s}:{server.server_address[1]}\n")
    sys.stdout.flush()
    gc.freeze()
    server.serve_forever()


def _exposition(plan: Plan, work: Path, commit: str) -> Exposition:
    layout = layout_of(plan)
    workers = [
        map_file(worker_file(work, n), layout.fingerprint, layout.slots, writable=False).cast("Q")
        for n in range(plan.workers)
    ]
    return Exposition(plan, layout, workers, RunValues.open(work, plan, writable=False), commit)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = _Parser(prog="python -m loadgen.telemetry", description=__doc__)
    parser.add_argument("--plan", type=Path, required=True, help="the run's plan.json")
    parser.add_argument("--work", type=Path, required=True, help="folder of the counter files")
    parser.add_argument(
        "--listen", type=_address, default=("127.0.0.1", 9646), help="host:port; port 0 takes a free one"
    )
    parser.add_argument("--parent", type=int, help="end when this is no longer the parent process")
    parser.add_argument("--commit", default="unknown", help="what loadtest_run_info shows as commit")
    return parser.parse_args(arguments)


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not (colon and host and port.isdecimal() and int(port) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is not host:port")
    return host.strip("[]"), int(port)


def _end(code: int, sentence: str) -> NoReturn:
    sys.stderr.write(f"loadgen.telemetry: {' '.join(sentence.split())}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
