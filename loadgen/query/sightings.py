"""When Prometheus saw what is measured beside the load: the successful scrapes of every endpoint of the plan.

Prometheus goes on answering with the last value of a series for minutes when it itself stood still; so what it says of
a moment is believed only where a scrape is near.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise

from msgspec import Struct

from loadgen.catalogue.promql import duration, selector
from loadgen.model.measured import Scrape
from loadgen.model.plan import Plan
from loadgen.query.client import Prometheus
from loadgen.query.questions import Questions
from loadgen.resources import run_selector

EXTRAPOLATED = 1.1
"""Intervals at a window's ends which Prometheus takes to have been like the rest."""
STARTING = 300.0
"""Seconds within which a run's Prometheus was started, and more."""
BEFORE = 1
"""So many scrapes before the load show how it stood then; each more would delay every run by an interval."""


class Sightings(Struct, frozen=True):
    """By job and address, and by address alone, the plan times of the scrapes that succeeded, ascending.

    More than `longest` seconds without is a gap; `interval`: seconds from scrape to scrape.
    """

    times: dict[tuple[str, str], tuple[float, ...]]
    at: dict[str, tuple[float, ...]]
    longest: float
    interval: float

    def near(self, address: str, time: float) -> bool:
        """Whether something at that address was scraped at a moment, or shortly before."""
        return self._since(address, time) <= self.longest

    def whole(self, address: str, start: float, end: float) -> bool:
        """Whether a rate over a window speaks of all of it: from a scrape at its start to one at its end.

        Where the first or the last scrape of a window is missing, Prometheus' rate is less than what it was.
        """
        times, reach = self.at.get(address, ()), EXTRAPOLATED * self.interval
        place = bisect_right(times, start)
        return place < len(times) and times[place] - start <= reach and self._since(address, end) <= reach

    def _since(self, address: str, time: float) -> float:
        """Seconds since the last scrape."""
        times = self.at.get(address, ())
        place = bisect_right(times, time)
        return time - times[place - 1] if place else math.inf

    def gaps(self, scrape: Scrape, end: float) -> Iterator[tuple[float, float]]:
        """The stretches of the load, from 0 to `end`, without a scrape for too long; all of it when there was none."""
        times = self.times.get((scrape.job, scrape.address), ())
        for before, after in pairwise((0.0, *(time for time in times if 0 < time < end), end)):
            if after - before > self.longest:
                yield before, after


def own_seen(client: Prometheus, plan: Plan, now: float) -> bool:
    """Whether all that the run itself started was scraped. Raises PrometheusFault.

    Only what was seen before the load can be said to have been brought somewhere by it.
    """
    own = {(scrape.job, scrape.address) for scrape in plan.measured.scrapes if scrape.ours}
    often = f"sum_over_time({selector('up', {'run_id': plan.run_id})}[{duration(STARTING)}]) >= {BEFORE}"
    found = (result["metric"] for result in client.instant(often, now).data["result"])
    return own <= {(labels.get("job"), labels.get("instance")) for labels in found}


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
    at: dict[str, tuple[float, ...]] = {}
    for (_, where), found in times.items():
        at[where] = tuple(sorted((*at.get(where, ()), *found)))
    return Sightings(times, at, longest, plan.scrape_interval)
