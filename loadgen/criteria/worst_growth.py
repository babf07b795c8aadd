"""Of all that a growth criterion looks at, that which grew most: from series to one trend, or to why there is none."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec
from msgspec import Struct, convert

from loadgen.criteria.growing import LIFE, QUANTITIES, Growing, Source
from loadgen.criteria.scraped import Unseen, unseen
from loadgen.criteria.shares import bound_of
from loadgen.criteria.trend import BLOCKS, SLOWING, UNEVEN, Points, Trend, block_means, trend
from loadgen.model.evidence import Series
from loadgen.model.plan import Criterion, Plan
from loadgen.model.quantities import amount, clock_text, duration_text, share_text

LEAST = 4
"""Points that a block must have."""
FUZZ = 1e-3
"""Seconds, for sums of times that are not quite what they should be."""
LONGER = "Observe it longer: in a longer run, or with a larger time scale."


class Options(Struct, frozen=True, kw_only=True):
    """The kind's own figures. `start`, `end`: plan time of what is judged; `step`: seconds between its points."""

    quantity: str
    unit: str
    confidence: float
    start: float
    end: float
    step: float


class Worst(Struct, frozen=True, kw_only=True):
    """That which grew most."""

    trend: Trend | None = None
    subject: str = ""
    samples: int = 0
    count: int = 0
    """Of so many it is the one."""
    why: str = ""
    """Why there is no trend."""

    @property
    def grows(self) -> bool | None:
        """Whether it grew beyond the bound; None: not known."""
        return self.trend.grows if self.trend else None

    @property
    def decides(self) -> float | None:
        """The limit that decides; None: not known."""
        return self.trend.decides if self.trend else None


def options(criterion: Criterion) -> Options:
    """Raises msgspec.ValidationError for options that do not fit."""
    return convert(criterion.options, Options)


def quantity(criterion: Criterion) -> Growing:
    """What may grow. KeyError for what is not known."""
    return QUANTITIES[options(criterion).quantity]


def worst(criterion: Criterion, plan: Plan, started: float, series: Sequence[Series]) -> Worst:
    """`started`: Unix seconds of plan time 0; `series`: see `growth.series`."""
    looks = _Looks(criterion, plan, started, series)
    found = [one for source in quantity(criterion).sources if source.jobs(plan) for one in looks.at(source)]
    if not found:
        name = quantity(criterion).name
        why = f"No {name} were seen at all. See whether the target shows any, or write {name}: none under growth:."
        return Worst(why=why)
    return msgspec.structs.replace(max(found, key=_badness), count=len(found))


def _badness(one: Worst) -> tuple[int, float]:
    """One that grows is worst, then one of which it is not known, then whoever came closest to the bound."""
    rank = {True: 2, None: 1, False: 0}[one.grows]
    return rank, math.inf if one.trend is None else one.trend.low if one.grows else one.trend.high


class _Looks:
    """Looks at everything that a criterion is about."""

    def __init__(self, criterion: Criterion, plan: Plan, started: float, series: Sequence[Series]) -> None:
        self.criterion, self.plan, self.started, self.all = criterion, plan, started, series
        self.figures = options(criterion)
        self.series = [one for one in series if one.labels.get("criterion") == criterion.id]
        self.lives = {_key(one.labels, ("groupname",)): self._points(one) for one in self.series if one.name == LIFE}

    def at(self, source: Source) -> Iterator[Worst]:
        """Each of a sort, those included of which nothing was seen."""
        mine = [one for one in self.series if one.name == source.name]
        if source.lives:
            mine = [one for one in mine if _key(one.labels, source.by) in self.lives]
        blind = self._blind(source)
        shown = {one.labels.get("instance") for one in mine}
        for address, gap in blind.items():
            if address not in shown and (gap.start, gap.end) == self._stretch:  # what it has, nobody knows
                yield Worst(subject=address, why=gap.sentence(self.plan))
        names = {one.labels.get(label) for one in mine for label in source.by}
        for name in source.expected(self.plan.measured):
            if name not in names:
                subject = source.title.format(name)
                why = f"Nothing was seen of {subject}. Were they there, and an exporter that shows this of them?"
                yield Worst(subject=subject, why=why)
        yield from (self._one(source, one, blind.get(one.labels.get("instance", ""))) for one in mine)

    def _blind(self, source: Source) -> dict[str, Unseen]:
        """By address the endpoints of a source that were unseen for too long."""
        found = unseen(self.plan, self.started, self.all, source.jobs(self.plan), self._stretch)
        return {gap.scrape.address: gap for gap in found}

    @property
    def _stretch(self) -> tuple[float, float]:
        return self.figures.start, self.figures.end

    def _one(self, source: Source, series: Series, gap: Unseen | None) -> Worst:
        subject, points = source.subject(self.plan, series.labels), self._points(series)
        if source.lives:
            life = self.lives[_key(series.labels, source.by)]
            points = [(at, value) for at, value in points if at in dict(life)]
            if again := _again(life):
                return Worst(subject=subject, samples=len(points), why=_anew(subject, again))
        means = block_means(points, *self._stretch, LEAST)
        lost = self._lost(points)
        if gap is not None or lost is not None or means is None:
            return Worst(subject=subject, samples=len(points), why=self._too_little(subject, gap, lost))
        width = (self.figures.end - self.figures.start) / BLOCKS
        found = trend(means, width, bound_of(self.criterion), self.figures.confidence)
        return Worst(trend=found, subject=subject, samples=len(points))

    def _lost(self, points: Points) -> tuple[float, float] | None:
        """The first time without values: where one is missing, there was none for as long as validity allows."""
        (start, end), step = self._stretch, self.figures.step
        known = {round((at - start) / step) for at, _ in points}
        places = range(math.ceil((end - start) / step - FUZZ))
        first = next((place for place in places if place not in known), None)
        if first is None:
            return None
        again = next((place for place in places[first:] if place in known), None)
        return start + first * step, end if again is None else start + again * step

    def _too_little(self, subject: str, gap: Unseen | None, lost: tuple[float, float] | None) -> str:
        if gap is not None:
            return f"{gap.sentence(self.plan)} It shows {subject}."
        if lost is not None:
            since, until = map(clock_text, lost)
            return f"Of {subject} nothing was seen from {since} to {until}. See what their exporter said then."
        return f"Of {subject} too little was seen: not {LEAST} values in each tenth of the time."

    def _points(self, series: Series) -> list[tuple[float, float]]:
        """What is known inside the judged stretch, by plan time."""
        pairs = ((at - self.started, value) for at, value in zip(series.times, series.values, strict=True))
        start, end = self.figures.start - FUZZ, self.figures.end - FUZZ
        return [(at, value) for at, value in pairs if value is not None and start <= at < end]


def _key(labels: Mapping[str, str], own: Sequence[str]) -> tuple[str, ...]:
    return tuple(labels.get(label, "") for label in ("instance", *own))


def _again(life: Points) -> float | None:
    """Plan time at which a process took another's place; None: all lived on."""
    return next((later[0] for first, later in pairwise(life) if first[1] != later[1]), None)


def _anew(subject: str, again: float) -> str:
    when = duration_text(round(again))
    return f"One of {subject} was started anew {when} after the start, so what grew began anew. See why it had ended."


def sentence(criterion: Criterion, subject: str, found: Trend) -> str:
    """How something grew, against what, and if that does not tell, why."""
    figures, bound = options(criterion), bound_of(criterion)
    what, unit = quantity(criterion).what, quantity(criterion).unit
    said = f"{what} of {subject} grew {_between(found, unit)} per hour ({share_text(figures.confidence)} confidence)"
    said = f"{said}; at most {amount(bound, unit)} may be"
    if found.grows is not None:
        return f"{said}."
    first, second = (amount(half, unit) for half in found.halves)
    halves = f"by {first} per hour in the first half of the time and by {second} in the second"
    reasons = {
        SLOWING: f"it slows down, {halves}, as a warm-up does",
        UNEVEN: f"it grew {halves}: a single leap, or the beginning of something",
    }
    return f"{said}, and {reasons.get(found.why, 'that lies between the two')}. {LONGER}"


def _between(found: Trend, unit: str) -> str:
    if not math.isfinite(found.high - found.low):
        return f"by about {amount(found.estimate, unit)}, or by something quite different,"
    return f"by {amount(found.low, unit)} to {amount(found.high, unit)}"
