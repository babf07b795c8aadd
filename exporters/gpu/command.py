"""The command `gpu`. A collector is a file in this folder with a function `collector`, which makes it for a session."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
from pathlib import Path

import exporters.gpu
from exporters.core.collector import Collector
from exporters.core.errors import EnvironmentFault, UsageFault
from exporters.core.exporter import Exporter
from exporters.gpu.backend import Call
from exporters.gpu.nvml import Nvml
from exporters.gpu.recorder import Recorder, record
from exporters.gpu.recording import FORMAT, Header, load, save
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
    return [*collectors_of(Session(Replay(recording))), Origin(recording.header)]


def collectors_of(session: Session) -> list[Collector]:
    """All collectors, in this session."""
    names = [found.name for found in pkgutil.iter_modules(exporters.gpu.__path__) if found.name != "command"]
    modules = [importlib.import_module(f"exporters.gpu.{name}") for name in names]
    return [module.collector(session) for module in modules if hasattr(module, "collector")]


def _record(options: argparse.Namespace) -> bool:
    """Write a recording, if that is what is wanted. Without a GPU there is nothing to record, and no file."""
    if options.record is None:
        return False
    if options.replay is not None or not (options.seconds > 0 and options.interval > 0):
        raise UsageFault("--record takes --seconds and --interval above 0, and no --replay")
    recorder = Recorder(Nvml())
    session = Session(recorder)
    moments = record(recorder, collectors_of(session), options.seconds, options.interval)
    session.close()
    uuid = Call("nvmlDeviceGetUUID", "#0").key
    if not any(isinstance(moment.answers.get(uuid), str) for moment in moments):
        raise EnvironmentFault("there is nothing to record: no NVIDIA GPU answered; `nvidia-smi` would say why")
    save(options.record, Header(recording=FORMAT, source="nvml", interval=options.interval), moments)
    return True


EXPORTER = Exporter(
    name="gpu",
    prefix="gpu",
    port=9612,
    help="What NVIDIA's management library tells of each GPU, in base units.",
    arguments=_add_arguments,
    collectors=_collectors,
    instead=_record,
)
