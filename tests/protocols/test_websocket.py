"""What counts as a good WebSocket reply."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from loadgen.model.plan import Expect
from loadgen.protocols.registry import CALLS
from loadgen.protocols.websocket import Handshake

WEBSOCKET = CALLS["websocket"]


@pytest.mark.parametrize(
    "call, reply, reason",
    [
        ("text", {"type": "response", "text": "hello"}, None),
        ("text", {"type": "response", "text": ""}, "empty_answer"),
        ("text", {"type": "error", "message": "Unknown message type"}, "in_band_error"),
        ("text", {"type": "transcription", "text": "hello"}, "bad_answer"),
        ("text", {"type": "response"}, "bad_answer"),
        ("audio", {"type": "transcription", "text": "hello", "confidence": 0.95}, None),
        ("audio", {"type": "response", "text": "hello"}, "bad_answer"),
        ("tts_request", {"type": "audio_response", "audio_url": "/a", "duration": 2.5}, None),
        ("tts_request", {"type": "audio_response", "audio_url": "", "duration": 2.5}, "empty_answer"),
        ("tts_request", {"type": "audio_response", "audio_url": "/a", "duration": 0}, "empty_answer"),
        ("tts_request", {"type": "audio_response", "audio_url": "/a", "duration": "x"}, "bad_answer"),
    ],
)
def test_a_reply_is_judged_by_its_kind_and_content(call: str, reply: dict[str, Any], reason: str | None) -> None:
    assert WEBSOCKET[call].judge(json.dumps(reply), Expect()).reason == reason


@pytest.mark.parametrize("reply", ["", "[]", "null", "hello", b"\xff\x00"])
def test_a_reply_that_is_no_json_object_is_bad(reply: str | bytes) -> None:
    assert WEBSOCKET["text"].judge(reply, Expect()).reason == "bad_answer"


@pytest.mark.parametrize(
    "status, reason", [(101, None), (200, "bad_answer"), (403, "http_4xx"), (429, "rate_limited"), (502, "http_5xx")]
)
def test_a_handshake_is_judged_by_its_status(status: int, reason: str | None) -> None:
    assert WEBSOCKET["connect"].judge(Handshake(status=status), Expect()).reason == reason


@pytest.mark.parametrize("expected, reason", [(False, "rate_limited"), (True, None)])
def test_a_refused_handshake_tells_how_long_to_wait(expected: bool, reason: str | None) -> None:
    handshake = Handshake(status=429, headers={"retry-after": "7"})
    found = WEBSOCKET["connect"].judge(handshake, Expect(rate_limited=expected))
    assert (found.reason, found.status, found.retry_after) == (reason, "429", 7.0)


def test_audio_travels_as_base64() -> None:
    message = json.loads(WEBSOCKET["audio"].build(b"\x00\x01\xff"))
    assert message == {"type": "audio", "audio_data": base64.b64encode(b"\x00\x01\xff").decode()}
