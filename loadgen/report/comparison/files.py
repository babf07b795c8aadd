"""The files of a comparison.

Importing this loads what draws charts, which takes half a second.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from loadgen.config.values import COMPARISONS
from loadgen.model.comparison import Comparison
from loadgen.report.charts import png
from loadgen.report.charts.comparison import draw_comparison
from loadgen.report.comparison.as_html import html
from loadgen.report.comparison.as_json import as_json
from loadgen.report.comparison.as_markdown import markdown
from loadgen.report.comparison.as_text import text
from loadgen.report.files import Output
from loadgen.storage import write_whole

RECORD, PAGE, TEXT, SUMMARY = "comparison.json", "comparison.html", "summary.txt", "summary.md"


def outputs(comparison: Comparison) -> tuple[Output, ...]:
    """In the order in which they are written: what everything else could be made of comes first."""
    charts = tuple(draw_comparison(comparison))
    return (
        Output(RECORD, lambda: as_json(comparison)),
        Output(TEXT, lambda: text(comparison)),
        Output(SUMMARY, lambda: markdown(comparison, PAGE)),
        *(Output(f"{chart.name}.png", partial(png, chart)) for chart in charts),
        Output(PAGE, lambda: html(comparison, charts)),
    )


def write_comparison(comparison: Comparison, folder: Path, said: Callable[[str], None] = lambda _: None) -> None:
    """Write every file into the folder, each whole or not at all, and tell which one is at work.

    Raises OSError with the name of the file in it; what was written before stays.
    """
    found = outputs(comparison)
    for number, output in enumerate(found, 1):
        said(f"{number} of {len(found)}: {output.name}")
        content = output.content()
        write_whole(folder / output.name, content if isinstance(content, bytes) else content.encode())


def new_folder(output: Path, now: datetime) -> Path:
    """Make `<output>/comparisons/<YYYYmmdd_HHMMSS>`, with a suffix when it is taken. Raises OSError."""
    stamp, number = now.astimezone(UTC).strftime("%Y%m%d_%H%M%S"), 1
    while True:
        folder = output / COMPARISONS / (stamp if number == 1 else f"{stamp}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            if not folder.exists():
                raise  # a parent is a file
            number += 1
        else:
            return folder
