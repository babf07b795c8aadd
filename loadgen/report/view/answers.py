"""The top of the page: what failed, when, why, and whether the target recovered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from loadgen.criteria.shares import percent
from loadgen.model.quantities import clock_text
from loadgen.model.record import COMPLETED
from loadgen.model.verdict import FAIL, FAILED, INVALID, PASS, PASSED, UNKNOWN, Line
from loadgen.report.contents import Report, Row
from loadgen.report.firings import Breach, breach
from loadgen.report.view.words import BROKEN, HOLDS, QUIET, STATUSES, WARNING, Mark, most_users
from loadgen.verdict.sentences import figure, figures, response_time

MOST = 6
"""Lines of an answer; the rest is counted, and stands in the tables."""

NOTE = Mark("·", QUIET, "")
GAVE_WAY = Mark("◆", WARNING, "")
NOT_THE_CAUSE = ("generator-late", "generator-cpu", "users")
"""The validity checks that together tell the target's slowness from the generator's."""
SPANS = 2
"""Stretches of an earlier breach that are told."""


class Point(Struct, frozen=True):
    """A line of an answer: its sign, what it is about, and what it says."""

    mark: Mark
    about: str
    text: str


class Answer(Struct, frozen=True):
    """A question that a reader has, answered."""

    question: str
    points: tuple[Point, ...]


def answers(report: Report) -> tuple[Answer, ...]:
    """In the order in which people ask."""
    head = {FAIL: _failed, PASS: _passed}.get(report.verdict, _invalid)(report)
    why = "Why: what gave way first" if report.verdict == FAIL else "What gave way first"
    tail = (Answer(why, tuple(_why(report))), Answer(*_afterwards(report)))
    return tuple(_cut(answer) for answer in (*head, *tail) if answer.points)


def _cut(answer: Answer) -> Answer:
    if len(answer.points) <= MOST:
        return answer
    more = Point(NOTE, "", f"and {len(answer.points) - MOST + 1} more, in the table of criteria below")
    return Answer(answer.question, (*answer.points[: MOST - 1], more))


def _failed(report: Report) -> Iterator[Answer]:
    lost = [line for line in report.criteria if line.status == FAILED]
    yield Answer("What failed", tuple(Point(STATUSES[FAILED], line.criterion, line.sentence) for line in lost))
    found = sorted(((breach(report, line.criterion), line) for line in lost), key=lambda pair: _since(pair[0]))
    yield Answer("When", tuple(Point(NOTE, _time(told), _when(told, line)) for told, line in found))


def _since(told: Breach) -> float:
    return float("inf") if told.since is None else told.since


def _time(told: Breach) -> str:
    return "At the end" if told.since is None else f"From {clock_text(told.since)}"


def _when(told: Breach, line: Line) -> str:
    """Until when it was so before; and the phase that broke, whose figures stand in the table of criteria."""
    broke = str(line.details.get("broke_at", "")).partition(": ")[0]
    where = f"the first phase to break was {broke}" if broke else "judged over the run as a whole"
    spans = [f"{clock_text(start)} to {clock_text(end)}" for start, end in told.earlier[:SPANS]]
    more = f" and {len(told.earlier) - SPANS} times more" if len(told.earlier) > SPANS else ""
    before = f"breached for a while before ({', '.join(spans)}{more}); " if spans else ""
    to_the_end = "" if told.since is None else " breached to the end;"
    return f"{line.criterion}{to_the_end or ':'} {before}{where}"


def _passed(report: Report) -> Iterator[Answer]:
    held = sorted(report.criteria, key=lambda line: float("inf") if line.margin is None else line.margin)
    closest = (Point(STATUSES[line.status], line.criterion, _against(line)) for line in held[:3])
    yield Answer("What came closest to failing", tuple(closest))
    yield Answer("What the target carried", tuple(_carried(report)))


def _against(line: Line) -> str:
    measured, bound = figures(line.measured, line.bound, line.unit)
    margin = "" if line.margin is None else f", margin {percent(line.margin)}"
    return f"{measured}, bound {bound}{margin}"


def _carried(report: Report) -> Iterator[Point]:
    """In the phases that count; and in the busiest phase, where that is another."""
    yield Point(NOTE, "", f"Up to {most_users(report)} users at once")
    for row in report.rows[:1]:
        yield Point(NOTE, f"In {', '.join(report.counted_phases)}", _in_short(row))
    phases = [row for row in report.phase_rows if not row.test_type and row.rate is not None]
    busiest = max(phases, key=lambda row: row.count, default=None)
    if busiest is not None and busiest.phase not in report.counted_phases:
        yield Point(NOTE, f"In {busiest.phase}, not judged", _in_short(busiest))


def _in_short(row: Row) -> str:
    failed = f"{figure(row.failure_share, 'ratio')} failed" if row.failure_share is not None else "none counted"
    rate = "" if row.rate is None else f"{figure(row.rate, 'operations per second')}, "
    within = f", P95 {response_time(row.quantiles['p95'])}" if row.quantiles.get("p95") is not None else ""
    return f"{rate}{failed}{within}"


def _invalid(report: Report) -> Iterator[Answer]:
    early = report.outcome != COMPLETED
    cause = [Point(STATUSES[UNKNOWN], "", report.sentence)]
    broken = [Point(BROKEN, check.id, check.sentence) for check in report.validity if not check.ok]
    unknown = [line for line in report.criteria if line.status == UNKNOWN]
    unsure = [Point(STATUSES[UNKNOWN], line.criterion, line.sentence) for line in unknown]
    if early and unknown:
        names = ", ".join(line.criterion for line in unknown)
        unsure = [Point(STATUSES[UNKNOWN], "", f"Not judged, for the run ended before its time: {names}")]
    found = [*broken, *_alike(unsure)]
    yield Answer("Why it cannot tell", tuple([*cause, *found] if early else found or cause))
    known = (line for line in report.criteria if line.status in {PASSED, FAILED})
    measured = tuple(Point(STATUSES[line.status], line.criterion, _against(line)) for line in known)
    yield Answer("What was measured all the same", measured)


def _why(report: Report) -> Iterator[Point]:
    if report.saturation is not None:
        yield Point(GAVE_WAY if report.saturation.first else NOTE, "", report.saturation.sentence)
    elif report.started is not None:
        yield Point(NOTE, "", "Which resource gave way first is not known: this run measured none.")
    if reasons := failure_reasons(report):
        told = ", ".join(f"{count} × {reason}" for reason, count in reasons[:4])
        yield Point(NOTE, "Failed operations", f"by reason, whole run: {told}")
    yield from _acquitted(report)


def _acquitted(report: Report) -> Iterator[Point]:
    """The generator is not to blame where something failed and all of its checks were made and hold."""
    own = [check for check in report.validity if check.id in NOT_THE_CAUSE]
    proven = len(own) == len(NOT_THE_CAUSE) and all(check.ok and check.measured is not None for check in own)
    if report.verdict == FAIL and proven:
        yield Point(HOLDS, "Not the generator", " ".join(check.sentence for check in own))


def failure_reasons(report: Report) -> list[tuple[str, int]]:
    """Failures of the whole run by reason, the most frequent first."""
    found: dict[str, int] = {}
    for row in report.phase_rows:
        if not row.test_type and not row.name:
            for reason, count in row.reasons.items():
                found[reason] = found.get(reason, 0) + count
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))


def _afterwards(report: Report) -> tuple[str, tuple[Point, ...]]:
    """Recovery where it was judged; else what the load was, unless that has been said."""
    said = report.verdict == INVALID and all(one.status == UNKNOWN for one in report.recovery)
    if report.recovery and not said:
        points = (Point(STATUSES[one.status], one.test_type, one.sentence) for one in report.recovery)
        return "Recovery after the spike", tuple(_alike(points))
    return "What the target carried", tuple(_carried(report)) if report.verdict != PASS and report.rows else ()


def _alike(points: Iterable[Point]) -> Iterator[Point]:
    """Points that say the same as one, about all of them."""
    found: dict[tuple[str, str], list[Point]] = {}
    for point in points:
        found.setdefault((point.mark.word, point.text), []).append(point)
    for same in found.values():
        yield Point(same[0].mark, ", ".join(point.about for point in same), same[0].text)
