"""The run in the order in which it happened: phases, breaches, what gave way, recovery, and what else was noted."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from msgspec import Struct

from loadgen.criteria.kind import ACCEPTANCE, BURNING
from loadgen.model.measured import GENERATOR_ROLE
from loadgen.model.plan import Phase
from loadgen.model.quantities import clock_text, duration_text
from loadgen.model.verdict import FAILED
from loadgen.query.alarms import FIRING
from loadgen.report.contents import Report
from loadgen.report.view.words import BAD, GOOD, QUIET, WARNING, Mark
from loadgen.verdict.saturation import figure, title

MOST = 60
"""Entries; a run with more of them is one in which everything comes and goes."""

PHASE, NOTE = Mark("▸", QUIET, "phase"), Mark("●", QUIET, "noted")
BREACH, EARLY = Mark("✕", BAD, "broken"), Mark("!", WARNING, "early warning")
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
    return max((stage["to_users"] for stage in report.plan["stages"] if stage["phase"] == phase.name), default=0)


def _told(report: Report, phase: Phase) -> str:
    judged = "judged" if phase.judged else "not judged"
    return f"{phase.name} begins: up to {_users(report, phase)} users for {_length(phase)}, {judged}"


def _length(phase: Phase) -> str:
    return duration_text(round(phase.end - phase.start, 1))


def _phases(report: Report) -> Iterator[Moment]:
    for phase in report.phases:
        yield Moment(phase.start, PHASE, _told(report, phase))
    ended = report.planned if report.ended is None else min(report.planned, report.ended - (report.started or 0.0))
    early = (
        "" if ended >= report.planned else f" early, {duration_text(round(report.planned - ended, 1))} before its time"
    )
    yield Moment(ended, PHASE, f"The load ends{early}")


def _alerts(report: Report) -> Iterator[Moment]:
    """First firings of acceptance alerts of criteria that failed, and early warnings; those of a moment as one."""
    lost = {line.criterion for line in report.criteria if line.status == FAILED}
    roles = ((ACCEPTANCE, BREACH, "{} broken for good"), (BURNING, EARLY, "Being breached: {}"))
    for role, mark, words in roles:
        first: dict[str, float] = {}
        for alert in report.alerts:
            criterion = alert.labels.get("criterion", "")
            if alert.state == FIRING and alert.labels.get("role") == role and (role == BURNING or criterion in lost):
                first.setdefault(criterion, alert.at - (report.started or 0.0))
        for at, found in groupby(sorted(first, key=lambda one: int(first[one])), key=lambda one: int(first[one])):
            yield Moment(float(at), mark, words.format(", ".join(found)))


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
