"""What is kept of failures, and what must not be."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from loadgen.model.outcome import Outcome
from loadgen.users.logs import FailureLog, RequestLog, redacted


def outcome(reason: str | None = "http_5xx", **changes: object) -> Outcome:
    fields = {"test_type": "rest", "name": "chat", "phase": "steady", "due": 1.0, "started": 1.0, "lag": 0.0}
    return Outcome(**{**fields, "finished": 2.0, "reason": reason, **changes})


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_secrets_and_tokens_do_not_survive() -> None:
    text = 'key=hunter2 authorization: "Bearer abc.def" eyJhbGciOi.eyJzdWIi.c2ln'
    shown = redacted(text, ["hunter2"], 300)
    assert not any(secret in shown for secret in ("hunter2", "abc.def", "eyJ"))


@pytest.mark.parametrize("secrets", [["hunter2", "hunter2hunter"], ["hunter2hunter", "hunter2"]])
def test_a_secret_that_another_begins_with_leaves_nothing_of_it(secrets: list[str]) -> None:
    assert redacted("key=hunter2hunter, hunter2", secrets, 300) == "key=[secret], [secret]"


def test_control_characters_are_escaped_and_long_texts_cut() -> None:
    assert redacted("a\x1b[2J\nb\u202e", [], 300) == "a\\x1b[2J\\nb\\u202e"
    assert len(redacted("x" * 1000, [], 300)) == 300


def test_only_the_first_failures_of_each_operation_and_reason_are_kept(tmp_path: Path) -> None:
    log = FailureLog(tmp_path / "f.jsonl", 2, ["hunter2"])
    for reason in ("http_5xx", "http_5xx", "timeout", "http_5xx", None):
        log.add(outcome(reason, excerpt="hunter2"))
    kept = lines(tmp_path / "f.jsonl")
    assert [line["reason"] for line in kept] == ["http_5xx", "http_5xx", "timeout"]
    assert {line["excerpt"] for line in kept} == {"[secret]"}


def test_lines_are_in_the_order_of_their_times_though_the_clock_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, requests, now = FailureLog(tmp_path / "f.jsonl", 9, []), RequestLog(tmp_path / "r.jsonl", []), time.time()
    begun = time.monotonic()
    monkeypatch.setattr(time, "time", lambda: now - 3600)
    for seconds in (1.0, 2.0, 1.999, 3.0):
        for one in (log, requests):
            one.add(outcome(finished=begun + seconds))
    requests.flush()
    for name in ("f.jsonl", "r.jsonl"):
        times = [line["time"] for line in lines(tmp_path / name)]
        assert times == sorted(times)
        assert times[0] == pytest.approx(now + 1.0, abs=1.0)
        assert times[3] - times[0] == pytest.approx(2.0)


def test_the_request_log_holds_every_operation_after_a_flush(tmp_path: Path) -> None:
    log = RequestLog(tmp_path / "r.jsonl", [])
    log.add(outcome(None))
    log.add(outcome())
    log.flush()
    log.flush()
    assert [line["reason"] for line in lines(tmp_path / "r.jsonl")] == [None, "http_5xx"]
