"""The arithmetic between Prometheus' answers and the evidence."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from loadgen.model.record import Event
from loadgen.query.alarms import _of_track, unix_of
from loadgen.query.client import Answer, PrometheusFault
from loadgen.query.courses import judged_until
from loadgen.query.questions import Questions, Span, Track
from loadgen.query.scrapes import longest_gap
from tests.runs import STARTED, record
from tests.small_plan import small_plan


@pytest.mark.parametrize(
    "times, gap",
    [
        ((10.0, 11.0, 12.0), 1.0),
        ((10.0, 14.5, 15.0), 4.5),
        ((13.0, 14.0), 3.0),
        ((10.0,), 5.0),
        ((), None),
    ],
)
def test_the_longest_gap_counts_from_the_start_to_the_end(times: tuple[float, ...], gap: float | None):
    assert longest_gap(times, 10.0, 15.0 if len(times) < 3 else times[-1]) == gap


def test_a_span_includes_its_end_despite_a_floats_error():
    assert Span(0.1, 0.7, 0.1).times == pytest.approx((0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7))
    assert Span(5.0, 5.0, 1.0).times == (5.0,)


def _turns(*times: float, end: float) -> list[tuple[float, str]]:
    track = Track(
        {"alertname": "A", "alertstate": "firing", "run_id": "r", "criterion": "c"}, times, (1.0,) * len(times)
    )
    found = list(_of_track(track, 1.0, end))
    assert all(t.alert == "A" and t.labels == {"criterion": "c"} for t in found)
    return [(t.at, t.state) for t in found]


def test_an_alert_that_fires_at_the_end_has_not_ceased():
    assert _turns(5.0, 6.0, 7.0, end=8.0) == [(5.0, "firing")]


def test_an_alert_that_ceased_did_so_an_evaluation_after_its_last():
    assert _turns(5.0, 6.0, end=20.0) == [(5.0, "firing"), (7.0, "resolved")]


def test_an_alert_may_come_again():
    assert _turns(5.0, 9.0, 10.0, end=10.5) == [(5.0, "firing"), (6.0, "resolved"), (9.0, "firing")]


def test_a_missed_evaluation_does_not_end_an_alert():
    assert _turns(5.0, 7.0, 8.0, end=8.5) == [(5.0, "firing")]


def test_prometheus_time_stamps_are_read():
    assert unix_of("1970-01-01T00:00:01.500000001Z") == 1.5
    assert unix_of("1970-01-01T02:00:00+02:00") == 0


class _Fake:
    """Stands for a client; asks the given function."""

    url = "http://nowhere"

    def __init__(self, answer: Callable[[], Answer]) -> None:
        self.asked = 0
        self._answer = answer

    def instant(self, *question: object) -> Answer:
        assert question
        self.asked += 1
        return self._answer()


def _refuse() -> Answer:
    raise PrometheusFault("no Prometheus listens", reached=False)


def test_after_prometheus_was_not_reached_nothing_more_is_asked():
    fake = _Fake(_refuse)
    ask = Questions(fake)  # type: ignore[arg-type]
    assert [ask.instant(name, "up", 0) for name in ("a", "b", "c")] == [None, None, None]
    assert fake.asked == 1
    assert ask.problems == ["a could not be had: no Prometheus listens"]


def test_a_warning_is_a_problem_and_stands_beside_the_answer():
    ask = Questions(_Fake(lambda: Answer(data={"result": []}, warnings=("partial",))))  # type: ignore[arg-type]
    assert ask.instant("users", "loadtest_users", 0) == []
    assert ask.queries[0].warnings == ("partial",)
    assert ask.problems == ["Prometheus warns that users may be incomplete: partial"]


@pytest.mark.parametrize(
    "outcome, events, ended, until",
    [
        ("completed", (), 31, 40),
        ("aborted", (Event(at=STARTED + 12, kind="aborted", text=""),), 14, 12),
        ("aborted", (Event(at=STARTED + 12, kind="worker_lost", text=""),), 14, 14),
        ("interrupted", (), 14, 14),
    ],
)
def test_no_criterion_is_computed_from_what_came_after_an_early_end(outcome, events, ended, until):
    run = record(small_plan(), outcome=outcome, events=events, ended=STARTED + ended)
    assert judged_until(run, STARTED + 40) == STARTED + until
