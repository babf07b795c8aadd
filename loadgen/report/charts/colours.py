"""The colours of charts, by what they stand for.

Charts are drawn in the light colours. Inside a page each becomes the custom property `--chart-<name>` with the light
one as its fallback, so the page gives the dark ones. The hues are those of the dashboards; a test compares them.
"""

from __future__ import annotations

LIGHT = {
    "ink": "#1f2328",
    "muted": "#5c6470",
    "grid": "#e3e6ea",
    "surface": "#ffffff",
    "shade": "#f2f3f6",
    "shade-spike": "#fdf0e1",
    "good": "#1a9e77",
    "bad": "#d55e00",
    "invalid": "#b35aa0",
    "unknown": "#868b94",
    "warning": "#b58900",
    "achieved": "#2f86c5",
    "rest": "#00868b",
    "websocket": "#a0785a",
    "grpc": "#8430f4",
    "p50": "#6b95b0",
    "p99": "#8b7bc8",
    "band": "#d3e4f2",
    "stay": "#f6cfae",
    "olive": "#6d7f1f",
    "rose": "#c2477f",
}
"""By name. All differ, for a drawn colour is found again by its value."""

DARK = {
    **LIGHT,
    "ink": "#e8eaed",
    "muted": "#a3aab5",
    "grid": "#363b43",
    "surface": "#1b1e23",
    "shade": "#24282f",
    "shade-spike": "#3a2c1c",
    "unknown": "#969ca6",
    "grpc": "#a873fa",
    "rest": "#22a5aa",
    "band": "#23405a",
    "stay": "#6b3d14",
    "bad": "#ee7a26",
    "olive": "#9fb13f",
    "rose": "#dc6a9d",
}
"""The same names on a dark page."""

TEST_TYPES = {"rest": LIGHT["rest"], "websocket": LIGHT["websocket"], "grpc": LIGHT["grpc"]}
QUANTILES = {"p50": LIGHT["p50"], "p95": LIGHT["achieved"], "p99": LIGHT["p99"]}
REASONS = tuple(LIGHT[name] for name in ("bad", "invalid", "warning", "olive", "rose", "p50", "grpc", "unknown"))
"""Of reasons of failure, in the order of how often they occurred; the last takes all others together."""
