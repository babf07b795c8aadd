"""When Prometheus saw what is measured beside the load: the successful scrapes of every endpoint of the plan.

Prometheus goes on answering with the last value of a series for minutes when it itself stood still; so what it says of
a moment is believed only where a scrape is near.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise

from msgspec import Struct

from loadgen.catalogue.promql import duration, selector
from loadgen.model.measured import Scrape
from loadgen.model.plan import Plan
from loadgen.query.questions import Questions
from loadgen.resources import run_selector


class Sightings(Struct, frozen=True):
    """By job and address the plan times of the scrapes that succeeded; more than `longest` seconds without is a gap."""

    times: dict[tuple[str, str], tuple[float, ...]]
    longest: float

    def near(self, address: str, time: float) -> bool:
        """Whether something at that address was scraped at a moment, or shortly before."""
        return any(self._near(times, time) for (_, where), times in self.times.items() if where == address)

    def _near(self, times: tuple[float, ...], time: float) -> bool:
        place = bisect_right(times, time)
        return place > 0 and time - times[place - 1] <= self.longest

    def gaps(self, scrape: Scrape, end: float) -> Iterator[tuple[float, float]]:
        """The stretches of the load, from 0 to `end`, without a scrape for too long; all of it when there was none."""
        times = self.times.get((scrape.job, scrape.address), ())
        for before, after in pairwise((0.0, *(time for time in times if 0 < time < end), end)):
            if after - before > self.longest:
                yield before, after


def sightings(ask: Questions, plan: Plan, started: float, until: float) -> Sightings | None:
    """The scrapes between a little before the load and `until`, both in Unix seconds; None without an answer."""
    jobs = tuple(dict.fromkeys(scrape.job for scrape in plan.measured.scrapes))
    longest = plan.validity.scrape_gap_intervals * plan.scrape_interval
    reach = duration(until - started + 10 * plan.scrape_interval + 1.0)
    tracks = ask.raw("up", f"{selector('up', run_selector(plan, *jobs))}[{reach}]", until)
    if tracks is None:
        return None
    times: dict[tuple[str, str], tuple[float, ...]] = {}
    for track in tracks:
        key = track.labels.get("job", ""), track.labels.get("instance", "")
        seen = (at - started for at, up in zip(track.times, track.values, strict=True) if up == 1)
        times[key] = tuple(sorted((*times.get(key, ()), *seen)))
    return Sightings(times, longest)
