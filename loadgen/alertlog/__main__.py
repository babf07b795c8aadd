"""The alert log: `python -m loadgen.alertlog --listen 127.0.0.1:9647 --file alerts.log`."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import time
from pathlib import Path
from typing import NoReturn

from loadgen.alertlog.file import BoundedFile
from loadgen.alertlog.server import AlertLogServer
from loadgen.model.verdict import EXIT_ENVIRONMENT, EXIT_USAGE


class _Parser(argparse.ArgumentParser):
    """argparse's own code for a usage error is 2, which means something else here."""

    def error(self, message: str) -> NoReturn:
        _end(EXIT_USAGE, message)


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGTERM, or until the parent is gone. Ends with 4 for a port that is taken or a file that fails."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        file = BoundedFile(options.file)
    except OSError as fault:
        _end(EXIT_ENVIRONMENT, f"{options.file} cannot be written: {fault.strerror}; name another with --file")

    def write(lines: list[str]) -> None:
        file.write(lines)
        _say("".join(f"{line}\n" for line in lines))

    try:
        server = AlertLogServer(options.listen, write, time.time, options.parent)
    except OSError as fault:
        _end(EXIT_ENVIRONMENT, f"cannot listen on {options.listen[0]}:{options.listen[1]}: {fault.strerror}")
    _say(f"listening on {server.server_address[0]!s}:{server.server_address[1]}\n")
    server.serve_forever()


def _say(text: str) -> None:
    """To standard output, if anybody reads it: the file is what counts."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(text)
        sys.stdout.flush()


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = _Parser(prog="python -m loadgen.alertlog", description=__doc__)
    parser.add_argument(
        "--listen", type=_address, default=("127.0.0.1", 9647), help="host:port; port 0 takes a free one"
    )
    parser.add_argument("--file", type=Path, required=True, help="where the lines go; when full it becomes FILE.1")
    parser.add_argument("--parent", type=int, help="end when this is no longer the parent process")
    return parser.parse_args(arguments)


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not (colon and host and port.isdecimal() and int(port) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is not host:port")
    return host.strip("[]"), int(port)


def _end(code: int, sentence: str) -> NoReturn:
    sys.stderr.write(f"loadgen.alertlog: {' '.join(sentence.split())}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
