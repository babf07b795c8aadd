"""The one colour language of all dashboards.

Every colour stands out from Grafana's dark and light backgrounds by 3 : 1 or more, and no two that may stand for
opposite things look alike to colour-blind eyes; a test computes both. What a colour says is also said in words.
"""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

GOOD, BAD, INVALID, UNKNOWN = "#1A9E77", "#D55E00", "#B35AA0", "#868B94"
"""Holds its bound · breaks it · the run cannot tell · nobody knows, or it says nothing."""

WARNING = "#B58900"
"""Close to a bound, or breaching without deciding anything."""

ACHIEVED, PLANNED, LIMIT = "#2F86C5", UNKNOWN, BAD
"""What happened (a full line) · what the plan wants (dashed) · the bound (dashed, in the colour of breaking it)."""

TEST_TYPES = {"rest": "#00868B", "websocket": "#A0785A", "grpc": "#8430F4"}
"""By test type, the same on every panel, and none of them that of all together."""

DISTINCT = (ACHIEVED, *TEST_TYPES.values())
"""Of lines that have no meaning in common with others."""

QUANTILES = {"P50": "#6B95B0", "P95": "#2F86C5", "P99": "#8B7BC8"}
"""By quantile: the judged one is the strongest."""

JUDGED, NOT_JUDGED = ACHIEVED, UNKNOWN
"""Phases, as regions and in the timeline."""

DASH = {"fill": "dash", "dash": [8, 6]}
"""The line of what did not happen but was planned or is the limit."""


def fixed(colour: str) -> dict[str, str]:
    """The field option `color` for one colour."""
    return {"mode": "fixed", "fixedColor": colour}


def full(colour: str) -> list[DynamicConfigValue]:
    """A full line in a colour."""
    return [_property("color", fixed(colour)), _property("custom.lineWidth", 2)]


def dashed(colour: str) -> list[DynamicConfigValue]:
    """A dashed line in a colour, without points or an area."""
    return [
        _property("color", fixed(colour)),
        _property("custom.lineStyle", DASH),
        _property("custom.lineWidth", 2),
        _property("custom.fillOpacity", 0),
        _property("custom.stacking", {"mode": "none", "group": "A"}),
    ]


def planned() -> list[DynamicConfigValue]:
    """The line of what the plan wants."""
    return dashed(PLANNED)


def achieved() -> list[DynamicConfigValue]:
    """The line of what happened."""
    return full(ACHIEVED)


def limit() -> list[DynamicConfigValue]:
    """The line of a bound or a limit."""
    return dashed(LIMIT)


BOUNDS = "/^(bound|limit)/"
"""The legends of bounds and limits begin so, and their lines are drawn as such."""


def _property(name: str, value: Any) -> DynamicConfigValue:
    return DynamicConfigValue(id_val=name, value=value)
