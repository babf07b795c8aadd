"""How response times spread, for each operation: from the fastest to the slowest, with mean and quantiles."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from loadgen.report.charts.by_endpoint import NO_OPERATION, operations
from loadgen.report.charts.canvas import Entry, bare, nothing
from loadgen.report.charts.chart import Chart, Look
from loadgen.report.charts.colours import LIGHT, QUANTILES
from loadgen.report.charts.grouped import grouped
from loadgen.report.charts.known import known
from loadgen.report.charts.library import Axes, Figure, FuncFormatter, LogLocator, NullLocator
from loadgen.report.charts.texts import operation
from loadgen.report.contents import Report, Row
from loadgen.verdict.sentences import response_time

AXIS = 30
"""Pixels for the figures below."""


def response_times(report: Report) -> Chart:
    """The chart, on a logarithmic scale: an operation takes milliseconds, another seconds."""
    rows = [_whole(report, row) for row in operations(report)]
    found = [row for row in rows if row.count and _values(row)]
    allowed = sorted({bound.seconds for bound in report.bounds})
    return Chart(
        name="response_time_by_endpoint",
        title="Response times by operation",
        alt=_alt(found),
        figure=lambda look: _drawn(look, found, allowed) if found else nothing(look, NO_OPERATION),
    )


def _whole(report: Report, row: Row) -> Row:
    """With the quantiles of the chart."""
    return structs.replace(row, quantiles={name: known(report, row, name) for name in QUANTILES})


def _values(row: Row) -> list[float]:
    """The times that are known and can stand on the scale."""
    found = (row.minimum, row.maximum, row.mean, *(row.quantiles.get(name) for name in QUANTILES))
    return [value for value in found if value]


def _drawn(look: Look, rows: Sequence[Row], allowed: Sequence[float]) -> Figure:
    entries = [Entry(colour, name.upper(), mark="o") for name, colour in QUANTILES.items()]
    entries += [
        Entry(LIGHT["ink"], "mean", mark="|"),
        Entry(LIGHT["unknown"], "fastest to slowest success of the whole run"),
    ]
    entries += [Entry(LIGHT["bad"], f"bound {response_time(bound)}", dashed=True) for bound in allowed]
    place = grouped(look, [(row.test_type, row.name) for row in rows], entries, AXIS)
    axes = place.axes
    every = [*allowed, *(value for row in rows for value in _values(row))]
    axes.set_xscale("log")
    axes.set_xlim(min(every) / 1.3, max(every) * 1.3)
    _marks(axes, look, [line + 0.5 for line in place.lines], rows)
    for bound in allowed:
        axes.axvline(bound, color=LIGHT["bad"], linestyle=(0, (4, 3)), linewidth=1.5)
    _scaled(axes, look)
    return place.canvas.figure


def _marks(axes: Axes, look: Look, places: Sequence[float], rows: Sequence[Row]) -> None:
    """All of a kind at once: thousands of pieces would make the page long."""
    size = 6 if look.narrow else 8
    every = list(zip(places, rows, strict=True))
    whole = [(y, row.minimum, row.maximum) for y, row in every if row.minimum and row.maximum]
    y, low, high = _columns(whole, 3)
    axes.hlines(y, low, high, color=LIGHT["unknown"], linewidth=1.5, zorder=2)
    spans = [
        (y, known[0], known[-1]) for y, row in every if (known := [v for q in QUANTILES if (v := row.quantiles.get(q))])
    ]
    y, low, high = _columns(spans, 3)
    axes.hlines(y, low, high, color=LIGHT["band"], linewidth=size, zorder=3)
    means = [(row.mean, y) for y, row in every if row.mean]
    axes.plot(*_columns(means, 2), "|", markersize=size + 5, color=LIGHT["ink"], markeredgewidth=2, zorder=4)
    for name, colour in QUANTILES.items():
        found = [(value, y) for y, row in every if (value := row.quantiles.get(name))]
        axes.plot(*_columns(found, 2), "o", markersize=size, color=colour, markeredgewidth=0, zorder=5)


def _columns(rows: Sequence[tuple[float, ...]], count: int) -> list[list[float]]:
    return [[row[place] for row in rows] for place in range(count)]


def _scaled(axes: Axes, look: Look) -> None:
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0,) if look.narrow else (1.0, 3.0)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: response_time(value)))
    bare(axes)
    axes.grid(visible=True, axis="x")


def _alt(rows: Sequence[Row]) -> str:
    told = (
        f"{operation(row.test_type, row.name)} "
        + ", ".join(
            f"{name.upper()} {response_time(value)}" for name in QUANTILES if (value := row.quantiles.get(name))
        )
        for row in rows
    )
    return f"Response times of each operation over the judged phases: {'; '.join(told)}." if rows else NO_OPERATION
