"""How long each test type took to be back after the spike, drawn where it happened."""

from __future__ import annotations

from loadgen.report.charts.canvas import along_x
from loadgen.report.charts.chart import Look
from loadgen.report.charts.colours import LIGHT, TEST_TYPES
from loadgen.report.charts.library import Axes
from loadgen.report.charts.time_axis import rectangle
from loadgen.report.contents import Recovery, Report


def recovered(report: Report, axes: Axes, look: Look) -> None:
    """A bar from the end of the spike to the moment of being back, one below the other, with the seconds."""
    for place, one in enumerate(report.recovery):
        end = _end(one, axes.get_xlim()[1])
        if end is None or one.spike_end > axes.get_xlim()[1]:
            continue
        high = 0.93 - place * (0.16 if look.narrow else 0.11)
        back = isinstance(one.seconds, float | int)
        rectangle(axes, one.spike_end, end, high - 0.05, high, TEST_TYPES.get(one.test_type, LIGHT["achieved"]))
        axes.annotate(
            _said(one, look),
            (end, high - 0.025),
            xycoords=along_x(axes),
            xytext=(5 if back else -5, 0 if back else -8),
            textcoords="offset points",
            va="center",
            ha="left" if back else "right",
            size=look.text - 2,
            color=LIGHT["ink"] if one.status == "passed" else LIGHT["bad"],
        )


def _said(one: Recovery, look: Look) -> str:
    if not isinstance(one.seconds, float | int):
        return f"{one.test_type} not back"
    return f"{one.test_type} {'' if look.narrow else 'back after '}{one.seconds:g} s"


def _end(one: Recovery, last: float) -> float | None:
    if one.seconds is None:
        return None
    return min(last, one.spike_end + one.seconds) if isinstance(one.seconds, float | int) else last
