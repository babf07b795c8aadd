"""The command `gpu`. A collector is a file in this folder with a function `collector`, which makes it for a session."""

from __future__ import annotations

import argparse
import importlib
import math
import pkgutil
import sys
from pathlib import Path

import exporters.gpu
from exporters.core.collector import Absent, Collector
from exporters.core.errors import EnvironmentFault, UsageFault
from exporters.core.exporter import Exporter
from exporters.core.exposition import family
from exporters.gpu.backend import Call, NvmlFault
from exporters.gpu.nvml import Nvml
from exporters.gpu.recorder import Recorder, record
from exporters.gpu.recording import FORMAT, Header, Moment, Recording, load, place_for, save
from exporters.gpu.replay import Origin, Replay
from exporters.gpu.session import Session


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--replay", type=Path, metavar="FILE", help="serve a recording instead of this machine's GPUs")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write a recording of this machine's GPUs, and end")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to record; default 60")
    parser.add_argument("--interval", type=float, default=1.0, help="seconds between a recording's moments; default 1")


def _collectors(options: argparse.Namespace) -> list[Collector]:
    if options.replay is None:
        return collectors_of(Session(Nvml()))
    recording = load(options.replay)
    _rehearse(options.replay, recording)
    return [*collectors_of(Session(Replay(recording))), Origin(recording.header)]


def collectors_of(session: Session) -> list[Collector]:
    """All collectors, in this session."""
    names = [found.name for found in pkgutil.iter_modules(exporters.gpu.__path__) if found.name != "command"]
    modules = [importlib.import_module(f"exporters.gpu.{name}") for name in names]
    return [module.collector(session) for module in modules if hasattr(module, "collector")]


def _rehearse(file: Path, recording: Recording) -> None:
    """Show each moment once, where its answers are of other kinds than those before. Raises EnvironmentFault.

    What no device answers, such as a text for a number, would otherwise fail at each scrape.
    """
    seen = set()
    for number, moment in enumerate(recording.moments, 2):
        kinds = _kinds(moment.answers)
        if kinds in seen:
            continue
        seen.add(kinds)
        alone = Session(Replay(Recording(header=recording.header, moments=(moment,))))
        for collector in collectors_of(alone):
            try:
                for metric in collector.collect(math.inf):
                    family(metric)
            except (Absent, NvmlFault):
                continue
            except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as fault:
                raise EnvironmentFault(
                    f"{file}:{number} is no line of a recording: an answer in it is none of NVML's "
                    f"({collector.name}: {type(fault).__name__}: {fault})"
                ) from fault


def _kinds(answer: object) -> object:
    """An answer without its values: numbers and texts as their types, the structure as it is."""
    if isinstance(answer, dict):
        return frozenset((key, _kinds(part)) for key, part in answer.items())
    if isinstance(answer, list):
        return list, frozenset(_kinds(part) for part in answer)
    return type(answer)


def _record(options: argparse.Namespace) -> bool:
    """Write a recording, if that is what is wanted. Without a GPU there is nothing to record, and no file."""
    if options.record is None:
        return False
    if options.replay is not None or not (options.seconds > 0 and 0 < options.interval < math.inf):
        raise UsageFault("--record takes --seconds and --interval above 0, and no --replay")
    with place_for(options.record) as place:
        moments = _moments(options)
        uuid = Call("nvmlDeviceGetUUID", "#0").key
        if not any(isinstance(moment.answers.get(uuid), str) for moment in moments):
            raise EnvironmentFault("there is nothing to record: no NVIDIA GPU answered; `nvidia-smi` would say why")
        save(options.record, place, Header(recording=FORMAT, source="nvml", interval=options.interval), moments)
    return True


def _moments(options: argparse.Namespace) -> list[Moment]:
    """The moments that were recorded: all, or those until a signal said that it is enough."""
    recorder = Recorder(Nvml())
    session = Session(recorder)
    moments: list[Moment] = []
    try:
        for moment in record(recorder, collectors_of(session), options.seconds, options.interval):
            moments.append(moment)  # noqa: PERF402 - what there is must be known when a signal comes
    except SystemExit:
        if not moments:
            raise EnvironmentFault(f"stopped before anything was recorded; {options.record} is not written") from None
        sys.stderr.write(f"gpu: stopped; {options.record} holds the {len(moments)} moments until then\n")
    session.close()
    return moments


EXPORTER = Exporter(
    name="gpu",
    prefix="gpu",
    port=9612,
    help="What NVIDIA's management library tells of each GPU, in base units.",
    arguments=_add_arguments,
    collectors=_collectors,
    instead=_record,
)
