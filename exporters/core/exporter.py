"""What an exporter is: collectors under one name, prefix and port."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from msgspec import Struct

from exporters.core.collector import Collector


class Exporter(Struct, frozen=True, kw_only=True):
    """One exporter. Its module is `exporters/<name>/command.py` and calls it EXPORTER; it is found by that."""

    name: str
    """The command: `python -m exporters <name>`."""
    prefix: str
    """Of the metrics about its own collectors: `<prefix>_scrape_collector_success`."""
    port: int
    """Where it listens on loopback unless told otherwise."""
    help: str
    arguments: Callable[[argparse.ArgumentParser], None]
    """Adds the exporter's own flags."""
    collectors: Callable[[argparse.Namespace], Sequence[Collector]]
    """Builds the collectors, each with a name of its own; those that are not wanted are closed again at once.
    Raises UsageFault and EnvironmentFault."""
    instead: Callable[[argparse.Namespace], bool] = lambda _: False
    """Does what an option asks for instead of serving, and says whether it did. Raises the same faults."""
