"""What most host collectors are: files of the kernel, read anew at each scrape."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import Struct
from prometheus_client.metrics_core import Metric

from exporters.core.collector import NOT_HERE, Absent

MUCH = 1 << 16
"""Bytes; a kernel file is rarely longer."""


class Roots(Struct, frozen=True):
    """Where the kernel shows itself."""

    proc: Path = Path("/proc")
    sys: Path = Path("/sys")


class Reading:
    """A collector that keeps nothing between scrapes."""

    def __init__(self, name: str, show: Callable[[Roots], Iterable[Metric]]) -> None:
        self.name = name
        self._show, self._roots = show, Roots()

    def collect(self, _deadline: float) -> Iterable[Metric]:
        """What is to be seen now."""
        return self._show(self._roots)

    def close(self) -> None:
        """There is nothing to let go of."""


def reading(name: str, show: Callable[[Roots], Iterable[Metric]]) -> Callable[[argparse.Namespace], Reading]:
    """A module's `collector` for a function from the roots to the metric families."""
    return lambda _options: Reading(name, show)


def read(path: str) -> str:
    """The text of a kernel file. Raises Absent when this kernel has no such file."""
    try:
        return contents(path)
    except FileNotFoundError as missing:
        raise Absent(NOT_HERE, f"there is no {path}") from missing


def contents(path: str) -> str:
    """The text of a kernel file, by the shortest way: there are fifty of them in each scrape. Raises OSError."""
    file = os.open(path, os.O_RDONLY)
    try:
        pieces = [os.read(file, MUCH)]
        while pieces[-1]:
            pieces.append(os.read(file, MUCH))
    finally:
        os.close(file)
    return b"".join(pieces).decode(errors="replace")


def single(name: str, help_text: str, kind: str, value: float, labels: dict[str, str] | None = None) -> Metric:
    """A family of one sample; a `counter` keeps the name as it is given."""
    metric = Metric(name, help_text, kind)
    metric.add_sample(name, labels or {}, value)
    return metric
