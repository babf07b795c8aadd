"""Reads by which of its criteria a scenario's run is stopped early."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any

from pydantic import Field

from loadgen.config.problems import Path, one_of, shown, unknown
from loadgen.config.reader import Reader
from loadgen.criteria import KINDS
from loadgen.model.quantities import Duration, duration_text
from loadgen.model.settings import Settings

LIVE = tuple(kind.kind for kind in KINDS.values() if kind.samples is not None)
"""The kinds of criteria whose breach is seen while the load runs."""


class AbortSettings(Settings):
    """The load stops when a criterion has been breached for `delay` without a break, over `minimum` samples or more.

    `delay`: seconds, which follow the time scale. `minimum`: None is the criterion's own.
    """

    delay: Duration
    minimum: Annotated[int | None, Field(ge=1)] = None


def read_aborts(
    reader: Reader, data: dict[str, Any], judged: Collection[str], duration: float | None, path: Path
) -> dict[str, AbortSettings]:
    """The sound ones, by kind of criterion.

    `judged`: the kinds by which the scenario is judged. `duration`: seconds of its load; None when that is not known.
    """
    found = {}
    for kind, block in data.items():
        if text := _refusal(kind, judged):
            reader.problem((*path, kind), text)
        settings = reader.block(AbortSettings, block, (*path, kind))
        if settings is None:
            continue
        if duration is not None and settings.delay >= duration:
            text = f"{duration_text(settings.delay)}, but the load lasts {duration_text(duration)}; allowed: less"
            reader.problem((*path, kind, "delay"), text)
        found[kind] = settings
    return found


def _refusal(kind: str, judged: Collection[str]) -> str:
    """Why a run cannot be stopped by that kind; empty when it can."""
    fitting = [name for name in LIVE if name in judged]
    if kind not in KINDS:
        return unknown(kind, fitting)
    if kind not in LIVE:
        why = KINDS[kind].only_at_end
        return f"{kind}, by which no run can be stopped, for {why}; allowed: {one_of(fitting)}"
    if kind not in judged:
        return f"{shown(kind)}, by which this scenario is not judged; allowed: {one_of(fitting)}"
    return ""
