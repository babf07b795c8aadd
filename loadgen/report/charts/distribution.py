"""How the response times of the judged phases are distributed: how many in which time, and how many within it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate

from loadgen.criteria.shares import percent
from loadgen.model.plan import Plan
from loadgen.model.quantities import complement
from loadgen.report.charts.canvas import Canvas, Entry, bare, nothing
from loadgen.report.charts.chart import Chart, Look
from loadgen.report.charts.colours import LIGHT, TEST_TYPES
from loadgen.report.charts.library import Axes, Figure, FixedLocator, FuncFormatter, LogLocator, NullLocator
from loadgen.report.charts.texts import shown
from loadgen.report.contents import Distribution, Report
from loadgen.verdict.sentences import response_time

NONE = "No operation was counted in the judged phases, so no response times are known."
ALL_FAILED = "All {} judged operations failed in the judged phases, so no response times are known."


def distribution(report: Report, plan: Plan) -> Chart:
    """A line for each test type, over the time on a logarithmic scale."""
    found = [one for one in report.distributions if one.test_type and not one.name and sum(one.counts)]
    allowed = sorted({bound.seconds for bound in report.bounds})
    goals = sorted({complement(one.bound) for one in plan.criteria if one.kind == "latency" and one.bound is not None})
    count = sum(sum(one.counts) for one in found)
    why = ALL_FAILED.format(count) if count else NONE
    return Chart(
        name="distribution",
        title="Distribution of the response times",
        alt=_alt(found, allowed) if any(map(_seen, found)) else why,
        figure=lambda look: _drawn(look, found, allowed, goals) if any(map(_seen, found)) else nothing(look, why),
    )


def _seen(one: Distribution) -> bool:
    return any(one.counts[:-1])


def _drawn(look: Look, found: Sequence[Distribution], allowed: Sequence[float], goals: Sequence[float]) -> Figure:
    left, right, heights = (46, 10, (110, 130)) if look.narrow else (74, 16, (170, 190))
    entries = [Entry(TEST_TYPES.get(one.test_type, LIGHT["achieved"]), _word(one)) for one in found]
    entries += [Entry(LIGHT["bad"], f"bound {response_time(bound)}", dashed=True) for bound in allowed]
    head, line = Canvas(look, 1).legend_height(left, right, entries) + 8, look.text + 12
    canvas = Canvas(look, head + sum(heights) + 2 * line + 44)
    canvas.legend(2, left, right, entries)
    top = head
    for title, height, draw in (
        ("Share of all operations, by time", heights[0], _densities),
        ("Share that succeeded within the time", heights[1], lambda axes, found: _within(axes, found, goals)),
    ):
        canvas.text(left, top + 4, title, weight="bold")
        axes = canvas.axes(top + line, height, left, right)
        draw(axes, found)
        _scaled(axes, look, found, allowed)
        top += line + height + 18
    return canvas.figure


def _word(one: Distribution) -> str:
    return f"{shown(one.test_type, 20)}{'' if _seen(one) else ': all failed'}"


def _densities(axes: Axes, found: Sequence[Distribution]) -> None:
    """Buckets differ in width, so that a bound is an edge: what is shown is the share per doubling of the time."""
    for one in found:
        colour = TEST_TYPES.get(one.test_type, LIGHT["achieved"])
        edges, total = _edges(one), sum(one.counts)
        shares = [
            count / total / math.log2(high / low)
            for count, low, high in zip(one.counts[:-1], edges[:-1], edges[1:], strict=True)
        ]
        axes.stairs(shares, edges, color=colour, linewidth=2)
        axes.stairs(shares, edges, color=colour, alpha=0.12, fill=True, linewidth=0)
    axes.set_ylim(bottom=0)
    axes.set_yticks([])


def _within(axes: Axes, found: Sequence[Distribution], goals: Sequence[float]) -> None:
    for one in found:
        total = sum(one.counts)
        shares = [count / total for count in accumulate(one.counts[:-1])]
        axes.plot(one.edges, shares, color=TEST_TYPES.get(one.test_type, LIGHT["achieved"]))
    for goal in goals:
        axes.axhline(goal, color=LIGHT["bad"], linewidth=1.5, linestyle=(0, (4, 3)))
    axes.set_ylim(0, 1.03)
    axes.yaxis.set_major_locator(FixedLocator([0, 0.5, *(goals or [1])]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value)))


def _edges(one: Distribution) -> list[float]:
    """With a lower one for the first bucket, which has none."""
    first, second = one.edges[0], one.edges[1] if len(one.edges) > 1 else 2 * one.edges[0]
    return [first * first / second, *one.edges]


def _scaled(axes: Axes, look: Look, found: Sequence[Distribution], allowed: Sequence[float]) -> None:
    spans = [(edge, count) for one in found for edge, count in zip(one.edges, one.counts, strict=False) if count]
    low, high = min(edge for edge, _ in spans), max([edge for edge, _ in spans] + list(allowed))
    axes.set_xscale("log")
    axes.set_xlim(low / 1.6, high * 1.3)
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0,) if look.narrow else (1.0, 2.0, 5.0)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: response_time(value)))
    bare(axes)
    axes.grid(visible=True)
    for bound in allowed:
        axes.axvline(bound, color=LIGHT["bad"], linestyle=(0, (4, 3)), linewidth=1.5)


def _alt(found: Sequence[Distribution], allowed: Sequence[float]) -> str:
    told = []
    for one in found:
        for bound in allowed:
            within = sum(count for edge, count in zip(one.edges, one.counts, strict=False) if edge <= bound)
            told.append(f"{one.test_type}: {percent(within / sum(one.counts))} succeeded within {response_time(bound)}")
    return f"Distribution of the response times. {'; '.join(told)}."
