"""Records and evidence of runs made by hand, sound unless a test spoils them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from loadgen.criteria.scraped import SCRAPED
from loadgen.model.evidence import Evidence, Series, Tally
from loadgen.model.plan import Plan
from loadgen.model.record import Count, RunRecord

STARTED = 1_764_504_000.0
"""Unix seconds of plan time 0."""


def tally(
    plan: Plan,
    count: int,
    slow: int = 0,
    failed: int = 0,
    *,
    name: str = "chat",
    phase: str = "steady",
    test_type: str = "rest",
) -> Tally:
    """So many operations, of which `slow` succeeded only after 3 s and `failed` did not; the others took 0.05 s."""
    good = count - slow - failed
    buckets = tuple(good * (edge >= 0.05) + slow * (edge >= 3.0) for edge in plan.edges)
    return Tally(
        test_type=test_type,
        name=name,
        phase=phase,
        requests=count,
        failures={"timeout": failed, "connect": 0},
        buckets=(*buckets, count),
        total_seconds=0.05 * good + 3.0 * slow,
    )


def record(plan: Plan, tallies: tuple[Tally, ...] = (), **changes: Any) -> RunRecord:
    """A run that came to its end, with the same books at Locust as at Prometheus."""
    counts = tuple(
        Count(test_type=t.test_type, name=t.name, requests=t.requests, failures=sum(t.failures.values()))
        for t in tallies
    )
    fields: dict[str, Any] = {
        "run_id": plan.run_id,
        "version": "0.1.0",
        "commit": "none",
        "started": STARTED,
        "ended": STARTED + plan.duration + 1,
        "final_scrape": STARTED + plan.duration + 2,
        "outcome": "completed",
        "locust": counts,
        "workers": counts,
    }
    return RunRecord(**{**fields, **changes})


def evidence(plan: Plan, tallies: tuple[Tally, ...] = (), **changes: Any) -> Evidence:
    """What Prometheus had seen of such a run: nothing late, nobody busy, every user at work, no alert firing."""
    fields: dict[str, Any] = {
        "run_id": plan.run_id,
        "complete": True,
        "problems": (),
        "tallies": tallies,
        "extremes": (),
        "service_times": (),
        "lag": {phase.name: (0, 1000) for phase in plan.phases},
        "series": (*cpu_series(plan, 0.3), *users_series(plan), *scraped(plan)),
        "values": {},
        "alerts": (),
        "firing": (),
        "evaluated": STARTED + plan.duration + 3,
        "scrape_gap": 1.01,
        "resets": 0,
        "queries": (),
    }
    return Evidence(**{**fields, **changes})


def seconds_of(plan: Plan) -> tuple[float, ...]:
    """Every second of the run, in Unix seconds."""
    return tuple(STARTED + second for second in range(int(plan.duration) + 1))


def cpu_series(plan: Plan, ratio: float) -> tuple[Series, ...]:
    """Every worker at the same share of a core all the time."""
    times = seconds_of(plan)
    return tuple(
        Series(
            name="generator_cpu",
            labels={"worker": str(worker)},
            unit="ratio",
            times=times,
            values=(ratio,) * len(times),
        )
        for worker in range(plan.workers)
    )


def scraped(plan: Plan, seen: Callable[[float], bool] = lambda _at: True, job: str = "") -> tuple[Series, ...]:
    """Every endpoint scraped a little after each full second; of `job`, if given, only when `seen` then."""
    found = []
    for scrape in plan.measured.scrapes:
        hidden = job in {"", scrape.job}
        times = tuple(at + 0.3 for at in seconds_of(plan) if not hidden or seen(at + 0.3 - STARTED))
        labels = {"job": scrape.job, "instance": scrape.address}
        found += (
            [Series(name=SCRAPED, labels=labels, unit="", times=times, values=(1.0,) * len(times))] if times else []
        )
    return tuple(found)


def users_series(plan: Plan, share: float = 1.0) -> tuple[Series, ...]:
    """The users of the plan's first test type, `share` of what was planned."""
    times = seconds_of(plan)
    users = tuple(share * _planned(plan, at - STARTED) for at in times)
    return (Series(name="users", labels={"test_type": "rest"}, unit="users", times=times, values=users),)


def _planned(plan: Plan, elapsed: float) -> float:
    stage = next((s for s in plan.stages if s.start <= elapsed < s.end), plan.stages[-1])
    part = min(1.0, (elapsed - stage.start) / (stage.end - stage.start))
    return stage.from_users + (stage.to_users - stage.from_users) * part
