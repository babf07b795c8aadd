"""What a criterion needs and Prometheus did not see, in a real Prometheus: unknown, and shown as no value."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import pytest

from loadgen.criteria import kind_of
from loadgen.model.measured import HOST, Measured, ProcessGroup, Scrape
from loadgen.model.plan import Criterion
from loadgen.model.verdict import FAILED, PASSED, UNKNOWN, Line
from loadgen.query.collect import collect
from loadgen.query.courses import computed
from tests.backfilled import Past
from tests.plans import GROWTH_OPTIONS, QUERY_OPTIONS, example_plan, growth, query
from tests.prometheus_process import RunningPrometheus, start_prometheus
from tests.runs import record

STARTED = math.floor(time.time()) - 3600.0
LAST = 305
HOST_AT, LATE_AT, THING_AT = "127.0.0.1:9611", "127.0.0.1:9100", "127.0.0.1:8000"
MIB = 2.0**20


def group(name: str) -> ProcessGroup:
    return ProcessGroup(name=name, role="target", match="name", pattern=name)


MEASURED = Measured(
    scrapes=(
        Scrape(job=HOST, address=HOST_AT, ours=True),
        Scrape(job="late", address=LATE_AT, ours=True),
        Scrape(job="thing", address=THING_AT, ours=True),
    ),
    groups=(group("leaks"), group("caches")),
)


def asks(name: str, *needs: str, **changes: Any) -> Criterion:
    """The highest queue of a job in the run."""
    expression = f'max_over_time(my_queue{{run_id="$run_id",job="{name}"}}[$judged])'
    return query(id=f"query:{name}", options=QUERY_OPTIONS | {"expr": expression, "needs": list(needs)}, **changes)


PLAN = example_plan(
    measured=MEASURED,
    criteria=(
        asks(HOST, HOST),
        asks("late", "late"),
        asks("thing", HOST, "thing"),
        growth(options=GROWTH_OPTIONS | {"start": 60.0, "end": 120.0}),
        growth(id="growth:descriptors", options=GROWTH_OPTIONS | {"quantity": "descriptors"}),
        growth(id="growth:threads", options=GROWTH_OPTIONS | {"quantity": "threads", "start": 100.0, "end": 160.0}),
    ),
)


def write(past: Past) -> None:
    """`late` misses two scrapes at 100, `thing` three at 200, the host three at 150 (after memory was judged)."""
    missed = {HOST: (150, 153), "late": (100, 102), "thing": (200, 203)}
    for job, address in ((HOST, HOST_AT), ("late", LATE_AT), ("thing", THING_AT)):
        start, end = missed[job] if job != HOST else (999, 999)
        labels = {"job": job, "instance": address, "run_id": PLAN.run_id}

        def there(at: float, value: float, start: float = start, end: float = end) -> float | None:
            return None if start <= at < end else value

        past.gauge("up", labels, lambda at, start=start, end=end: float(not start <= at < end))
        past.gauge("my_queue", labels, lambda at, there=there: there(at, 5.0))
    labels = {"job": HOST, "instance": HOST_AT, "run_id": PLAN.run_id}
    for name in ("leaks", "caches"):
        own = labels | {"groupname": name}
        prefix = "namedprocess_namegroup_"
        for metric in ("oldest_start_time_seconds", "restarts_total", "num_procs"):
            past.gauge(prefix + metric, own, lambda at: 1.0)
        grows = MIB if name == "leaks" else 0.0
        past.gauge(f"{prefix}memory_bytes", own | {"memtype": "anonymous"}, lambda at, grows=grows: 9e7 + grows * at)
        past.gauge(f"{prefix}memory_bytes", own | {"memtype": "swapped"}, lambda at: 0.0)
        past.gauge(f"{prefix}memory_bytes", own | {"memtype": "resident"}, lambda at: 9e8 + 9 * MIB * at)
        past.gauge(f"{prefix}open_filedesc", own, lambda at: 7.0)
        past.gauge(f"{prefix}num_threads", own, lambda at: None if 130 <= at < 134 else 7.0)


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPrometheus]:
    folder = tmp_path_factory.mktemp("unseen")
    written = Past(STARTED, LAST)
    write(written)
    written.store(folder / "data")
    with start_prometheus(folder) as running:
        yield running


@pytest.fixture(scope="module")
def lines(past: RunningPrometheus) -> dict[str, Line]:
    """By criterion; what the run would show is the same."""
    run = record(PLAN, started=STARTED, final_scrape=STARTED + LAST - 1)
    found = collect(past.client, PLAN, run)
    judged = [kind_of(criterion).judge(criterion, PLAN, run, found) for criterion in PLAN.criteria]
    shown = computed(past.client, PLAN, STARTED, STARTED + LAST - 3)
    assert shown == {line.criterion: line.measured for line in judged if line.measured is not None}
    return {line.criterion: line for line in judged}


def test_a_question_about_what_was_unseen_for_more_than_three_intervals_is_not_known(lines: dict[str, Line]):
    found = lines["query:thing"]
    assert (found.status, found.samples) == (UNKNOWN, 1)
    assert found.sentence.startswith(f"thing at {THING_AT} was not scraped from 3:19 to 3:23, for longer than 3s")


def test_two_missing_scrapes_hide_nothing(lines: dict[str, Line]):
    assert (lines["query:late"].status, lines["query:late"].measured) == (PASSED, 5.0)
    assert lines[f"query:{HOST}"].status == PASSED


def test_memory_that_grows_is_accused_and_one_that_was_not_read_for_a_while_is_not_known(lines: dict[str, Line]):
    memory = lines["growth:memory"]
    assert (memory.status, memory.details["subject"]) == (FAILED, "the processes leaks")
    assert memory.measured == pytest.approx(3600 * MIB, rel=0.01)
    assert lines["growth:descriptors"].status == PASSED
    threads = lines["growth:threads"]
    assert threads.status == UNKNOWN
    assert "nothing was seen from 2:13 to 2:15" in threads.sentence
