"""What all details share: whose series they are, and the size of their panels."""

from __future__ import annotations

from grafana_foundation_sdk.builders import timeseries
from grafana_foundation_sdk.builders.dashboard import FieldColor
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models.dashboard import FieldColorModeId

from grafana import panels
from grafana.names import known
from grafana.panels import Said
from grafana.queries import INSTANCE, RUN
from loadgen.catalogue.promql import Regex, selector

WHOSE = Regex(f"{RUN}|")
"""Exporters that the run started carry its run_id, those that run all the time none; another run's are neither."""


def measured(name: str, **labels: str | Regex) -> str:
    """A selector of what is measured beside the chosen run, on the chosen instances. Raises UnknownName."""
    return selector(known(name), {"run_id": WHOSE, "instance": INSTANCE, **labels})


def curve(said: Said, *targets: Dataquery) -> timeseries.Panel:
    """Lines of a detail; those whose legend begins with `limit` are drawn as limits, and come last."""
    # What is here has names that nobody knows before: colours in turn differ within a panel, those by name may not.
    return panels.lines(said, *targets, many=True).color_scheme(FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC))


def detail(title: str, description: str, unit: str, empty: str, width: int = 8) -> Said:
    """What a detail says of itself: three stand beside one another."""
    return Said(title=title, description=description, unit=unit, empty=empty, width=width, height=9)
