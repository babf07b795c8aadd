"""Matplotlib, loaded so that it writes nothing into the user's home; every chart takes it from here.

Its list of fonts is made once and kept in the state folder, or for this process where that cannot be written. A folder
that the user gave in MPLCONFIGDIR is used as it is.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from loadgen.storage import state_folder

_VARIABLE = "MPLCONFIGDIR"


@contextmanager
def _own_folder() -> Iterator[None]:
    if _VARIABLE in os.environ:
        yield
        return
    folder = state_folder() / "matplotlib"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        usable = os.access(folder, os.W_OK)
    except OSError:
        usable = False
    with tempfile.TemporaryDirectory(prefix="loadgen-") as temporary:
        os.environ[_VARIABLE] = str(folder) if usable else temporary
        try:
            yield
        finally:
            del os.environ[_VARIABLE]


with _own_folder():  # it looks for its folder and its fonts while it is imported, and never again
    import matplotlib as mpl
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator
    from matplotlib.transforms import blended_transform_factory

__all__ = [
    "Axes",
    "Figure",
    "FigureCanvasAgg",
    "FigureCanvasSVG",
    "FixedLocator",
    "FuncFormatter",
    "Line2D",
    "LogLocator",
    "MaxNLocator",
    "NullLocator",
    "Rectangle",
    "blended_transform_factory",
    "mpl",
]
