"""The run over time, in panels below each other: what was judged when, load, answers, failures and resources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import isnan

from loadgen.criteria.shares import percent
from loadgen.model.quantities import clock_text
from loadgen.report.charts.breaches import breaches
from loadgen.report.charts.canvas import Canvas, Entry, nothing
from loadgen.report.charts.chart import Chart, Look
from loadgen.report.charts.colours import LIGHT, REASONS, TEST_TYPES
from loadgen.report.charts.curves import Curve, curves, place_of, total
from loadgen.report.charts.known import Stretch, lost, said, strips, why
from loadgen.report.charts.library import Axes, Figure
from loadgen.report.charts.recovered import recovered
from loadgen.report.charts.resources import first_of
from loadgen.report.charts.texts import shown
from loadgen.report.charts.time_axis import Panel, TimeAxis
from loadgen.report.contents import Report
from loadgen.verdict.sentences import response_time

NO_LOAD = "No load was sent, so nothing is known over time."


def timeline(report: Report) -> Chart:
    """The chart; what gave way first is a line through all panels."""

    def figure(look: Look) -> Figure:
        return nothing(look, NO_LOAD) if report.started is None else _drawn(report, look).figure

    return Chart(name="timeline", title="The run over time", alt=_alt(report), figure=figure)


def _drawn(report: Report, look: Look) -> Canvas:
    time = TimeAxis.of(report)
    panels = [
        *breaches(report, time),
        _users(report, time),
        _rate(report, time),
        _latency(report, time),
        _failed(report, time),
        *first_of(report, time),
    ]
    return time.stacked(look, panels, _marks(report))


def _marks(report: Report) -> list[float]:
    """When something gave way."""
    return [report.saturation.at] if report.saturation and report.saturation.at is not None else []


def _users(report: Report, time: TimeAxis) -> Panel:
    wanted, there = total(curves(report, time, "users_target")), total(curves(report, time, "users"))

    def draw(axes: Axes, _: Look) -> None:
        for curve in wanted:
            axes.plot(curve.x, curve.y, color=LIGHT["unknown"], linestyle=(0, (4, 3)), drawstyle="steps-post")
        for curve in there:
            axes.plot(curve.x, curve.y, color=LIGHT["achieved"], drawstyle="steps-post")

    entries = [Entry(LIGHT["achieved"], "running"), Entry(LIGHT["unknown"], "planned", dashed=True)]
    return Panel("Users", entries, draw, _plain, 90, "" if wanted or there else "not measured")


def _rate(report: Report, time: TimeAxis) -> Panel:
    found = curves(report, time, "rate")
    return Panel(
        "All operations per second",
        _types(curve.name for curve in found),
        _lines(found),
        _plain,
        90,
        "" if found else "not measured",
    )


def _latency(report: Report, time: TimeAxis) -> Panel:
    found = curves(report, time, "p95")
    allowed = sorted({bound.seconds for bound in report.bounds})
    gone = dict(_lost(report, time))
    without = [(TEST_TYPES.get(one, LIGHT["achieved"]), stretches) for one, stretches in gone.items()]

    def draw(axes: Axes, look: Look) -> None:
        _lines(found)(axes, look)
        for bound in allowed:
            axes.axhline(bound, color=LIGHT["bad"], linestyle=(0, (4, 3)), linewidth=1.5)
        strips(axes, without)
        top = max([*(curve.highest for curve in found), *allowed], default=1.0)
        axes.set_ylim(top=top * 1.12)
        recovered(report, axes, look)

    entries = [
        *_types(sorted({curve.name for curve in found} | {*gone}, key=place_of)),
        *(Entry(LIGHT["bad"], f"bound {response_time(bound)}", dashed=True) for bound in allowed),
        *([Entry(LIGHT["unknown"], f"{why('p95')} (bars below)", mark="s")] if without else []),
    ]
    empty = "" if found or without else "not measured"
    return Panel("P95 response time of judged operations", entries, draw, response_time, 150, empty)


def _lost(report: Report, time: TimeAxis) -> list[tuple[str, list[Stretch]]]:
    """While which test types had no P95 for all their failures."""
    every = [curve.name for curve in curves(report, time, "error_rate")]
    return [(one, gone) for one in every if (gone := lost(report, time, "p95", one))]


def _failed(report: Report, time: TimeAxis) -> Panel:
    found = _by_reason(report, time)
    if not found:
        return _failed_share(report, time)

    def draw(axes: Axes, _: Look) -> None:
        ys = [[0.0 if isnan(value) else value for value in curve.y] for curve in found]
        axes.stackplot(found[0].x, ys, colors=REASONS[: len(found)], linewidth=0)

    entries = [Entry(colour, shown(curve.name, 30)) for colour, curve in zip(REASONS, found, strict=False)]
    return Panel("All failures per second, by reason", entries, draw, _plain, 90)


def _by_reason(report: Report, time: TimeAxis) -> list[Curve]:
    """The reasons that occurred, the most frequent first; the rarest are one."""
    found = [curve for curve in curves(report, time, "failures", "reason") if curve.highest]
    found.sort(key=lambda curve: -sum(value for value in curve.y if not isnan(value)))
    room = len(REASONS) - 1
    if len(found) <= room + 1:
        return found
    rest = total(found[room:])[0]
    return [*found[:room], Curve(f"{len(found) - room} other reasons", rest.x, rest.y)]


def _failed_share(report: Report, time: TimeAxis) -> Panel:
    found = curves(report, time, "error_rate")
    none = bool(found) and not any(curve.highest for curve in found)
    why = "no operation failed" if none else "not measured"
    shows = bool(found) and not none
    entries = _types(curve.name for curve in found) if shows else []
    return Panel(
        "Failed, share of all operations", entries, _lines(found), percent, 90 if shows else 34, "" if shows else why
    )


def _types(names: Iterable[str]) -> list[Entry]:
    return [Entry(TEST_TYPES.get(name, LIGHT["achieved"]), shown(name or "all", 20)) for name in names]


def _lines(found: Sequence[Curve]) -> Callable[[Axes, Look], None]:
    def draw(axes: Axes, _: Look) -> None:
        for curve in found:
            axes.plot(curve.x, curve.y, color=TEST_TYPES.get(curve.name, LIGHT["achieved"]))

    return draw


def _plain(value: float) -> str:
    return f"{value:,.4g}"


def _alt(report: Report) -> str:
    """What is to be seen, panel by panel."""
    if report.started is None:
        return NO_LOAD
    time = TimeAxis.of(report)
    phases = ", ".join(f"{shown(one.name, 30)} from {clock_text(one.start)}" for one in report.phases)
    users = max((curve.highest for curve in total(curves(report, time, "users"))), default=0.0)
    slowest = ", ".join(f"{one.name} {response_time(one.highest)}" for one in curves(report, time, "p95"))
    reasons = ", ".join(shown(one.name, 30) for one in _by_reason(report, time))
    told = [
        f"Phases: {phases}.",
        f"At most {users:.0f} users.",
        f"Highest P95 of judged operations: {slowest or 'not measured'}.",
    ]
    told += [f"{shown(one, 20)}: {said('p95', gone)}." for one, gone in _lost(report, time)]
    told += [f"Failures: {reasons}."] if reasons else []
    return " ".join([*told, *([report.saturation.sentence] if report.saturation else [])])
