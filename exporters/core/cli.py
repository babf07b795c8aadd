"""`python -m exporters <name> …`: find the exporter, read its flags, serve until told to stop."""

from __future__ import annotations

import argparse
import gc
import importlib
import math
import pkgutil
import signal
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

import exporters
from exporters.core.collector import Collector
from exporters.core.errors import EnvironmentFault, UsageFault
from exporters.core.exporter import Exporter
from exporters.core.exposition import text
from exporters.core.guard import Guard
from exporters.core.itself import Itself
from exporters.core.secrets import without_secrets
from exporters.core.server import ExporterServer

TIMEOUT = 0.8
"""Seconds: fits into a scrape each second."""


GARBAGE = 20_000
"""Objects until Python looks for cycles among them. A scrape makes thousands and lets go of them all; to look for
cycles among those that it still needs, several times in each scrape, would be a tenth of its cost."""

ONLY = "only these collectors; a name that is none lists them all"


class _Parser(argparse.ArgumentParser):
    """argparse's own code for a usage error is 2, which says nothing here."""

    def error(self, message: str) -> NoReturn:
        raise UsageFault(f"{message}; --help shows what there is")


def main(words: Sequence[str] | None = None) -> NoReturn:
    """Run one exporter until SIGTERM. Ends with 0, 3 (usage) or 4 (environment), a fault in one line on stderr."""
    words = sys.argv[1:] if words is None else words
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        _serve(*_read(words))
    except (UsageFault, EnvironmentFault) as fault:
        sys.stderr.write(f"exporters: {' '.join(without_secrets(str(fault), words).split())}\n")
        sys.exit(fault.code)
    sys.exit(0)


def names() -> list[str]:
    """The exporters there are: every package beside `core`."""
    packages = (found.name for found in pkgutil.iter_modules(exporters.__path__) if found.ispkg)
    return sorted(name for name in packages if name != "core")


def exporter(name: str) -> Exporter:
    """The exporter of this name. Only its own code is loaded: the host's needs no database driver."""
    found: Exporter = importlib.import_module(f"exporters.{name}.command").EXPORTER
    return found


def _read(words: Sequence[str]) -> tuple[Exporter, argparse.Namespace]:
    first = _Parser(prog="python -m exporters", description=exporters.__doc__, epilog="NAME --help shows its flags")
    first.add_argument("name", choices=names(), metavar="NAME", help=", ".join(names()))
    chosen = exporter(first.parse_args(words[:1]).name)
    parser = _Parser(prog=f"python -m exporters {chosen.name}", description=chosen.help, allow_abbrev=False)
    parser.add_argument(
        "--listen",
        type=_address,
        default=("127.0.0.1", chosen.port),
        metavar="HOST:PORT",
        help=f"default 127.0.0.1:{chosen.port}; port 0 takes a free one",
    )
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=TIMEOUT,
        metavar="SECONDS",
        help=f"a scrape is answered within this time, without the collectors that hang; default {TIMEOUT}",
    )
    for flag, what in (("--collect", ONLY), ("--no-collect", "all collectors but these")):
        parser.add_argument(flag, nargs="+", action="extend", default=[], metavar="NAME", help=what)
    parser.add_argument("--parent", type=int, metavar="PID", help="end when this is no longer the parent process")
    chosen.arguments(parser)
    return chosen, parser.parse_args(words[1:])


def _serve(chosen: Exporter, options: argparse.Namespace) -> None:
    if chosen.instead(options):
        return
    collectors = [*chosen.collectors(options), Itself()]
    guard = Guard(chosen.prefix, _wanted(collectors, options.collect, options.no_collect))

    def scrape(budget: float) -> bytes | None:
        families = guard.scrape(budget)
        return None if families is None else text(families)

    server = _listen(options, scrape)
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)
    try:
        server.serve_forever()
    finally:
        guard.close()


def _listen(options: argparse.Namespace, scrape: Callable[[float], bytes | None]) -> ExporterServer:
    """The server, whose place has been said on stdout; connections wait until it serves."""
    host, port = options.listen
    place = f"[{host}]" if ":" in host else host
    try:
        server = ExporterServer((host, port), scrape, options.timeout, options.parent)
    except (OSError, TypeError, UnicodeError) as fault:  # the last two: a name that cannot be one
        why = fault.strerror if isinstance(fault, OSError) else "there can be no host of this name"
        raise EnvironmentFault(
            f"cannot listen on {place}:{port}: {why}; --listen HOST:PORT takes another place"
        ) from fault
    sys.stdout.write(f"listening on {place}:{server.server_address[1]}\n")
    sys.stdout.flush()
    return server


def _wanted(collectors: Sequence[Collector], only: Sequence[str], without: Sequence[str]) -> list[Collector]:
    known = [collector.name for collector in collectors]
    for name in (*only, *without):
        if name not in known:
            raise UsageFault(f"there is no collector {name!r}; there are {', '.join(known)}")
    wanted = [c for c in collectors if (not only or c.name in only) and c.name not in without]
    if not wanted:
        raise UsageFault("no collector is left; give --collect or --no-collect fewer words")
    for collector in collectors:
        if collector not in wanted:
            collector.close()
    return wanted


def _address(words: str) -> tuple[str, int]:
    host, colon, port = words.rpartition(":")
    if not (colon and host and port.isdecimal() and int(port) < 65536):
        raise argparse.ArgumentTypeError(f"{words!r} is not HOST:PORT, such as 127.0.0.1:9611")
    return host.strip("[]"), int(port)


def _seconds(words: str) -> float:
    try:
        seconds = float(words.removesuffix("s"))
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= 300:
        raise argparse.ArgumentTypeError(f"{words!r} is not a number of seconds, such as 0.8")
    return seconds
