"""Growth: whose it is, what was not seen, and what the line says; the arithmetic is in test_trend."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from msgspec.structs import replace

from loadgen.criteria import kind_of
from loadgen.model.evidence import Series
from loadgen.model.measured import Database, Measured, ProcessGroup, Scrape
from loadgen.model.plan import Criterion, Plan
from loadgen.model.verdict import FAILED, PASSED, UNKNOWN, Line
from tests.plans import GROWTH_OPTIONS, MEASURED, example_plan, growth
from tests.runs import STARTED, evidence, record, scraped

MIB = 2.0**20
PLAN = example_plan(criteria=(growth(),))
Value = Callable[[float], float | None]


def series(name: str, value: Value, criterion: str = "growth:memory", **labels: str) -> Series:
    """One from 10 s of plan time to 60 s; by value, seconds of plan time → value."""
    times = tuple(STARTED + at for at in range(10, 61))
    own = {"criterion": criterion, "test_type": "", "instance": "127.0.0.1:9611", **labels}
    return Series(name=name, labels=own, unit="", times=times, values=tuple(value(at - STARTED) for at in times))


def group(value: Value, life: Value = lambda at: 5.0, name: str = "sim", **labels: str) -> tuple[Series, ...]:
    labels = {"groupname": name, **labels}
    return series("growth_processes", value, **labels), series("growth_life", life, **labels)


def per_hour(mib: float) -> Value:
    return lambda at: 100 * MIB + mib * MIB * at / 3600


def line(seen: Iterable[Series], plan: Plan = PLAN, scrapes: Iterable[Series] | None = None, **changes: Any) -> Line:
    """`scrapes`: when everything was scraped; None: all the time."""
    (criterion,) = plan.criteria
    seen = (*seen, *(scraped(plan) if scrapes is None else scrapes))
    found = evidence(plan, series=seen)
    judged = kind_of(criterion).judge(criterion, plan, record(plan, **changes), found)
    assert computed(criterion, plan, seen) == judged.measured
    return judged


def computed(criterion: Criterion, plan: Plan, seen: Iterable[Series]) -> float | None:
    compute = kind_of(criterion).compute
    assert compute is not None
    return compute(criterion, plan, STARTED, tuple(seen))


@pytest.mark.parametrize("mib, status", [(0, PASSED), (-500, PASSED), (63, PASSED), (65, FAILED), (6400, FAILED)])
def test_the_line_fails_above_the_bound(mib, status):
    found = line(group(per_hour(mib)))
    assert found.status == status
    assert found.measured == pytest.approx(mib * MIB)
    assert found.unit == "bytes per hour"
    assert found.margin == pytest.approx((64 - mib) / 64)
    assert found.samples == 50


def test_the_sentence_names_whose_it_is_with_the_interval_and_the_bound():
    assert line(group(per_hour(96))).sentence == (
        "Anonymous memory of the processes sim grew by 96 MiB to 96 MiB per hour (95% confidence); "
        "at most 64 MiB may be."
    )


def wobbling(mib: float) -> Value:
    """It grows, and comes and goes by a tenth of a MiB with each block of 5 s."""
    return lambda at: 100 * MIB + mib * MIB * at / 3600 + 0.1 * MIB * (-1) ** (at // 5)


def test_with_the_bound_inside_the_interval_nothing_is_known_and_the_sentence_says_what_to_do():
    found = line(group(wobbling(60)))
    assert (found.status, found.measured, found.margin) == (UNKNOWN, None, None)
    assert "that lies between the two. Observe it longer" in found.sentence
    assert found.details["low"] < 64 * MIB < found.details["high"]


def test_a_growth_that_slows_down_or_comes_in_one_half_only_says_so():
    slowing = line(group(lambda at: MIB * (per_hour(300)(at) / MIB - max(0, at - 35) / 24)))
    assert (slowing.status, "as a warm-up does" in slowing.sentence) == (UNKNOWN, True)
    late = line(group(lambda at: MIB * max(0, at - 35)))
    assert (late.status, "the beginning of something" in late.sentence) == (UNKNOWN, True)


def test_the_worst_of_several_counts_and_is_named():
    measured = replace(MEASURED, groups=(*MEASURED.groups, replace(MEASURED.groups[0], name="db")))
    plan = replace(PLAN, measured=measured)
    found = line((*group(per_hour(10)), *group(per_hour(20), name="db")), plan)
    assert (found.status, found.details["subject"]) == (PASSED, "the processes db")
    assert found.sentence.endswith("Of 2 it is the worst.")
    found = line((*group(per_hour(96)), *group(wobbling(60), name="db")), plan)
    assert (found.status, found.details["subject"]) == (FAILED, "the processes sim")
    found = line((*group(per_hour(10)), *group(wobbling(60), name="db")), plan)
    assert (found.status, found.details["subject"]) == (UNKNOWN, "the processes db")


def test_the_instruments_own_groups_are_not_asked_for():
    (criterion,) = PLAN.criteria
    asked = kind_of(criterion).series(criterion, PLAN, {"run_id": PLAN.run_id})
    assert 'groupname=~"sim"' in asked["growth_processes"]
    assert not any("generator" in expression for expression in asked.values())


def test_a_group_of_which_nothing_was_seen_is_not_known():
    for seen in ((), group(per_hour(0), name="other"), group(per_hour(0), life=lambda at: None)[:1]):
        found = line(seen)
        assert (found.status, found.samples) == (UNKNOWN, 0)
        assert found.sentence.startswith("Nothing was seen of the processes sim.")


def test_a_group_that_lives_on_one_of_two_hosts_only_is_judged_there():
    elsewhere = series("growth_processes", lambda at: 0.0, groupname="sim", instance="10.0.0.2:9611")
    scrapes = (*MEASURED.scrapes, Scrape(job="host", address="10.0.0.2:9611"))
    plan = replace(PLAN, measured=replace(MEASURED, scrapes=scrapes))
    found = line((*group(per_hour(96)), elsewhere), plan)
    assert (found.status, found.details["subject"]) == (FAILED, "the processes sim@localhost")


@pytest.mark.parametrize("mib", [0, 6400])
def test_a_process_that_was_started_anew_makes_it_unknown_and_is_named(mib):
    found = line(group(per_hour(mib), life=lambda at: 5.0 if at < 31 else 6.0))
    assert (found.status, found.measured) == (UNKNOWN, None)
    assert "One of the processes sim was started anew 31s after the start" in found.sentence


def test_what_was_before_the_stretch_that_is_judged_counts_for_nothing():
    plan = replace(PLAN, criteria=(growth(options=GROWTH_OPTIONS | {"start": 20.0}),))
    seen = group(lambda at: 1e9 * min(at, 20), life=lambda at: 5.0 if at < 20 else 6.0)
    assert line(seen, plan).status == PASSED


@pytest.mark.parametrize(
    "start, end, status, said",
    [
        (30, 32, FAILED, ""),  # two scrapes are missing, and so 3 s between two
        (30, 33, UNKNOWN, "from 0:29 to 0:33, for longer than 3s"),
        (30, 45, UNKNOWN, "from 0:29 to 0:45"),
        (-1, 12, FAILED, ""),
        (-1, 14, UNKNOWN, "from 0:10 to 0:14"),
        (58, 400, FAILED, ""),
        (57, 400, UNKNOWN, "from 0:56 to 1:00"),
        (0, 9, FAILED, ""),
        (61, 400, FAILED, ""),
        (-1, 400, UNKNOWN, "from 0:10 to 1:00"),
    ],
)
def test_more_than_three_intervals_unseen_in_the_stretch_that_is_judged_make_it_unknown(start, end, status, said):
    """Prometheus goes on answering with the last values, so these are there all the time."""
    scrapes = scraped(PLAN, lambda at: not start <= at < end)
    found = line(group(per_hour(96)), scrapes=scrapes)
    assert (found.status, found.measured is None) == (status, status == UNKNOWN)
    assert said in found.sentence


@pytest.mark.parametrize("seen", [per_hour(0), per_hour(6400)])
def test_a_value_that_is_missing_though_its_exporter_answered_makes_it_unknown(seen):
    found = line(group(lambda at: None if at == 30 else seen(at)))
    assert (found.status, found.samples) == (UNKNOWN, 49)
    assert found.sentence.startswith("Of the processes sim nothing was seen from 0:30 to 0:31.")


def test_what_an_endpoint_that_was_never_seen_may_have_is_not_known_but_one_without_it_may_be_missed():
    scrapes = (*MEASURED.scrapes, Scrape(job="host", address="10.0.0.2:9611"))
    plan = replace(PLAN, measured=replace(MEASURED, scrapes=scrapes))
    here, there = scraped(plan)
    never = line(group(per_hour(0)), plan, (here,))
    assert (never.status, never.details["subject"]) == (UNKNOWN, "10.0.0.2:9611")
    assert line(group(per_hour(0)), plan, (here, cut(there, 30, 45))).status == PASSED
    assert line(group(per_hour(0)), plan, (cut(here, 30, 45), there)).status == UNKNOWN
    leaks = line(group(per_hour(96)), plan, (here,))
    assert leaks.status == FAILED


def cut(scrapes: Series, start: float, end: float) -> Series:
    times = tuple(at for at in scrapes.times if not start <= at - STARTED < end)
    return replace(scrapes, times=times, values=(1.0,) * len(times))


def test_values_of_a_time_without_a_process_count_as_not_seen():
    assert line(group(per_hour(0), life=lambda at: None if 30 <= at < 34 else 5.0)).status == UNKNOWN


def test_a_run_without_load_and_one_that_ended_early_are_not_known():
    assert line((), started=None).sentence == "No load was sent."
    short = tuple(replace(one, times=one.times[:20], values=one.values[:20]) for one in group(per_hour(9600)))
    assert line(short).status == UNKNOWN
    assert line(short, outcome="aborted").sentence.startswith("The run did not come to its planned end")


CONNECTIONS = Measured(
    scrapes=(
        Scrape(job="host", address="127.0.0.1:9611", ours=True),
        Scrape(job="dbpool", address="127.0.0.1:9613", ours=True),
        Scrape(job="june", address="127.0.0.1:8000", ours=True),
    ),
    groups=(ProcessGroup(name="sim", role="target", match="name", pattern="sim"),),
    databases=(
        Database(name="main", kind="postgresql", dsn="env:X"),
        Database(name="front", kind="pgbouncer", dsn="env:Y"),
    ),
)
OPTIONS = GROWTH_OPTIONS | {"quantity": "connections", "unit": "connections per hour"}
POOLED = example_plan(measured=CONNECTIONS, criteria=(growth(id="growth:connections", bound=60.0, options=OPTIONS),))


def connections(pool: float, server: float, clients: float) -> tuple[Series, ...]:
    """So many more an hour of each."""
    names = {"growth_pool": ("db_client_connection_pool_name", pool, "june")}
    names |= {"growth_postgresql": ("server", server, "main"), "growth_pgbouncer": ("server", clients, "front")}
    return tuple(
        series(name, lambda at, more=more: 5 + more * at / 3600, "growth:connections", **{label: who})
        for name, (label, more, who) in names.items()
    )


@pytest.mark.parametrize(
    "growths, subject",
    [
        ((90, 0, 0), "the connection pool june"),
        ((0, 90, 0), "the PostgreSQL server main"),
        ((0, 0, 90), "the clients of PgBouncer front"),
    ],
)
def test_connections_are_those_of_pools_of_servers_and_of_pgbouncers_clients(growths, subject):
    found = line(connections(*growths), POOLED)
    assert (found.status, found.details["subject"]) == (FAILED, subject)
    assert line(connections(9, 8, 7), POOLED).status == PASSED


def test_a_database_of_which_nothing_was_seen_is_not_known_but_a_pool_need_not_be_there():
    pool, server, clients = connections(0, 0, 0)
    assert line((server, clients), POOLED).status == PASSED
    assert line((pool, clients), POOLED).sentence.startswith("Nothing was seen of the PostgreSQL server main.")
    alone = replace(POOLED, measured=replace(CONNECTIONS, databases=()))
    assert line((pool,), alone).status == PASSED
    assert line((), alone).sentence.startswith("No connections were seen at all.")


def test_every_expression_asks_for_this_runs_series_no_older_than_validity_allows():
    (criterion,) = POOLED.criteria
    for expression in kind_of(criterion).series(criterion, POOLED, {"run_id": POOLED.run_id}).values():
        assert f'run_id="{POOLED.run_id}"' in expression
        assert "[3s]" in expression


def test_memory_is_what_belongs_to_the_processes_alone_swapped_out_or_not():
    (criterion,) = PLAN.criteria
    asked = kind_of(criterion).series(criterion, PLAN, {"run_id": PLAN.run_id})["growth_processes"]
    first, second = asked.split(" + ")
    assert ('memtype="anonymous"' in first, 'memtype="swapped"' in second) == (True, True)
