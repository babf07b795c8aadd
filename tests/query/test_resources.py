"""The resources section of the evidence, from a real Prometheus that holds runs written by hand."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator

import pytest
from msgspec import structs

from loadgen.model.evidence import Evidence
from loadgen.model.measured import (
    DBPOOL,
    GENERATOR_ROLE,
    GPU,
    HOST,
    TARGET_ROLE,
    Measured,
    ProcessGroup,
    ResourceLimits,
    ResourceUse,
    Scrape,
)
from loadgen.model.plan import Plan
from loadgen.query.client import Prometheus
from loadgen.query.collect import collect
from loadgen.query.questions import Questions
from loadgen.query.resources import NO_MATTER, POINTS, USE, WAITING, Found, resources
from loadgen.query.sightings import own_seen
from loadgen.verdict.saturation import saturation
from tests.backfilled import OFFSET, Past
from tests.measured_plan import DBPOOL_AT, HOST_AT, HOSTILE, JUNE_AT, OURS, measured_plan
from tests.prometheus_process import RunningPrometheus, free_port, start_prometheus
from tests.query.recorded import Recorded
from tests.runs import evidence, record

PLAN = measured_plan()
"""Five minutes: warmup 0–5, steady 5–60, spike 60–180, recovery 180–300. Its gpu exporter was never there."""
STARTED = math.floor(time.time()) - 3600.0
LAST = int(PLAN.duration) + 5


def labels(job: str, address: str) -> dict[str, str]:
    return {"job": job, "instance": address, "run_id": PLAN.run_id}


ON_HOST, ON_DBPOOL, ON_JUNE = labels(HOST, HOST_AT), labels(DBPOOL, DBPOOL_AT), labels("june", JUNE_AT)


def between(start: float, end: float, inside: float | None, outside: float | None = 0.0) -> Callable:
    return lambda at: inside if start <= at < end else outside


def write(past: Past) -> None:
    """Slots of llm are full from 62 to 118; the group's two cores are busy from 80 on, the generator's one from 61.

    No process of either group is there from 250 to 260. Two pools are first used at 20, and full from then on; nobody
    says who waits for them.
    """
    past.gauge("up", ON_HOST, between(0, 0, 0, 1))
    past.gauge("up", ON_JUNE, between(0, 0, 0, 1))
    past.gauge("up", ON_DBPOOL, between(150, 160, 0, 1))
    for mode, share in {"idle": 0.7, "user": 0.3}.items():
        past.counter("node_cpu_seconds_total", ON_HOST | {"cpu": "0", "mode": mode}, between(0, 0, 0, share))
    _group(past, HOSTILE, between(80, 999, 1.94, 0.4))
    _group(past, "generator", between(61, 999, 0.99, 0.2))
    for service, used in {"llm": between(62, 118, 8, 2), "stt": between(0, 0, 0, 1)}.items():
        past.gauge("sim_service_slots_in_use", ON_JUNE | {"service": service}, used)
        past.gauge("sim_service_slots_limit", ON_JUNE | {"service": service}, between(0, 0, 0, 8))
        queue = between(62, 118, 5) if service == "llm" else between(0, 0, 0)
        past.gauge("sim_service_queue", ON_JUNE | {"service": service}, queue)
    past.gauge("pg_stat_activity_count", ON_DBPOOL | {"server": "pg", "state": "idle"}, between(150, 160, None, 20))
    past.gauge("pg_settings_max_connections", ON_DBPOOL | {"server": "pg"}, between(150, 160, None, 100))

    _pools(past)
    _before(past)
    _late(past)


def _pools(past: Past) -> None:
    used = ON_JUNE | {"db_client_connection_pool_name": "main", "db_client_connection_state": "used"}
    past.gauge("db_client_connection_count", used, between(20, 999, 8, None))
    most = {key: value for key, value in used.items() if key != "db_client_connection_state"}
    past.gauge("db_client_connection_max", most, between(20, 999, 8, None))
    pool = ON_DBPOOL | {"server": "mute", "database": "june", "user": "june"}
    past.gauge("pgbouncer_pools_server_active_connections", pool, between(20, 999, 4, None))
    past.gauge("pgbouncer_databases_pool_size", ON_DBPOOL | {"server": "mute", "name": "june"}, between(0, 0, 0, 4))


OTHER_AT = "10.0.0.8:9100"
LATE_AT = "127.0.0.1:19612"


def _late(past: Past) -> None:
    """An exporter that is scraped twice before the load begins: `busy` has used its core for hours, `woken` from 0 on.

    At 100 it misses one scrape.
    """
    late = labels(HOST, LATE_AT)
    there: Callable = lambda at: at > -2 and not 100 <= at < 101  # noqa: E731 a course
    past.gauge("up", late, lambda at: 1 if there(at) else None)
    for name, seconds in {"busy": lambda at: 9000 + at, "woken": lambda at: 9000 + max(0, at)}.items():
        group = late | {"groupname": name}
        used = group | {"mode": "user"}
        past.gauge(CPU_SECONDS, used, lambda at, seconds=seconds: seconds(at) if there(at) else None)
        past.gauge("namedprocess_namegroup_num_procs", group, lambda at: 1 if there(at) else None)


CPU_SECONDS = "namedprocess_namegroup_cpu_seconds_total"


def _before(past: Past) -> None:
    """A run that ended two seconds before this one began, on the port that is this run's now; its memory was full."""
    before = {"job": HOST, "instance": ON_THE_SAME_PORT, "run_id": "spike-20251130_115000"}
    now = before | {"run_id": PLAN.run_id}
    other = {"job": HOST, "instance": OTHER_AT}
    for where, free in ((before, between(-15, -2, 1, None)), (now, between(-1, 999, 9, None)), (other, lambda _: 9)):
        past.gauge("up", where, lambda at, free=free: None if free(at) is None else 1)
        past.gauge("node_memory_MemAvailable_bytes", where, free)
        past.gauge("node_memory_MemTotal_bytes", where, lambda at, free=free: None if free(at) is None else 10)


ON_THE_SAME_PORT = "127.0.0.1:19611"


def _group(past: Past, name: str, cores: Callable) -> None:
    group = ON_HOST | {"groupname": name}
    past.counter("namedprocess_namegroup_cpu_seconds_total", group | {"mode": "user"}, cores)
    past.gauge("namedprocess_namegroup_num_procs", group, between(250, 260, 0, 1))
    past.gauge("namedprocess_namegroup_worst_fd_ratio", group, between(0, 0, 0, 0.1))


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPrometheus]:
    """A Prometheus that has the run behind it."""
    folder = tmp_path_factory.mktemp("past")
    written = Past(STARTED, LAST)
    write(written)
    written.store(folder / "data")
    with start_prometheus(folder) as running:
        yield running


def ask(client: Prometheus, plan: Plan = PLAN, **changes) -> Found:
    known = {"started": STARTED, "final_scrape": STARTED + LAST - 1, **changes}
    run = record(plan, **known)
    return resources(Questions(client), plan, run, known["final_scrape"])


@pytest.fixture(scope="module")
def found(past: RunningPrometheus) -> Found:
    return ask(past.client)


def of(found: Found, identity: str) -> ResourceUse:
    return next(use for use in found.uses if use.id == identity)


def test_what_was_at_its_limit_has_the_moment_to_a_scrape(found: Found):
    slots = of(found, "service_slots:llm")
    assert (slots.reached, slots.value) == (63.0, 1.0)
    assert slots.left == 118.0
    assert [(use.phase, use.maximum) for use in slots.phases][:2] == [("warmup", 0.25), ("steady", 0.25)]


def test_a_rate_has_the_moment_to_its_window(found: Found):
    cpu = of(found, f"process_cpu:{HOSTILE}")
    assert cpu.reached == pytest.approx(80, abs=4)
    assert cpu.value == pytest.approx(0.97)
    assert cpu.left is None
    steady = next(use for use in cpu.phases if use.phase == "steady")
    assert steady.mean == pytest.approx(0.2)


def test_what_was_never_at_its_limit_has_its_use_all_the_same(found: Found):
    host = of(found, "host_cpu:localhost")
    assert host.reached is None
    assert [use.mean for use in host.phases] == pytest.approx([0.3] * 4)
    assert of(found, "service_slots:stt").reached is None


def test_the_instruments_own_resources_are_marked(found: Found):
    assert of(found, "process_cpu:generator").role == GENERATOR_ROLE
    assert of(found, "process_cpu:generator").reached is not None


def test_use_and_waiting_are_kept_as_series(found: Found):
    own = {s.name: s for s in found.series if s.labels == {"resource": "service_slots:llm"}}
    assert set(own) == {USE, WAITING}
    at = own[USE].times.index(STARTED + 100)
    assert (own[USE].values[at], own[WAITING].values[at]) == (1.0, 5.0)
    assert own[USE].times[1] - own[USE].times[0] == 1.0


def test_of_a_long_run_the_series_are_thinned_and_the_moment_is_exact(past: RunningPrometheus):
    plan = structs.replace(PLAN, duration=1500.0)
    seen = ask(past.client, plan, final_scrape=STARTED + 1500)
    assert all(len(series.times) <= POINTS for series in seen.series)
    assert of(seen, "service_slots:llm").reached == 63.0


def test_an_exporter_that_was_never_there_is_said_to_be_missing(found: Found):
    texts = [gap.text for gap in found.gaps]
    assert "gpu at 127.0.0.1:9612 was not scraped during the load, so nothing is known of it." in texts
    assert not any(use.kind.startswith("gpu") for use in found.uses)


def test_an_exporter_that_was_gone_for_a_while_leaves_a_gap_and_no_values_in_it(found: Found):
    texts = [gap.text for gap in found.gaps]
    assert "dbpool at 127.0.0.1:9613 was not scraped from 2:29 to 2:40." in texts
    values = next(s for s in found.series if s.labels == {"resource": "database_connections:pg"})
    known = {round(at - STARTED) for at, value in zip(values.times, values.values, strict=True) if value is not None}
    assert known.isdisjoint(range(154, 160))
    assert {140, 165} <= known


def test_while_a_group_has_no_process_its_use_is_not_nought_but_unknown(found: Found):
    values = next(s for s in found.series if s.labels == {"resource": f"process_cpu:{HOSTILE}"})
    away = {value for at, value in zip(values.times, values.values, strict=True) if 251 <= at - STARTED <= 260}
    assert away == {None}
    titles = f"CPU of the processes {HOSTILE}, file descriptors of the processes {HOSTILE}"
    assert f"Not measured from 4:10 to 4:21: {titles}." in [gap.text for gap in found.gaps]


def test_what_is_missing_of_the_instrument_does_not_matter_to_what_gave_way(found: Found):
    assert {gap.start for gap in found.gaps if "processes generator" in gap.text} == {NO_MATTER}


def test_a_group_of_which_nothing_is_seen_is_missing_once_for_all_its_kinds(found: Found):
    texts = [gap.text for gap in found.gaps]
    assert "Not measured: process_cpu, process_descriptors of groupname free, for it has no series." in texts


def test_a_database_of_which_nothing_is_seen_is_missing(found: Found):
    assert any("pgbouncer_pool of server bouncer" in gap.text for gap in found.gaps)


def test_the_sentence_names_what_came_first_and_what_was_not_measured(found: Found):
    seen = evidence(
        PLAN,
        resources=found.uses,
        unmeasured=tuple(gap.text for gap in found.gaps),
        unmeasured_from=found.unmeasured_from,
    )
    said = saturation(PLAN, record(PLAN), seen)
    assert said is not None
    assert said.first == "service_slots:llm"
    assert said.phase == "spike"
    assert "Not all was measured" in said.sentence
    assert "groupname free" in said.sentence


def test_of_a_run_that_was_stopped_only_the_time_until_then_counts(past: RunningPrometheus):
    seen = ask(past.client, outcome="interrupted", ended=STARTED + 66, final_scrape=STARTED + 68)
    slots = of(seen, "service_slots:llm")
    assert (slots.reached, slots.at_end) == (None, 63.0)
    assert [use.phase for use in slots.phases] == ["warmup", "steady", "spike"]
    assert not any("dbpool" in gap.text for gap in seen.gaps)


def test_a_kind_without_a_limit_is_not_asked_for(past: RunningPrometheus):
    plan = structs.replace(PLAN, resources=ResourceLimits(limits={"host_cpu": 0.2}))
    seen = ask(past.client, plan)
    assert {use.id for use in seen.uses} == {"host_cpu:localhost"}
    assert of(seen, "host_cpu:localhost").already is not None


def test_without_limits_or_scrapes_or_load_nothing_is_asked(past: RunningPrometheus):
    for plan in (structs.replace(PLAN, resources=ResourceLimits()), structs.replace(PLAN, measured=Measured())):
        assert ask(past.client, plan) == Found()
    assert resources(Questions(past.client), PLAN, record(PLAN, started=None), STARTED) == Found()


def test_another_runs_series_are_not_this_runs(past: RunningPrometheus):
    assert ask(past.client, structs.replace(PLAN, run_id="spike-of-somebody-else")).uses == ()


@pytest.mark.parametrize(
    "scrapes",
    [
        (Scrape(job=HOST, address=ON_THE_SAME_PORT, ours=True), Scrape(job=HOST, address=OTHER_AT)),
        (Scrape(job=HOST, address=ON_THE_SAME_PORT, ours=True),),
    ],
    ids=["beside one that runs elsewhere", "alone"],
)
def test_what_the_run_before_left_on_the_same_port_is_not_this_runs(past: RunningPrometheus, scrapes):
    plan = structs.replace(
        PLAN, measured=Measured(scrapes=scrapes), resources=ResourceLimits(limits={"host_memory": 0.9})
    )
    seen = ask(past.client, plan)
    assert len(seen.uses) == len(scrapes)
    for memory in seen.uses:
        assert (memory.reached, memory.already) == (None, None)
        assert max(phase.maximum for phase in memory.phases) == pytest.approx(0.1)


def test_a_rate_is_known_only_when_its_whole_window_was_seen(past: RunningPrometheus):
    """Prometheus' own rate begins at half of what it was: as if the busy were idle, and brought to it by the load."""
    groups = tuple(ProcessGroup(name=n, role=TARGET_ROLE, match="name", pattern=n, cores=1) for n in ("busy", "woken"))
    measured = Measured(scrapes=(Scrape(job=HOST, address=LATE_AT, ours=True),), groups=groups)
    seen = ask(
        past.client, structs.replace(PLAN, measured=measured, resources=ResourceLimits(limits={"process_cpu": 0.9}))
    )
    busy, woken = of(seen, "process_cpu:busy"), of(seen, "process_cpu:woken")
    assert busy.reached is None
    assert busy.already is not None
    assert 0 < busy.already <= 4
    assert (woken.reached, woken.already) == (0.0, None)
    assert min(phase.maximum for phase in woken.phases) > 0.9
    # Neither the missed scrape nor the wait for the first window is told as a gap.
    assert seen.gaps == ()
    values = next(s for s in seen.series if s.labels == {"resource": busy.id}).values
    assert {round(value, 2) for value in values if value is not None} == {1.0}


def test_what_the_runs_own_exporter_left_is_not_that_of_one_that_now_runs_there_by_itself(past: RunningPrometheus):
    scrapes = (Scrape(job=HOST, address=ON_THE_SAME_PORT), Scrape(job=HOST, address=OTHER_AT))
    plan = structs.replace(
        PLAN, measured=Measured(scrapes=scrapes), resources=ResourceLimits(limits={"host_memory": 0.9})
    )
    seen = ask(past.client, plan)
    assert [use.subject for use in seen.uses] == [OTHER_AT]
    assert f"host at {ON_THE_SAME_PORT} was not scraped during the load, so nothing is known of it." in [
        gap.text for gap in seen.gaps
    ]


def test_a_full_pool_of_which_nobody_says_who_waits_is_not_measured_from_its_first_use_on(found: Found):
    for pool in (of(found, "application_pool:main"), of(found, "pgbouncer_pool:mute/june/june")):
        assert (pool.reached, pool.already) == (None, None)
        assert {phase.at_limit for phase in pool.phases} == {None}
    # That the exporter was away for a while in between explains a part of it only.
    both = "connection pool main, PgBouncer pool mute/june/june"
    assert f"Not measured from 0:21 to 5:00: {both}." in [gap.text for gap in found.gaps]


def test_what_the_run_started_was_seen_when_each_of_it_was_scraped(past: RunningPrometheus):
    there = tuple(scrape for scrape in PLAN.measured.scrapes if scrape.job != GPU)
    beside = (*there, Scrape(job=HOST, address=OTHER_AT), Scrape(job="gateway", address="10.0.0.9:8000"))
    plan = structs.replace(PLAN, measured=Measured(scrapes=beside))
    first = STARTED - 15 + OFFSET
    assert not own_seen(past.client, plan, first - 0.5)
    assert own_seen(past.client, plan, first + 0.5)
    assert not own_seen(past.client, structs.replace(PLAN, measured=Measured(scrapes=OURS)), STARTED)


def test_a_prometheus_that_is_gone_leaves_a_sentence_and_no_error():
    seen = ask(Prometheus(f"http://127.0.0.1:{free_port()}", patience=0))
    assert seen.uses == ()
    assert len(seen.gaps) == 1
    assert "no Prometheus listens" in seen.gaps[0].text
    assert seen.unmeasured_from == 0.0


def test_resources_that_are_missing_do_not_make_the_evidence_incomplete(
    recorded: Recorded, prometheus: RunningPrometheus
):
    measured = Measured(scrapes=(Scrape(job=HOST, address="127.0.0.1:1", ours=True),))
    limits = ResourceLimits(limits={"host_cpu": 0.9})
    plan = structs.replace(recorded.plan, measured=measured, resources=limits)
    seen: Evidence = collect(prometheus.client, plan, recorded.record)
    assert seen.complete
    assert seen.problems == ()
    assert seen.resources == ()
    assert seen.unmeasured == ("host at 127.0.0.1:1 was not scraped during the load, so nothing is known of it.",)
    assert seen.unmeasured_from == 0.0
