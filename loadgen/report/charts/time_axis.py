"""The time of a run as an axis, with its phases, and the panels that stand below each other on it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loadgen.model.evidence import Series
from loadgen.model.plan import COOLDOWN, SPIKE, Phase
from loadgen.model.quantities import clock_text
from loadgen.report.charts.canvas import LETTER, Canvas, Entry, along_x, bare
from loadgen.report.charts.chart import Look
from loadgen.report.charts.colours import LIGHT
from loadgen.report.charts.library import Axes, FixedLocator, FuncFormatter, MaxNLocator, NullLocator, Rectangle
from loadgen.report.charts.texts import shown
from loadgen.report.contents import Report

STEPS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
"""Seconds between the figures below the axis; of a longer one multiples of the last."""

LONGEST, SETTLED = 2, 300.0
"""So many times the planned length and these seconds is what is drawn: a record that says more is broken."""

AXIS, GAP = 24, 14
"""Pixels for the figures below the last panel, and between panels."""


NARROWER = 0.72
"""Of the height, in a narrow chart."""


@dataclass(frozen=True)
class Panel:
    """One area. `draw` puts what there is into it; `words` tells a value of its scale, which begins at 0."""

    title: str
    entries: Sequence[Entry]
    draw: Callable[[Axes, Look], None]
    words: Callable[[float], str] | None
    """None: it has no scale."""
    height: float = 120.0
    """Pixels of the area in a wide chart."""
    empty: str = ""
    """Why there is nothing to see; empty when there is something."""


class TimeAxis:
    """Seconds of plan time, from the start of the load to its end."""

    def __init__(self, start: float, end: float, phases: Sequence[Phase]) -> None:
        self.start, self.end, self.phases = start, max(end, 1.0), phases

    @classmethod
    def of(cls, report: Report) -> TimeAxis:
        """That of a run."""
        return cls(report.started or 0.0, _end(report), report.phases)

    def seconds(self, series: Series) -> list[float]:
        """The moments of a series in plan time."""
        return [at - self.start for at in series.times]

    def stacked(self, look: Look, panels: Sequence[Panel], marks: Sequence[float] = ()) -> Canvas:
        """The panels below each other, the phases above them; a line through all of them at every mark."""
        left, right = (46, 6) if look.narrow else (74, 16)
        top, places = (look.text + 18 if self.phases else 4), []
        for panel in panels:
            head = look.text + 8
            beside = left if look.narrow else left + LETTER * (look.text + 1) * len(panel.title) + 24
            lines = Canvas(look, 1).legend_height(beside, right, panel.entries)
            head += lines if look.narrow else max(0.0, lines - look.text - 4)
            height = panel.height * (NARROWER if look.narrow else 1)
            places.append((panel, top, beside, head, height))
            top += head + height + GAP
        canvas = Canvas(look, top - GAP + AXIS)
        for panel, begin, beside, head, height in places:
            axes = canvas.axes(begin + head, height, left, right)
            self._headed(canvas, panel, begin, left, beside, right)
            self._panel(axes, look, panel, last=panel is panels[-1])
            for mark in marks:
                axes.axvline(mark, color=LIGHT["bad"], linewidth=1, zorder=6)
            if panel is panels[0]:
                self._named(axes, look, (head + height + 6) / height)
        return canvas

    def _headed(self, canvas: Canvas, panel: Panel, top: float, left: float, beside: float, right: float) -> None:
        look = canvas.look
        canvas.text(left, top + look.text / 2 + 1, panel.title, weight="bold", va="center_baseline")
        canvas.legend(top + (look.text + 6 if look.narrow else 2), beside, right, panel.entries)

    def _panel(self, axes: Axes, look: Look, panel: Panel, *, last: bool) -> None:
        axes.set_xlim(0, self.end)
        self.shade(axes)
        bare(axes)
        if panel.empty:
            axes.text(0.5, 0.5, panel.empty, transform=axes.transAxes, ha="center", va="center", color=LIGHT["muted"])
            axes.set_yticks([])
        else:
            panel.draw(axes, look)
            axes.set_ylim(bottom=0)
            _graded(axes, look, panel)
        # marks cost most of the time that a chart takes, even those that nobody sees
        axes.xaxis.set_major_locator(FixedLocator(self.ticks(look)) if last else NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: clock_text(value)))
        axes.plot([0, 1], [0, 0], transform=axes.transAxes, color=LIGHT["unknown"], linewidth=1)

    def ticks(self, look: Look) -> list[float]:
        """Moments for figures."""
        most = 5 if look.narrow else 14
        step = next(
            (one for one in STEPS if self.end / one <= most), STEPS[-1] * math.ceil(self.end / STEPS[-1] / most)
        )
        return [float(at) for at in range(0, int(self.end) + 1, step)]

    def shade(self, axes: Axes) -> None:
        """A background for each phase: the spike stands out, what is not judged is grey."""
        for phase in self._seen():
            colour = _background(phase)
            if colour:
                axes.axvspan(phase.start, min(phase.end, self.end), facecolor=colour, linewidth=0, zorder=-2)
            if phase.start > 0:
                axes.axvline(phase.start, color=LIGHT["grid"], linewidth=1, zorder=-1)

    def _named(self, axes: Axes, look: Look, top: float) -> None:
        """The names of the phases in a line above, those for which there is room."""
        width = (look.width - (52 if look.narrow else 90)) / self.end
        for phase in self._seen():
            start, end = phase.start, min(phase.end, self.end)
            for word in _words(phase):
                if LETTER * (look.text - 1) * len(word) + 6 < (end - start) * width:
                    axes.text(
                        (start + end) / 2,
                        top,
                        word,
                        transform=along_x(axes),
                        ha="center",
                        va="bottom",
                        size=look.text - 1,
                        color=LIGHT["muted"],
                    )
                    break

    def _seen(self) -> list[Phase]:
        last = max((phase.end for phase in self.phases), default=0.0)
        drain = [Phase(name=COOLDOWN, start=last, end=self.end, judged=False)] if 0 < last < self.end else []
        return [phase for phase in (*self.phases, *drain) if phase.start < self.end]


def _graded(axes: Axes, look: Look, panel: Panel) -> None:
    """Figures beside the area; none where it has no scale."""
    if panel.words is None:
        axes.set_yticks([])
        return
    words, height = panel.words, panel.height * (NARROWER if look.narrow else 1)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=max(1, min(4, int(height / 24))), steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words(value)))
    axes.grid(visible=True, axis="y")


def _end(report: Report) -> float:
    """The last moment that is shown: the end of the last operation, or of the plan in a run that was completed."""
    planned = max((phase.end for phase in report.phases), default=report.planned)
    if report.started is None or report.ended is None:
        return planned
    lasted = report.ended - report.started
    lasted = min(lasted, LONGEST * (report.planned + SETTLED))
    return max(planned, lasted) if report.outcome == "completed" else lasted


def _background(phase: Phase) -> str | None:
    if phase.name == SPIKE:
        return LIGHT["shade-spike"]
    return None if phase.judged else LIGHT["shade"]


def _words(phase: Phase) -> Sequence[str]:
    """What a phase may be called, the longest first."""
    name = shown(phase.name, 30)
    short = name.removeprefix("ramp-")
    return (name, short) if phase.judged else (f"{name} (not judged)", name, short)


def rectangle(axes: Axes, start: float, end: float, low: float, high: float, colour: str) -> None:
    """A bar over a stretch of time, at shares of the height."""
    axes.add_patch(
        Rectangle(
            (start, low), end - start, high - low, transform=along_x(axes), facecolor=colour, linewidth=0, zorder=3
        )
    )
