"""A comparison as plain text: short for the terminal, whole for summary.txt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from loadgen.model.comparison import Comparison
from loadgen.report.comparison.view import FORCED, LEGEND, UNKNOWN, Cell, Row, Taker, View, view_of


def brief(view: View) -> str:
    """What a terminal shows: what took part, what changed, a line of differences per operation; ends with a break."""
    return _joined(*_beginning(view), ["Differences", *_differences(view), f"  {LEGEND}"])


def text(comparison: Comparison) -> str:
    """All of it, the conclusion first; ends with a line break."""
    view = view_of(comparison)
    return _joined(
        [f"{view.headline} (exit code {view.exit_code})", view.sentence],
        *_beginning(view),
        ["Differences", *_differences(view), f"  {LEGEND}"],
        ["Figures, with the interval that holds the difference", *_figures(view)],
        ["Method", f"  {view.method}"],
    )


def last_line(view: View) -> str:
    """The conclusion with its exit code, and that it was forced."""
    forced = " Forced: the runs are not comparable." if view.forced else ""
    return f"{view.headline} (exit code {view.exit_code}): {view.sentence}{forced}"


def _joined(*blocks: Sequence[str]) -> str:
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _beginning(view: View) -> Iterator[list[str]]:
    """That it was forced, what took part, and what became of it."""
    if view.forced:
        yield [FORCED, *_listed(view.forced)]
    yield [f"Compared: {view.subject}", *_aligned([_taker(taker) for taker in view.takers], 8)]
    if view.differences:
        yield ["What else differs", *_listed(view.differences)]
    for told in view.told:
        yield [told.title, *_listed(f"{point.about}: {point.text}" for point in told.points)]


def _listed(sentences: Iterable[str]) -> list[str]:
    return [f"  {sentence}" for sentence in sentences]


def _taker(taker: Taker) -> tuple[str, ...]:
    return (
        taker.side,
        taker.run_id,
        taker.verdict,
        taker.started,
        f"target {taker.target}",
        f"version {taker.version}",
        f"commit {taker.commit}",
        taker.folder,
    )


def _differences(view: View) -> Iterator[str]:
    """A line for each row, a column for each measure."""
    head = ("operation", *view.measures)
    yield from _aligned([head, *((_title(row), *map(_short, row.cells)) for row in view.rows)], 1)


def _short(cell: Cell | None) -> str:
    return UNKNOWN if cell is None else f"{cell.difference if cell.order else ''} {cell.call.sign}"


def _figures(view: View) -> Iterator[str]:
    """A line for each measure of each row."""
    head = ("operation", "measure", "before", "after", "difference", "interval", "smallest that counts", "")
    rows = [_figure(row, cell) for row in view.rows for cell in row.cells if cell]
    yield from _aligned([head, *rows], 2, 1)


def _figure(row: Row, cell: Cell) -> tuple[str, ...]:
    called = f"{cell.call.sign} {cell.call.word}"
    return _title(row), cell.name, cell.base, cell.run, cell.difference, cell.interval, cell.smallest, called


def _title(row: Row) -> str:
    return row.title if row.judged else f"{row.title} (not judged)"


def _aligned(rows: Sequence[tuple[str, ...]], names: int, after: int = 0) -> Iterator[str]:
    """Columns two spaces apart: the first `names` and the last `after` of them to the left, figures to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    left = {*range(names), *range(len(widths) - after, len(widths))}
    for row in rows:
        cells = (
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield f"  {'  '.join(cells)}".rstrip()
