"""The command line of the stand-in."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import msgspec
from msgspec import Struct

from sim.costs import Costs
from sim.faults import Fault, read_faults
from sim.profiles import PROFILES
from sim.services import CAPACITY, SERVICE_TIMES


class UsageError(Exception):
    """An argument that cannot be used. One line for the user."""


class Settings(Struct, frozen=True, kw_only=True):
    """What the command line says. Times are seconds."""

    host: str
    rest_port: int
    llm_port: int
    stt_port: int
    tts_port: int
    control_port: int
    ready_file: Path | None
    parent: int | None
    record: Path | None
    profile: str
    seed: int
    capacity: dict[str, int]
    service_times: dict[str, float]
    spread: float
    faults: tuple[Fault, ...]
    freeze: float
    freeze_after: float
    down: tuple[str, ...]
    costs: Costs
    token_lifetime: float
    dsn: str | None
    pool_size: int
    pool_timeout: float


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message)


def read_settings(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the command line. Raises UsageError; exits 0 after --help."""
    found = vars(_parser().parse_args(arguments))
    faults = _faults(found)
    for name in ("latency", "error_rate", "error_every", "in_band"):
        del found[name]
    found["costs"] = _costs(found)
    found["dsn"] = _dsn(found.pop("dsn_env"), found.pop("dsn_file"), environment)
    found["faults"] = faults
    return Settings(**found)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m sim",
        description="A stand-in for June: REST, WebSocket and gRPC, with finite capacity and faults to order.",
        allow_abbrev=False,
    )
    _listeners(parser.add_argument_group("listeners"))
    _behaviour(parser.add_argument_group("behaviour"))
    _costs_group(parser.add_argument_group("costs of each operation, which the control endpoint can set as well"))
    _faults_group(parser.add_argument_group("faults, each of which the control endpoint can set as well"))
    _database(parser.add_argument_group("database"))
    return parser


def _listeners(group: Any) -> None:
    group.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    for name, port in (("rest", 8000), ("llm", 50051), ("stt", 50052), ("tts", 50053), ("control", 8010)):
        group.add_argument(f"--{name}-port", type=_port, default=port, help="0: a free one (default: %(default)s)")
    group.add_argument("--ready-file", type=Path, help="JSON with the ports and the pid, written when all listen")
    group.add_argument("--parent", type=_count, metavar="PID", help="end when this process is gone")
    group.add_argument("--record", type=Path, metavar="FILE", help="JSON lines: when each was received and answered")


def _behaviour(group: Any) -> None:
    group.add_argument("--profile", choices=tuple(PROFILES), default="default", help="(default: %(default)s)")
    group.add_argument("--seed", type=int, default=1, help="of service times and random errors (default: %(default)s)")
    group.add_argument(
        "--capacity", type=_capacity, default=dict(CAPACITY), metavar="JSON", help='slots, such as {"llm": 8}'
    )
    group.add_argument(
        "--service-times",
        type=_service_times,
        default=dict(SERVICE_TIMES),
        metavar="JSON",
        help='mean seconds, such as {"llm": 0.25, "mock": 0.003}',
    )
    group.add_argument(
        "--spread", type=_seconds, default=0.3, help="of service times; 0: always the mean (default: %(default)s)"
    )
    group.add_argument("--token-lifetime", type=_seconds, default=86_400.0, metavar="SECONDS", help="(default: a day)")


def _faults_group(group: Any) -> None:
    group.add_argument("--latency", type=_seconds, default=0.0, metavar="SECONDS", help="added to every operation")
    group.add_argument("--error-rate", type=float, default=0.0, metavar="SHARE", help="of requests that fail")
    group.add_argument("--error-every", type=_count, default=0, metavar="N", help="every n-th request fails, exactly")
    group.add_argument("--in-band", action="store_true", help="those errors come inside a good status")
    group.add_argument(
        "--faults",
        type=_json_faults,
        default=(),
        metavar="JSON",
        help='for some operations, such as [{"operation": "rest:chat", "latency": 0.2}]',
    )
    group.add_argument("--freeze", type=_seconds, default=0.0, metavar="SECONDS", help="answer nothing for so long …")
    group.add_argument("--freeze-after", type=_seconds, default=0.0, metavar="SECONDS", help="… after so long")
    group.add_argument("--down", type=_services, default=(), metavar="SERVICES", help="backends that are down: llm,stt")


def _costs_group(group: Any) -> None:
    group.add_argument(
        "--query-time", type=_seconds, default=0.0, metavar="SECONDS", help="for which its transaction lasts"
    )
    group.add_argument("--cpu-time", type=_seconds, default=0.0, metavar="SECONDS", help="of the one serving thread")
    group.add_argument("--leak-memory", type=_count, default=0, metavar="BYTES", help="never given back")
    group.add_argument("--leak-descriptors", type=_count, default=0, metavar="NUMBER", help="never given back")


def _database(group: Any) -> None:
    group.add_argument("--dsn-env", metavar="NAME", help="environment variable that holds the DSN (default: SQLite)")
    group.add_argument("--dsn-file", type=Path, metavar="FILE", help="file that holds the DSN")
    group.add_argument("--pool-size", type=_positive, default=5, help="connections (default: %(default)s)")
    group.add_argument(
        "--pool-timeout",
        type=_seconds,
        default=30.0,
        metavar="SECONDS",
        help="longest wait for a connection (default: %(default)s)",
    )


def _faults(found: dict[str, Any]) -> tuple[Fault, ...]:
    general = Fault(
        latency=found["latency"],
        error_rate=found["error_rate"],
        error_every=found["error_every"],
        in_band=found["in_band"],
    )
    if problem := general.problem():
        raise UsageError(problem)
    return (general, *found["faults"])


def _costs(found: dict[str, Any]) -> Costs:
    """Takes the costs out of what was found."""
    costs = Costs(**{name: found.pop(name) for name in Costs.__struct_fields__})
    if problem := costs.problem():
        raise UsageError(problem)
    return costs


def _dsn(variable: str | None, file: Path | None, environment: Mapping[str, str]) -> str | None:
    if variable and file:
        raise UsageError("--dsn-env and --dsn-file: one of them, please")
    if variable:
        if not environment.get(variable):
            raise UsageError(f"--dsn-env: the environment has no {variable}")
        return environment[variable]
    if file:
        try:
            return file.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"--dsn-file: {error}") from None
    return None


def _port(text: str) -> int:
    return _within(text, 0, 65_535)


def _count(text: str) -> int:
    return _within(text, 0, 2**31)


def _positive(text: str) -> int:
    return _within(text, 1, 2**31)


def _within(text: str, low: int, high: int) -> int:
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number in {low}…{high}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of 0 or more")
    return value


def _services(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in CAPACITY:
            raise argparse.ArgumentTypeError(f"{name!r} is no service; {', '.join(CAPACITY)}")
    return names


def _json_faults(text: str) -> tuple[Fault, ...]:
    try:
        return read_faults(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _capacity(text: str) -> dict[str, int]:
    return {**CAPACITY, **read_table(text, int, CAPACITY, 1)}


def _service_times(text: str) -> dict[str, float]:
    return {**SERVICE_TIMES, **read_table(text, float, SERVICE_TIMES, 0)}


def read_table(text: str | bytes, kind: type, known: Mapping[str, object], low: float) -> dict[str, Any]:
    """A JSON object of numbers of at least `low` under known names. Raises ArgumentTypeError with what is wrong."""
    try:
        table: dict[str, Any] = msgspec.json.decode(text, type=dict[str, kind])  # type: ignore[valid-type]
    except msgspec.MsgspecError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    for name, value in table.items():
        if name not in known:
            raise argparse.ArgumentTypeError(f"{name!r} is not known; {', '.join(known)}")
        if value < low:
            raise argparse.ArgumentTypeError(f"{name}: {value} is below {low}")
    return table
