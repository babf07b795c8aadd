"""The run in the order in which it happened: phases, breaches, what gave way, recovery, and what else was noted."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from loadgen.criteria.kind import BURNING
from loadgen.model.measured import GENERATOR_ROLE
from loadgen.model.plan import Phase
from loadgen.model.quantities import clock_text, duration_text
from loadgen.model.verdict import FAILED
from loadgen.query.alarms import FIRING
from loadgen.report.contents import Report
from loadgen.report.firings import breach
from loadgen.report.view.words import BAD, GOOD, QUIET, WARNING, Mark, cut_short, most_users
from loadgen.verdict.saturation import figure, title

MOST = 60
"""Entries; a run with more of them is one in which everything comes and goes."""

PHASE, NOTE = Mark("▸", QUIET, "phase"), Mark("●", QUIET, "noted")
BREACH, WHILE = Mark("✕", BAD, "breached"), Mark("✕", WARNING, "breached for a while")
EARLY = Mark("!", WARNING, "early warning")
LIMIT, BACK = Mark("◆", WARNING, "at its limit"), Mark("✓", GOOD, "recovered")


class Moment(Struct, frozen=True):
    """Something that happened. `at`: seconds of plan time."""

    at: float
    mark: Mark
    text: str


class Entry(Struct, frozen=True):
    """A moment as it is read."""

    time: str
    mark: Mark
    text: str


class Story(Struct, frozen=True):
    """The entries, and how many beyond MOST were left out."""

    entries: tuple[Entry, ...]
    left_out: int


def story(report: Report) -> Story:
    """Nothing at all when no load was sent."""
    if report.started is None:
        return Story((), 0)
    moments = sorted(
        (*_phases(report), *_alerts(report), *_limits(report), *_back(report), *_noted(report)), key=_order
    )
    return Story(
        entries=tuple(Entry(clock_text(moment.at), moment.mark, moment.text) for moment in moments[:MOST]),
        left_out=max(0, len(moments) - MOST),
    )


def _order(moment: Moment) -> float:
    """Those that people read at the same time stay in the order of their kinds."""
    return float(max(0, int(moment.at)))


def _users(report: Report, phase: Phase) -> int:
    """So many were planned; there never were more than were seen."""
    planned = (stage["to_users"] for stage in report.plan["stages"] if stage["phase"] == phase.name)
    return min(max(planned, default=0), most_users(report))


def _told(report: Report, phase: Phase) -> str:
    judged = "judged" if phase.judged else "not judged"
    cut = ", cut short" if cut_short(report, phase) else ""
    return f"{phase.name} begins: up to {_users(report, phase)} users for {_length(phase)}{cut}, {judged}"


def _length(phase: Phase) -> str:
    return duration_text(round(phase.end - phase.start, 1))


def _phases(report: Report) -> Iterator[Moment]:
    for phase in report.phases:
        yield Moment(phase.start, PHASE, _told(report, phase))
    missing = duration_text(round(report.planned - report.load_end, 1))
    early = f" early, {missing} before its time" if report.load_end < report.planned else ""
    yield Moment(report.load_end, PHASE, f"The load ends{early}")


def _alerts(report: Report) -> Iterator[Moment]:
    """Breaches and first early warnings; those that read alike at the same moment as one."""
    found: dict[tuple[int, Mark, str], list[str]] = {}
    for at, mark, words, criterion in (*_breaches(report), *_warnings(report)):
        found.setdefault((int(at), mark, words), []).append(criterion)
    for (at_second, mark, words), criteria in found.items():
        yield Moment(float(at_second), mark, words.format(", ".join(criteria)))


Told = tuple[float, Mark, str, str]
"""Seconds of plan time, the mark, what is said with a place for the criterion, and the criterion."""


def _breaches(report: Report) -> Iterator[Told]:
    """Only a criterion that failed is broken from some moment on; one that passed may have been for a while."""
    for line in report.criteria:
        found = breach(report, line.criterion)
        if found.since is not None and line.status == FAILED:
            yield found.since, BREACH, "{} breached from here to the end", line.criterion
        for start, end in found.earlier:
            yield start, WHILE, f"{{}} breached for a while, until {clock_text(end)}", line.criterion


def _warnings(report: Report) -> Iterator[Told]:
    first: dict[str, float] = {}
    for alert in report.alerts:
        if alert.state == FIRING and alert.labels.get("role") == BURNING:
            first.setdefault(alert.labels.get("criterion", ""), alert.at - (report.started or 0.0))
    for criterion, at in first.items():
        yield at, EARLY, "Early warning: {}", criterion


def _limits(report: Report) -> Iterator[Moment]:
    for use in report.resources:
        if use.role == GENERATOR_ROLE or use.reached is None:
            continue
        first = " (the first to give way)" if report.saturation and report.saturation.first == use.id else ""
        until = "to the end of the load" if use.left is None else f"until {clock_text(use.left)}"
        limit = figure(use.limit, use.unit)
        name = title(use)
        yield Moment(use.reached, LIMIT, f"{name[:1].upper()}{name[1:]} at its limit of {limit}, {until}{first}")


def _back(report: Report) -> Iterator[Moment]:
    """Those that were back at the same time as one."""
    found: dict[float, list[str]] = {}
    for one in report.recovery:
        if isinstance(one.seconds, float):
            found.setdefault(one.spike_end + one.seconds, []).append(one.test_type)
    for at, test_types in found.items():
        yield Moment(at, BACK, f"{', '.join(test_types)} back to normal")


def _noted(report: Report) -> Iterator[Moment]:
    for event in report.events:
        yield Moment(event.at - (report.started or 0.0), NOTE, event.text)
