"""The charts of a report and of a comparison: drawn from their contents alone, as PNG or as SVG inside a page.

Importing this loads matplotlib, which takes half a second: import it where a chart is drawn, never before a load.
Those of a comparison are in `charts.comparison`, for they load the statistics as well.
"""

from __future__ import annotations

from loadgen.report.charts.chart import Chart
from loadgen.report.charts.colours import DARK, LIGHT
from loadgen.report.charts.pictures import png, svg
from loadgen.report.charts.run import draw

__all__ = ["DARK", "LIGHT", "Chart", "draw", "png", "svg"]
