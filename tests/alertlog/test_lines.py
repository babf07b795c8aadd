"""A notification becomes lines for people: one for each alert that began or ended, whatever stands in it."""

from __future__ import annotations

import msgspec
import pytest

from loadgen.alertlog.lines import LONGEST, REMEMBERED, Alert, Changes, Notification, line_of, read

NOON = 1_764_504_000.0
"""2025-11-30, 12:00 UTC."""

RUN = {"run_id": "spike-1", "alertname": "LoadtestErrorsBurning", "role": "burning"}
SAID = {"summary": "is failing", "description": "3% failed; it must be less than 1%."}


def alert(status: str = "firing", start: str = "2025-11-30T11:59:59Z", said: dict[str, str] = SAID, **labels: str):
    return Alert(status=status, labels={**RUN, **labels}, annotations=said, startsAt=start)


@pytest.mark.parametrize(
    "one, line",
    [
        (
            alert(criterion="errors:rest"),
            "firing LoadtestErrorsBurning errors:rest run spike-1: 3% failed; it must be less than 1%.",
        ),
        (alert("resolved", check="late"), "resolved LoadtestErrorsBurning late run spike-1: 3% failed; it must be …"),
        (
            alert(kind="host_cpu", subject="localhost", run_id=""),
            "firing LoadtestErrorsBurning host_cpu:localhost no run: 3% failed; it must be less than 1%.",
        ),
        (
            alert(role="verdict", verdict="FAIL", said={"summary": "FAIL: too slow", "description": "a\nb"}),
            "firing LoadtestErrorsBurning run spike-1: FAIL: too slow a b",
        ),
        (alert(said={"summary": "only this"}), "firing LoadtestErrorsBurning run spike-1: only this"),
        (Alert(status="firing", labels={}), "firing an alert without a name no run: it says nothing"),
    ],
    ids=["criterion", "check", "resource", "verdict", "summary", "nothing"],
)
def test_a_line_says_when_what_whose_and_why(one: Alert, line: str):
    assert line_of(one, NOON).startswith(f"2025-11-30T12:00:00Z {line.removesuffix('…')}")


@pytest.mark.parametrize("text", ["two\nlines", "\x1b[31mred", "nul\0", "back\rwards", "\u2028", "é語😀", "x" * 9000])
def test_a_line_is_one_line_that_disturbs_no_terminal_and_is_not_endless(text: str):
    line = line_of(alert(said={"description": text}, criterion=text), NOON)
    assert line.isprintable()
    assert len(line) <= LONGEST


def test_what_was_told_is_not_told_again_until_it_changes():
    changes = Changes()
    first, other = alert(criterion="a"), alert(criterion="b")
    told = []
    for together in ([first], [first, other], [first, other], [alert("resolved", criterion="a"), other]):
        notification = Notification(alerts=tuple(together))
        told.append([(one.labels["criterion"], one.status) for one in changes.new(notification)])
        changes.told(notification)
    assert told == [[("a", "firing")], [("b", "firing")], [], [("a", "resolved")]]


def test_an_alert_that_fires_anew_is_told_anew_even_when_its_end_was_never_heard():
    changes = Changes()
    changes.told(Notification(alerts=(alert(),)))
    assert changes.new(Notification(alerts=(alert(start="2025-11-30T12:05:00Z"),)))


def test_what_could_not_be_written_is_told_the_next_time():
    changes, notification = Changes(), Notification(alerts=(alert(),))
    assert changes.new(notification) == changes.new(notification) == [alert()]


def test_what_is_remembered_is_bounded():
    changes = Changes()
    changes.told(Notification(alerts=tuple(alert(criterion=str(number)) for number in range(REMEMBERED + 5))))
    assert len(changes._known) == REMEMBERED


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"alerts": 3}',
        b'{"alerts": [{}]}',
        b'{"alerts": [{"status": "firing", "labels": []}]}',
        b'{"alerts": [{"status": "firing", "labels": {"a": 1}}]}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_notification_is_refused(body: bytes):
    with pytest.raises((msgspec.MsgspecError, UnicodeDecodeError)):
        read(body)
