"""A comparison in short, for a job's summary or a comment on a pull request, which take a little more than 64 kB."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loadgen.model.comparison import EXIT_NONE, EXIT_REGRESSION, EXIT_UNCLEAR, Comparison
from loadgen.report.comparison.view import CALLS, FORCED, LEGEND, UNKNOWN, Cell, Row, Taker, Told, View, view_of
from loadgen.report.gfm import SHORT, first, fitted, folded, more, plain, table

SIGNS = {EXIT_NONE: "✅", EXIT_REGRESSION: "❌", EXIT_UNCLEAR: "❔"}
MOST_ROWS, MOST_POINTS, MOST_RUNS = 60, 20, 40


def markdown(comparison: Comparison, page: str) -> str:
    """The most telling first; what is too much for one is left out from the end. `page`: name of the HTML file."""
    foot = f"Everything else is in `{page}`, beside this file."
    return fitted(_blocks(view_of(comparison)), foot)


def _blocks(view: View) -> Iterator[str]:
    yield f"## {SIGNS[view.exit_code]} {view.headline}"
    if view.forced:
        yield "\n".join((f"**⚠️ {FORCED}**", "", *_listed(view.forced)))
    yield plain(view.sentence, 2000)
    yield f"{plain(view.subject)} · exit code {view.exit_code}"
    yield from map(_told, view.told)
    head = ("operation", *view.measures)
    rows = (*table(head, map(_row, view.rows[:MOST_ROWS])), *more(view.rows, MOST_ROWS))
    yield "\n".join(("### Before and after", "", *rows, "", LEGEND))
    yield "\n".join(folded("What was compared, and how", _circumstances(view)))


def _told(told: Told) -> str:
    points = first(told.points, MOST_POINTS, lambda point: f"- **{plain(point.about, SHORT)}**: {plain(point.text)}")
    return "\n".join((f"### {CALLS[told.status].sign} {told.title}", "", *points))


def _listed(texts: Sequence[str]) -> Iterator[str]:
    return first(texts, MOST_POINTS, lambda text: f"- {plain(text)}")


def _row(row: Row) -> tuple[str, ...]:
    name = plain(row.title, SHORT) if row.judged else f"{plain(row.title, SHORT)} (not judged)"
    return f"**{name}**" if row.whole else name, *map(_cell, row.cells)


def _cell(cell: Cell | None) -> str:
    if cell is None or not cell.change:
        return UNKNOWN if cell is None else f"{cell.call.sign} {cell.call.word}"
    difference = f"{cell.call.sign} **{cell.difference}**"
    return "<br>".join(filter(None, (difference, cell.change, cell.interval)))


def _circumstances(view: View) -> Iterator[str]:
    head = ("side", "run", "verdict", "started", "target", "version", "commit", "folder")
    yield from table(head, map(_taker, view.takers[:MOST_RUNS]), left=len(head))
    yield from more(view.takers, MOST_RUNS)
    if view.differences:
        yield from ("", "What else differs between the sides:", "", *_listed(view.differences))
    yield from ("", plain(view.method, 2000))


def _taker(taker: Taker) -> tuple[str, ...]:
    told = (taker.run_id, taker.verdict, taker.started, taker.target, taker.version, taker.commit, taker.folder)
    return taker.side, *(plain(text, SHORT) for text in told)
