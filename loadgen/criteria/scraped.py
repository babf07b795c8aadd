"""Whether Prometheus saw what a criterion needs: the scrapes that succeeded, and the stretches without one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise

from msgspec import Struct

from loadgen.model.evidence import Series
from loadgen.model.measured import Scrape
from loadgen.model.plan import Plan
from loadgen.model.quantities import clock_text, duration_text

SCRAPED = "scraped"
"""Name of the series that hold an endpoint's scrapes that succeeded: labels job and instance, times as they were."""
JITTER = 0.005
"""Seconds. Prometheus moves a scrape's time by up to 2 ms to even out the intervals."""


class Unseen(Struct, frozen=True, kw_only=True):
    """An endpoint was not scraped for longer than validity allows, from `start` to `end` in plan time."""

    scrape: Scrape
    start: float
    end: float

    def sentence(self, plan: Plan) -> str:
        """What was missed, for how long, and what may be."""
        return (
            f"{self.scrape.job} at {self.scrape.address} was not scraped from {clock_text(self.start)} to "
            f"{clock_text(self.end)}, for longer than {duration_text(longest(plan))}, so what it would have shown then "
            "is missing. See whether it answered in time."
        )


def longest(plan: Plan) -> float:
    """Seconds for which something that a criterion needs may be unseen."""
    return plan.validity.scrape_gap_intervals * plan.scrape_interval


def unseen(
    plan: Plan, started: float, series: Iterable[Series], jobs: Collection[str], stretch: tuple[float, float]
) -> tuple[Unseen, ...]:
    """Of every endpoint of these jobs the first time, within a stretch of plan time, for which it was unseen too long.

    `started`: Unix seconds of plan time 0. An endpoint without a series was never seen.
    """
    found = {(one.labels["job"], one.labels["instance"]): one.times for one in series if one.name == SCRAPED}
    gaps = []
    for scrape in plan.measured.scrapes:
        if scrape.job in jobs:
            times = (at - started for at in found.get((scrape.job, scrape.address), ()))
            gaps += [Unseen(scrape=scrape, start=a, end=b) for a, b in _gaps(times, stretch, longest(plan))][:1]
    return tuple(gaps)


def _gaps(times: Iterable[float], stretch: tuple[float, float], most: float) -> Iterator[tuple[float, float]]:
    start, end = stretch
    inside = sorted(at for at in times if start < at < end)
    return ((a, b) for a, b in pairwise((start, *inside, end)) if b - a > most + JITTER)
