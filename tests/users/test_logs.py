"""What is kept of failures, and what must not be."""

from __future__ import annotations

import json
from pathlib import Path

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


def test_the_request_log_holds_every_operation_after_a_flush(tmp_path: Path) -> None:
    log = RequestLog(tmp_path / "r.jsonl", [])
    log.add(outcome(None))
    log.add(outcome())
    log.flush()
    log.flush()
    assert [line["reason"] for line in lines(tmp_path / "r.jsonl")] == [None, "http_5xx"]
