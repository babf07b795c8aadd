"""What counts as a good REST answer."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from loadgen.model.plan import Expect
from loadgen.protocols.call import Judgement
from loadgen.protocols.registry import CALLS
from loadgen.protocols.rest import Answer, token_of

REST = CALLS["rest"]


def answer(body: Any, status: int = 200, **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status=status, headers={name.replace("_", "-"): value for name, value in headers.items()}, body=raw)


def judged(call: str, given: Answer, *, sent: float = 0.0, **expect: Any) -> Judgement:
    return REST[call].judge(given, Expect(**expect), sent)


def pcm(seconds: float) -> str:
    return base64.b64encode(bytes(2 * round(16_000 * seconds))).decode()


GOOD = {
    "token": {"access_token": "abc", "token_type": "bearer"},
    "health": {"status": "healthy", "checks": {}},
    "status": {"service": "gateway", "version": "0.2.0"},
    "chat": {"type": "response", "text": "Mock response to: x"},
    "llm_generate": {"text": "an answer"},
    "tts_speak": {"audio_b64": pcm(0.5), "sample_rate": 16000},
    "transcribe": {"transcript": "words", "detected_language": "en"},
    "round_trip": {"transcript": "words", "llm_response": "more", "audio_data": pcm(0.25), "sample_rate": 16000},
}


@pytest.mark.parametrize("call", GOOD)
def test_a_good_answer_has_no_reason(call: str) -> None:
    assert judged(call, answer(GOOD[call])).reason is None


@pytest.mark.parametrize(
    "call, body, reason",
    [
        ("token", {"access_token": ""}, "empty_answer"),
        ("token", {}, "bad_answer"),
        ("health", {"status": "unhealthy"}, "in_band_error"),
        ("chat", {"type": "error", "message": "Unknown message type: x"}, "in_band_error"),
        ("chat", {"type": "transcription", "text": "x"}, "bad_answer"),
        ("chat", {"type": "response", "text": "  "}, "empty_answer"),
        ("chat", {"type": "response", "text": 7}, "bad_answer"),
        ("llm_generate", {"text": ""}, "empty_answer"),
        ("llm_generate", {"error": "no model"}, "in_band_error"),
        ("llm_generate", ["text"], "bad_answer"),
        ("llm_generate", b"<html>", "bad_answer"),
        ("llm_generate", b"", "bad_answer"),
        ("tts_speak", {"audio_b64": "", "sample_rate": 16000}, "empty_answer"),
        ("tts_speak", {"audio_b64": "***", "sample_rate": 16000}, "bad_answer"),
        ("tts_speak", {"audio_b64": pcm(0.5), "sample_rate": 0}, "bad_answer"),
        ("tts_speak", {"audio_b64": pcm(0.5)}, "bad_answer"),
        ("transcribe", {"transcript": ""}, "empty_answer"),
        ("round_trip", {**GOOD["round_trip"], "llm_response": ""}, "empty_answer"),
        ("round_trip", {**GOOD["round_trip"], "audio_data": ""}, "empty_answer"),
    ],
)
def test_a_good_status_does_not_make_a_good_answer(call: str, body: Any, reason: str) -> None:
    assert judged(call, answer(body)).reason == reason


@pytest.mark.parametrize(
    "status, reason",
    [
        (201, "bad_answer"),
        (302, "bad_answer"),
        (400, "http_4xx"),
        (401, "http_4xx"),
        (403, "http_4xx"),
        (422, "http_4xx"),
        (429, "rate_limited"),
        (500, "http_5xx"),
        (503, "http_5xx"),
    ],
)
def test_a_status_that_is_not_expected_has_a_reason(status: int, reason: str) -> None:
    found = judged("chat", answer(b"Internal Server Error", status))
    assert (found.reason, found.status) == (reason, str(status))


def test_an_expected_status_is_no_failure() -> None:
    assert judged("health", answer({"status": "unhealthy"}, 503), statuses=(200, 503)).reason is None


def test_a_rate_limit_that_is_expected_is_no_failure_and_still_tells_how_long_to_wait() -> None:
    found = judged("chat", answer({}, 429, retry_after="59"), rate_limited=True)
    assert (found.reason, found.retry_after) == (None, 59.0)


def test_a_text_or_sound_below_its_minimum_is_empty() -> None:
    assert judged("llm_generate", answer({"text": "short"}), min_text=6).reason == "empty_answer"
    assert judged("tts_speak", answer(GOOD["tts_speak"]), min_audio_seconds=0.6).reason == "empty_answer"


def test_audio_is_counted_as_sent_or_received() -> None:
    assert judged("tts_speak", answer(GOOD["tts_speak"])).audio_seconds == 0.5
    assert judged("transcribe", answer(GOOD["transcribe"]), sent=1.5).audio_seconds == 1.5
    assert judged("round_trip", answer(GOOD["round_trip"]), sent=1.5).audio_seconds == 1.75


def test_a_failure_keeps_a_short_piece_of_the_answer() -> None:
    assert judged("chat", answer(b"x" * 100_000, 500)).excerpt == "x" * 4096


def test_a_user_id_cannot_leave_its_query_parameter() -> None:
    assert REST["token"].build("a&b=c/ä").target == "/auth/token?user_id=a%26b%3Dc%2F%C3%A4"


def test_an_upload_names_its_type_and_asks_in_the_query_for_the_round_trip() -> None:
    call = REST["round_trip"]
    request = call.build(b"RIFFdata", call.read_params({"language": "de-DE"}))
    assert request.target == "/api/v1/audio/transcribe?full_round_trip=true&language=de-DE"
    boundary = request.content_type.partition("boundary=")[2].encode()
    assert request.body.startswith(b"--" + boundary)
    assert request.body.endswith(b"--" + boundary + b"--\r\n")
    assert b"Content-Type: audio/wav\r\n\r\nRIFFdata\r\n" in request.body


def test_the_token_is_the_one_in_the_answer_and_an_expected_refusal_brings_none() -> None:
    assert token_of(answer(GOOD["token"])) == "abc"
    assert judged("token", answer({}, 429), rate_limited=True).reason is None
    assert token_of(answer({}, 429)) == ""
