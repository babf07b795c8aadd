"""The command line of `loadgen`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from loadgen.model.quantities import seconds_of
from loadgen.model.verdict import EXIT_USAGE

MOST_RUNS = 100
"""Of one side."""

CONFIG = Path(__file__).parent / "config" / "load_test_config.yaml"


class Parser(argparse.ArgumentParser):
    """argparse with our exit code for usage errors: its own 2 would read as INVALID."""

    def __init__(self, **more: Any) -> None:
        super().__init__(allow_abbrev=False, **more)

    def error(self, message: str) -> NoReturn:
        """One line that says what is wrong and where help is."""
        sys.stderr.write(f"{self.prog}: {message}; `{self.prog} --help` lists what is allowed\n")
        sys.exit(EXIT_USAGE)


def read_arguments(words: list[str], commands: Mapping[str, Callable[[argparse.Namespace], int]]) -> argparse.Namespace:
    """The arguments, with the chosen command in `command`. Exits 3 for what is wrong, 0 after --help."""
    parser = Parser(prog="loadgen", description="Load tests for June, from one command to a verdict.")
    subparsers = parser.add_subparsers(dest="name", required=True, metavar="COMMAND", parser_class=Parser)
    adders: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
        "run": ("make one run and judge it", _run),
        "judge": ("judge a run again from its folder, and make its report again", _again),
        "report": ("make a run's report again from its folder", _again),
        "compare": ("say what differs between runs before and after, and how surely", _compare),
        "runs": ("list the runs with their verdicts, the newest first", _runs),
        "baseline": ("keep a run under a name, for later ones to be measured against", _baseline),
        "rules": ("write alerts/ and prometheus/ from the configuration", _rules),
        "doctor": ("check machine and target as a run would; nothing is sent but the questions", _doctor),
        "ui": ("Locust's own web page, for exploring; gives no verdict", _ui),
        "up": ("start Prometheus, Alertmanager, exporters and Grafana, to stay; runs then use them", _up),
        "down": ("end what `up` started", lambda _: None),
    }
    for name, (text, add) in adders.items():
        sub = subparsers.add_parser(name, help=text, description=text)
        add(sub)
        sub.set_defaults(command=commands[name])
    if "--" in words:
        # argparse drops a bare `--` and what it guards would be taken for something else.
        parser.error("`--` means nothing here")
    arguments = parser.parse_args(words)
    if arguments.name == "run" and not arguments.repeat and (arguments.against_target or arguments.against_config):
        parser.error("--against-target and --against-config need --repeat N, the number of runs of each side")
    return arguments


def _seconds(text: str) -> float:
    try:
        return seconds_of(float(text) if text.replace(".", "", 1).isdigit() else text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not {error}") from None


def _times(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MOST_RUNS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of runs; allowed: 1 to {MOST_RUNS}")
    return int(text)


def _config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config", type=Path, default=CONFIG, metavar="FILE", help="the configuration (default: the shipped one)"
    )


def _request(parser: argparse.ArgumentParser) -> None:
    """What shapes a plan."""
    _config(parser)
    parser.add_argument("--scenario", help="which scenario of the configuration")
    parser.add_argument("--test-type", help="rest, websocket, grpc or all")
    parser.add_argument("--target", help="which target of the configuration")
    parser.add_argument("--host", metavar="URL", help="base URL of the gateway, instead of the target's own")
    parser.add_argument(
        "--allow-host", action="append", default=[], metavar="HOST", help="a host beside loopback that may be loaded"
    )
    parser.add_argument("--users", type=int, help="users at the peak")
    parser.add_argument("--spawn-rate", type=float, metavar="RATE", help="users per second on climbs")
    parser.add_argument("--duration", type=_seconds, metavar="TIME", help="length of the load: 90s, 5m")
    parser.add_argument(
        "--time-scale", type=float, default=1.0, metavar="FACTOR", help="stretch or shorten every stage"
    )
    parser.add_argument("--workers", type=int, help="Locust workers")
    parser.add_argument("--seed", type=int, help="of the inputs and pauses")


def _prometheus(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--prometheus",
        type=_url,
        metavar="URL",
        help="a Prometheus of yours that has the rules and finds the run, such as http://127.0.0.1:9090 "
        "(default: the running stack's, else one started for the run)",
    )


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("http", "https") and parts.hostname and not (parts.query or parts.fragment)
        _ = parts.port
    except ValueError:
        sound = False
        parts = urlsplit("")
    if parts.username is not None or parts.password is not None:
        raise argparse.ArgumentTypeError("a URL with credentials in it is not taken: they would be seen by everybody")
    if not sound:
        raise argparse.ArgumentTypeError("that is not the URL of a Prometheus, such as http://127.0.0.1:9090")
    return text


def _output(parser: argparse.ArgumentParser, text: str) -> None:
    parser.add_argument("--output-dir", type=Path, metavar="DIR", help=f"{text} (default: the configuration's)")


def _doctor(parser: argparse.ArgumentParser) -> None:
    _request(parser)
    _prometheus(parser)


def _run(parser: argparse.ArgumentParser) -> None:
    _request(parser)
    _prometheus(parser)
    _output(parser, "where the run's folder goes")
    parser.add_argument(
        "--baseline",
        metavar="RUN",
        help="folder, run_id or kept name of the run to measure throughput against (default: kept, else the latest)",
    )
    parser.add_argument("--repeat", type=_times, metavar="N", help="make so many runs, of each side, for a comparison")
    against = parser.add_mutually_exclusive_group()
    against.add_argument("--against-target", metavar="TARGET", help="with --repeat: the target of the other side")
    against.add_argument(
        "--against-config", type=Path, metavar="FILE", help="with --repeat: the configuration of the other side"
    )
    parser.add_argument(
        "--no-report", action="store_true", help="write the records only; `loadgen report` makes the rest"
    )
    parser.add_argument("--log-requests", action="store_true", help="keep every operation in requests.jsonl")
    parser.add_argument("--dry-run", action="store_true", help="print the compiled plan and send nothing")


def _ui(parser: argparse.ArgumentParser) -> None:
    _request(parser)
    parser.add_argument(
        "--web-port", type=int, default=8089, metavar="PORT", help="of the page, on 127.0.0.1 (default: %(default)s)"
    )


def _again(parser: argparse.ArgumentParser) -> None:
    _config(parser)
    _output(parser, "where the runs' folders are")
    parser.add_argument("run", metavar="RUN", help="its folder, its run_id, or the name under which it is kept")


def _compare(parser: argparse.ArgumentParser) -> None:
    _config(parser)
    parser.add_argument(
        "--base",
        nargs="+",
        action="extend",
        default=[],
        metavar="RUN",
        help="the runs before: folder, run_id or kept name of each (default: the one kept baseline that fits)",
    )
    parser.add_argument(
        "--run", nargs="+", action="extend", required=True, metavar="RUN", help="the runs after, named likewise"
    )
    parser.add_argument("--force", action="store_true", help="compare what is not comparable; every output says so")
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="where the files go (default: a new folder beside the runs)"
    )
    _output(parser, "where the runs' folders are")


def _runs(parser: argparse.ArgumentParser) -> None:
    _config(parser)
    _output(parser, "where the runs' folders are")
    parser.add_argument("--json", action="store_true", help="for machines")


def _baseline(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="set|list|remove", parser_class=Parser)
    keep = actions.add_parser("set", help="keep a run", description="Keep a copy of a run's records under a name.")
    keep.add_argument("run", metavar="RUN", help="its folder, its run_id, or the name under which it is kept")
    keep.add_argument(
        "--name", help="in place of what has that name (default: of scenario, target, test type and time scale)"
    )
    show = actions.add_parser("list", help="what is kept", description="List the kept baselines.")
    show.add_argument("--json", action="store_true", help="for machines")
    forget = actions.add_parser("remove", help="forget one", description="Forget a kept baseline.")
    forget.add_argument("name", metavar="NAME")
    for action in (keep, show, forget):
        _config(action)
        _output(action, "where the runs' folders are")


def _rules(parser: argparse.ArgumentParser) -> None:
    _config(parser)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the files differ")


def _up(parser: argparse.ArgumentParser) -> None:
    _config(parser)
    parser.add_argument(
        "--ports",
        choices=("usual", "free"),
        default="usual",
        help="listen on the usual ports (9090, 9093, 3000, …) or on any that are free (default: %(default)s)",
    )
