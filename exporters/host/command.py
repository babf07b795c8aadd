"""The command `host`.

A collector is a file in this folder with a function `collector`, which makes it from the options; one with flags of its
own has `add_arguments` too.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import exporters.host
from exporters.core.collector import Collector
from exporters.core.exporter import Exporter


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(exporters.host.__path__):
        if found.name != "command":
            module = importlib.import_module(f"exporters.host.{found.name}")
            if hasattr(module, "collector"):
                yield module


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    for module in _modules():
        if hasattr(module, "add_arguments"):
            module.add_arguments(parser)


def _collectors(options: argparse.Namespace) -> list[Collector]:
    return [module.collector(options) for module in _modules()]


EXPORTER = Exporter(
    name="host",
    prefix="node",
    port=9611,
    help="CPU, memory, disks, network, pressure and process groups of this machine, under node_exporter's names.",
    arguments=_add_arguments,
    collectors=_collectors,
)
