"""Charts as files: PNG for the run folder, SVG to stand inside a page."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from loadgen.report.charts.canvas import DPI
from loadgen.report.charts.chart import NARROW, PICTURE, WIDE, Chart, Look
from loadgen.report.charts.colours import LIGHT
from loadgen.report.charts.inline import inline
from loadgen.report.charts.library import Figure, FigureCanvasAgg, FigureCanvasSVG, mpl


def png(chart: Chart) -> bytes:
    """The wide chart with its title, at two dots a pixel, in the light colours."""
    out = io.BytesIO()
    with _drawn(chart, PICTURE) as figure:
        x, y = 16 / PICTURE.width, 1 - 16 / (figure.get_figheight() * DPI)
        figure.text(x, y, chart.title, size=18, weight="bold", va="top")
        # without the version of the library, the same records give the same bytes
        FigureCanvasAgg(figure).print_png(out, metadata={"Software": None, "Title": chart.title})
    return out.getvalue()


def svg(chart: Chart, narrow: bool) -> str:
    """The chart as an element to stand inside a page: no fixed size, colours by custom properties, no ids shared."""
    out = io.BytesIO()
    with _drawn(chart, NARROW if narrow else WIDE) as figure:
        figure.patch.set_visible(False)
        FigureCanvasSVG(figure).print_svg(out, metadata={"Creator": None, "Date": None, "Format": None, "Type": None})
    return inline(out.getvalue(), f"{chart.name}-{'narrow' if narrow else 'wide'}", chart.title, chart.alt)


@contextmanager
def _drawn(chart: Chart, look: Look) -> Iterator[Figure]:
    with mpl.rc_context(_settings(look)), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # shown as a box; a browser has more fonts
        yield chart.figure(look)


def _settings(look: Look) -> Any:
    """Nothing of the user's own matplotlibrc counts, and `$` in a name begins no formula."""
    own = {
        "figure.dpi": DPI,
        "savefig.dpi": 2 * DPI,
        "figure.facecolor": LIGHT["surface"],
        "savefig.facecolor": "auto",
        "font.size": look.text,
        "font.family": ["sans-serif"],
        "font.sans-serif": ["DejaVu Sans"],
        "text.color": LIGHT["ink"],
        "text.parse_math": False,
        "axes.facecolor": "none",
        "axes.edgecolor": LIGHT["grid"],
        "axes.labelcolor": LIGHT["muted"],
        "axes.titlesize": look.text,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.titlecolor": LIGHT["ink"],
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.unicode_minus": False,
        "axes.grid": False,
        "axes.axisbelow": True,
        "grid.color": LIGHT["grid"],
        "grid.linewidth": 1,
        "lines.linewidth": 2 if not look.narrow else 1.5,
        "lines.dash_capstyle": "butt",
        "lines.solid_joinstyle": "round",
        "xtick.color": LIGHT["grid"],
        "ytick.color": LIGHT["grid"],
        "xtick.labelcolor": LIGHT["muted"],
        "ytick.labelcolor": LIGHT["muted"],
        "xtick.labelsize": look.text - 1,
        "ytick.labelsize": look.text - 1,
        "svg.fonttype": "none",
        "svg.hashsalt": "chart",
        "path.simplify_threshold": 0.3,
    }
    usual: dict[Any, Any] = dict(mpl.rcParamsDefault)
    usual.pop("backend")
    return {**usual, **own}
