"""WebSocket: June's gateway at /ws/{user_id}. One reply for each message, in order.

`build(material, params) -> str` makes the text frame; `judge(reply, expect, sent_seconds) -> Judgement` takes the
reply's text. `connect` sends nothing: its build gives the path.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import msgspec

from loadgen.model.plan import Expect
from loadgen.protocols.answers import WRONG_FORM, in_band_error, object_of, text_field, wrong_form
from loadgen.protocols.call import (
    AUDIO_SECONDS,
    PROMPT,
    REALTIME_FACTOR,
    SPEECH,
    SPEECH_TEXT,
    Call,
    Judgement,
    failed,
    too_brief,
)

WEBSOCKET = "websocket"
OPEN_STATUS = "101"

_json = msgspec.json.Encoder().encode


def path(user: str, _params: None = None) -> str:
    """Where a user connects."""
    return f"/ws/{quote(user, safe='')}"


def _text(text: str, _params: None = None) -> str:
    return _json({"type": "text", "text": text}).decode()


def _audio(wav: bytes, _params: None = None) -> str:
    return _json({"type": "audio", "audio_data": binascii.b2a_base64(wav, newline=False).decode()}).decode()


def _tts_request(text: str, _params: None = None) -> str:
    return _json({"type": "tts_request", "text": text}).decode()


def _judged(kind: str, check: Callable[[dict[str, Any], Expect, float], Judgement]) -> Callable[..., Judgement]:
    """The judgement of a reply of type `kind` is `check`'s; it may raise ValueError for a wrong form."""

    def judge(reply: str | bytes, expect: Expect, sent_seconds: float = 0.0) -> Judgement:
        try:
            found = object_of(reply)
            verdict = in_band_error(found) or _of_kind(found, kind) or check(found, expect, sent_seconds)
        except WRONG_FORM as fault:
            return wrong_form(fault, "", reply)
        return verdict if verdict.reason is None else failed(verdict.reason, "", verdict.message, reply)

    return judge


def _of_kind(found: dict[str, Any], kind: str) -> Judgement | None:
    if found["type"] == kind:
        return None
    return failed("bad_answer", "", f"type is {found['type']!r} where {kind!r} is due")


def _good_text(found: dict[str, Any], expect: Expect, _sent: float) -> Judgement:
    return text_field(found, "text", expect.min_text) or Judgement()


def _good_transcript(found: dict[str, Any], expect: Expect, sent: float) -> Judgement:
    return text_field(found, "text", expect.min_text) or Judgement(audio_seconds=sent)


def _good_speech(found: dict[str, Any], expect: Expect, _sent: float) -> Judgement:
    if empty := text_field(found, "audio_url", expect.min_text):
        return empty
    problem = too_brief(float(found["duration"]), expect.min_audio_seconds)
    return Judgement() if problem is None else failed("empty_answer", "", f"duration: {problem}")


def judge_connect(status: int, expect: Expect) -> Judgement:
    """The judgement of a handshake by the HTTP status it was answered with."""
    if status == 101:
        return Judgement(status=OPEN_STATUS)
    if status == 429:
        if expect.rate_limited:
            return Judgement(status="429")
        return failed("rate_limited", "429", "the handshake was refused: rate limit exceeded")
    reason = "http_4xx" if 400 <= status < 500 else "http_5xx" if status >= 500 else "bad_answer"
    return failed(reason, str(status), f"the handshake was refused with HTTP {status}")


def _call(name: str, build: Callable[..., str], judge: Callable[..., Judgement], **more: Any) -> Call:
    return Call(test_type=WEBSOCKET, name=name, build=build, judge=judge, **more)


CALLS = (
    _call("connect", path, judge_connect),
    _call("text", _text, _judged("response", _good_text), needs=PROMPT),
    _call(
        "audio",
        _audio,
        _judged("transcription", _good_transcript),
        needs=SPEECH,
        measures=frozenset({AUDIO_SECONDS, REALTIME_FACTOR}),
    ),
    _call("tts_request", _tts_request, _judged("audio_response", _good_speech), needs=SPEECH_TEXT),
)
