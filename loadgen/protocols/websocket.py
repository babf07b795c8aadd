"""WebSocket: June's gateway at /ws/{user_id}. One reply for each message, in order.

`build(material, params) -> str` makes the text frame; `judge(reply, expect, sent_seconds) -> Judgement` takes the
reply's text. `connect` sends nothing: its build gives the path, and its judge takes the Handshake.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from loadgen.model.plan import Expect
from loadgen.protocols.answers import WRONG_FORM, in_band_error, object_of, text_field, wrong_form
from loadgen.protocols.call import (
    AUDIO_SECONDS,
    MIN_AUDIO,
    MIN_TEXT,
    PROMPT,
    RATE_LIMITED,
    REALTIME_FACTOR,
    SPEECH,
    SPEECH_TEXT,
    Call,
    Judgement,
    failed,
    too_brief,
)
from loadgen.protocols.retry import retry_after_of

WEBSOCKET = "websocket"
OPEN_STATUS = "101"

_json = msgspec.json.Encoder().encode


class Handshake(Struct, frozen=True, kw_only=True):
    """How a connection was answered; header names are lower case."""

    status: int
    headers: Mapping[str, str] = {}


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
    if empty := text_field(found, "audio_url", 1):
        return empty
    problem = too_brief(float(found["duration"]), expect.min_audio_seconds)
    return Judgement() if problem is None else failed("empty_answer", "", f"duration: {problem}")


def judge_connect(handshake: Handshake, expect: Expect) -> Judgement:
    """The judgement of a handshake by the HTTP status it was answered with."""
    status, code = str(handshake.status), handshake.status
    if code == 101:
        return Judgement(status=OPEN_STATUS)
    wait = retry_after_of(handshake.headers.get("retry-after"), handshake.headers.get("date"))
    if code == 429:
        if expect.rate_limited:
            return Judgement(status=status, retry_after=wait)
        return failed("rate_limited", status, "the handshake was refused: rate limit exceeded", retry_after=wait)
    reason = "http_4xx" if 400 <= code < 500 else "http_5xx" if code >= 500 else "bad_answer"
    return failed(reason, status, f"the handshake was refused with HTTP {status}", retry_after=wait)


def _call(name: str, build: Callable[..., str], judge: Callable[..., Judgement], expects: str, **more: Any) -> Call:
    return Call(test_type=WEBSOCKET, name=name, build=build, judge=judge, expects=frozenset({expects}), **more)


CALLS = (
    _call("connect", path, judge_connect, RATE_LIMITED),
    _call("text", _text, _judged("response", _good_text), MIN_TEXT, needs=PROMPT),
    _call(
        "audio",
        _audio,
        _judged("transcription", _good_transcript),
        MIN_TEXT,
        needs=SPEECH,
        measures=frozenset({AUDIO_SECONDS, REALTIME_FACTOR}),
    ),
    _call("tts_request", _tts_request, _judged("audio_response", _good_speech), MIN_AUDIO, needs=SPEECH_TEXT),
)
