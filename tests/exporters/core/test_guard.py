"""What one collector does wrong costs only its own samples."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Event

import pytest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from exporters.core.collector import NO_DEVICE, Absent
from exporters.core.exposition import family, text
from exporters.core.guard import Guard
from exporters.core.itself import Itself
from tests.exporters.core.stand_ins import Hanging, Stand, gauge, samples
from tests.exporters.host.groups import fake_machine, fake_process
from tests.waiting import wait_until

GOLDEN = Path(__file__).parent / "golden"

SHORT = 0.1
"""Seconds for a scrape that a collector misses."""


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    stand = Hanging("hanging")
    yield stand
    stand.let_go.set()


def absent(_deadline: float) -> Iterable[Metric]:
    raise Absent(NO_DEVICE, "nothing is plugged in")


def broken_on_the_way(_deadline: float) -> Iterable[Metric]:
    yield gauge("half_value", 1)
    raise OSError(5, "Input/output error")


def without_value(_deadline: float) -> Iterable[Metric]:
    metric = Metric("empty_value", "-", "gauge")
    metric.add_sample("empty_value", {}, None)  # type: ignore[arg-type]
    return [metric]


def test_each_collector_has_its_samples_and_its_success():
    shown = samples(Guard("node", [Stand("a"), Stand("b")]))
    assert shown == {
        "a_value": "1",
        "b_value": "1",
        'node_scrape_collector_success{collector="a"}': "1",
        'node_scrape_collector_success{collector="b"}': "1",
    }


def test_how_long_each_took_is_shown():
    families = Guard("gpu", [Stand("a")]).scrape(5)
    assert families is not None
    (seconds,) = [each for each in families if each.name == "gpu_scrape_collector_duration_seconds"]
    assert 0 <= float(seconds.lines[0].split()[-1]) < 5


def test_absent_is_not_failed():
    shown = samples(Guard("gpu", [Stand("device", absent)]))
    assert shown == {
        'gpu_scrape_collector_success{collector="device"}': "1",
        'gpu_scrape_collector_absent{collector="device",reason="no_device"}': "1",
    }


@pytest.mark.parametrize("fault", [broken_on_the_way, without_value])
def test_a_failing_collector_shows_nothing_and_costs_nobody_else_anything(fault):
    shown = samples(Guard("node", [Stand("bad", fault), Stand("good")]))
    assert shown == {
        "good_value": "1",
        'node_scrape_collector_success{collector="bad"}': "0",
        'node_scrape_collector_success{collector="good"}': "1",
    }


def test_a_collector_is_given_a_deadline_before_the_scrape_must_be_answered():
    given: list[float] = []

    def note(deadline: float) -> Iterable[Metric]:
        given.append(deadline)
        return []

    before = time.monotonic()
    assert Guard("node", [Stand("a", note)]).scrape(10) is not None
    assert before < given[0] < before + 10


def test_while_one_hangs_the_others_are_served(hanging: Hanging):
    shown = samples(Guard("node", [hanging, Stand("before"), Stand("after")]), SHORT)
    assert shown["before_value"] == shown["after_value"] == "1"
    assert shown['node_scrape_collector_success{collector="hanging"}'] == "0"
    assert "hanging_value" not in shown


def test_a_hundred_scrapes_of_a_hung_collector_hold_one_thread_beside_the_asking_one_and_ask_it_once(hanging: Hanging):
    guard = Guard("node", [hanging, Stand("good")])
    before = threading.active_count()
    for _ in range(100):
        assert samples(guard, SHORT)["good_value"] == "1"
    assert hanging.asked == 1
    assert threading.active_count() <= before + 2
    hanging.let_go.set()
    wait_until(lambda: threading.active_count() <= before + 1, 10, "the thread that hung to be gone")
    guard.close()
    wait_until(lambda: threading.active_count() <= before, 10, "the thread that asks to be gone")


def test_one_scrape_after_the_other_is_asked_by_the_same_thread():
    asked = []
    guard = Guard("node", [Stand("a", lambda _: asked.append(threading.get_ident()) or [])])
    for _ in range(5):
        guard.scrape(5)
        wait_until(lambda: guard._askers._waits, 10, "the thread to be idle again")
    assert len(set(asked)) == 1


def test_when_all_of_them_hang_nobody_is_waited_for_twice(hanging: Hanging):
    guard = Guard("node", [hanging])
    samples(guard, SHORT)
    again = threading.Thread(target=samples, args=(guard, 60.0), daemon=True)
    again.start()
    wait_until(lambda: not again.is_alive(), 10, "a scrape that may take a minute and has nobody to ask")


def test_what_a_late_collector_brings_is_thrown_away_and_then_it_is_asked_anew(hanging: Hanging):
    guard = Guard("node", [hanging])
    assert "hanging_value" not in samples(guard, SHORT)
    hanging.let_go.set()
    wait_until(lambda: samples(guard).get("hanging_value"), 10, "the collector to be asked again")
    assert hanging.asked >= 2
    assert samples(guard)["hanging_value"] == str(hanging.asked)


def test_many_that_hang_do_not_keep_the_last_one_from_being_asked():
    stuck = [Hanging(f"stuck_{n}") for n in range(10)]
    try:
        shown = samples(Guard("node", [*stuck, Stand("last")]), 1.0)
        assert shown["last_value"] == "1"
        assert sum(value == "0" for value in shown.values()) == 10
    finally:
        for each in stuck:
            each.let_go.set()


def test_a_collector_is_never_asked_twice_at_once():
    inside, most = [], []

    def count(_deadline: float) -> Iterable[Metric]:
        inside.append(1)
        most.append(len(inside))
        Event().wait(0.001)
        inside.pop()
        return []

    guard = Guard("node", [Stand("a", count)])
    scrapers = [threading.Thread(target=lambda: [guard.scrape(5) for _ in range(20)]) for _ in range(4)]
    for each in scrapers:
        each.start()
    for each in scrapers:
        each.join()
    assert len(most) == 80
    assert max(most) == 1


def test_a_scrape_that_cannot_begin_in_time_says_so(hanging: Hanging):
    guard = Guard("node", [hanging])
    first = threading.Thread(target=guard.scrape, args=(30,))
    first.start()
    wait_until(lambda: hanging.asked, 10, "the first scrape to be under way")
    assert guard.scrape(0.05) is None
    hanging.let_go.set()
    first.join()


def test_a_scrape_whose_turn_comes_too_late_for_the_collectors_says_so_and_accuses_none(hanging: Hanging):
    good = Stand("good")
    guard = Guard("node", [good, hanging])
    first = threading.Thread(target=guard.scrape, args=(1.0,))
    first.start()
    wait_until(lambda: hanging.asked, 10, "the first scrape to be under way")
    assert guard.scrape(1.05) is None
    first.join()
    assert good.asked == 1
    assert samples(guard, SHORT)['node_scrape_collector_success{collector="good"}'] == "1"


def test_the_text_about_the_collectors_is_the_golden_one(hanging: Hanging):
    """Dashboards and alerts build on this text. After a wanted change: UPDATE_GOLDEN=1 pytest tests/exporters."""
    families = Guard("node", [Stand("good"), Stand("device", absent), hanging]).scrape(SHORT)
    assert families is not None
    shown = re.sub(r"(duration_seconds\{.*\}) .*", r"\1 0.001", text(families).decode())
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        (GOLDEN / "guard.txt").write_text(shown)
    assert shown == (GOLDEN / "guard.txt").read_text()


def test_the_text_about_the_exporter_itself_is_the_golden_one(tmp_path: Path):
    proc = tmp_path / "proc"
    fake_machine(tmp_path)
    fake_process(proc, os.getpid(), start=3000)
    (proc / "self").symlink_to(str(os.getpid()))
    (proc / str(os.getpid()) / "fd").unlink()
    (proc / str(os.getpid()) / "fd/0").mkdir(parents=True)
    families = [found for each in Itself(proc).collect(0.0) if (found := family(each))]
    shown = text(families).decode()
    if os.environ.get("UPDATE_GOLDEN"):
        (GOLDEN / "exporter.txt").write_text(shown)
    assert shown == (GOLDEN / "exporter.txt").read_text()


def test_a_change_is_said_once_and_so_is_its_end(capfd: pytest.CaptureFixture[str]):
    broken = True

    def sometimes(_deadline: float) -> Iterable[Metric]:
        if broken:
            raise ValueError("two\nlines")
        return []

    guard = Guard("node", [Stand("a", sometimes)])
    guard.scrape(5)
    guard.scrape(5)
    broken = False
    guard.scrape(5)
    guard.scrape(5)
    said = capfd.readouterr().err
    assert said == "node: collector a: ValueError: two lines\nnode: collector a: works again\n"


def test_everything_is_closed_but_what_hangs(hanging: Hanging):
    good = Stand("good")
    guard = Guard("node", [good, hanging])
    guard.scrape(SHORT)
    guard.close()
    assert (good.closed, hanging.closed) == (True, False)


def test_families_of_one_name_from_two_collectors_stand_under_one_head():
    def of(server: str) -> Stand:
        family = GaugeMetricFamily("pg_up", "Up?", labels=["server"])
        family.add_metric([server], 1)
        return Stand(server, lambda _: [family])

    families = Guard("pg", [of("a"), of("b")]).scrape(5)
    assert families is not None
    assert [each.name for each in families].count("pg_up") == 2
    shown = samples(Guard("pg", [of("a"), of("b")]))
    assert shown['pg_up{server="a"}'] == shown['pg_up{server="b"}'] == "1"
