"""REST: June's gateway. `build(material, params) -> Request`, `judge(answer, expect, sent_seconds) -> Judgement`.

`material` is a text, a WAV file (bytes), or None; `sent_seconds` the length of the audio that was sent, if any.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from msgspec import Struct
from pydantic import StringConstraints

from loadgen.model.plan import Expect
from loadgen.model.settings import Settings
from loadgen.protocols.answers import WRONG_FORM, in_band_error, object_of, text_field, wrong_form
from loadgen.protocols.audio import seconds_of_base64
from loadgen.protocols.call import (
    AUDIO_SECONDS,
    MIN_AUDIO,
    MIN_TEXT,
    PROMPT,
    RATE_LIMITED,
    REALTIME_FACTOR,
    SPEECH,
    SPEECH_TEXT,
    STATUSES,
    Call,
    Judgement,
    failed,
    too_brief,
)
from loadgen.protocols.retry import retry_after_of

REST = "rest"
JSON = "application/json"

_json = msgspec.json.Encoder().encode


class Request(Struct, frozen=True, kw_only=True):
    """What is sent. `target` is path and query, ASCII; the headers that every request has are the sender's affair."""

    method: str
    target: str
    body: bytes = b""
    content_type: str = ""


class Answer(Struct, frozen=True, kw_only=True):
    """What came back; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]


class SpeakParams(Settings):
    """How a text is to be spoken."""

    language: Language = "en"
    voice_id: Annotated[str, StringConstraints(min_length=1, max_length=100)] = "default"


class TranscribeParams(Settings):
    """In which language was spoken."""

    language: Language = "en"


# ------------------------------------------------------------------------------------------------------- requests


def token(user: str, _params: None = None) -> Request:
    """A token of the user's own."""
    return Request(method="POST", target=f"/auth/token?user_id={quote(user, safe='')}")


def _get(path: str) -> Callable[..., Request]:
    request = Request(method="GET", target=path)

    def build(_material: None = None, _params: None = None) -> Request:
        return request

    return build


def _chat(text: str, _params: None = None) -> Request:
    return _post("/chat", {"type": "text", "text": text})


def _llm_generate(prompt: str, _params: None = None) -> Request:
    return _post("/api/v1/llm/generate", {"prompt": prompt})


def _tts_speak(text: str, params: SpeakParams) -> Request:
    return _post("/api/v1/tts/speak", {"text": text, "language": params.language, "voice_id": params.voice_id})


def _transcribe(wav: bytes, params: TranscribeParams) -> Request:
    return _upload(f"/api/v1/audio/transcribe?language={params.language}", wav)


def _round_trip(wav: bytes, params: TranscribeParams) -> Request:
    # A query parameter: as a form field June ignores it.
    return _upload(f"/api/v1/audio/transcribe?full_round_trip=true&language={params.language}", wav)


def _post(path: str, body: dict[str, str]) -> Request:
    return Request(method="POST", target=path, body=_json(body), content_type=JSON)


_BOUNDARY = "loadgen-7c1f4a9e5b2d"
_BEFORE = (
    f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="audio"; filename="speech.wav"\r\n'
    "Content-Type: audio/wav\r\n\r\n"
).encode()
_AFTER = f"\r\n--{_BOUNDARY}--\r\n".encode()


def _upload(target: str, wav: bytes) -> Request:
    body = b"".join((_BEFORE, wav, _AFTER))
    return Request(method="POST", target=target, body=body, content_type=f"multipart/form-data; boundary={_BOUNDARY}")


# -------------------------------------------------------------------------------------------------------- answers


def _judged(check: Callable[[dict[str, Any], Expect, float], Judgement]) -> Callable[..., Judgement]:
    """The judgement of an answer whose status is expected is `check`'s; it may raise ValueError for a wrong form."""

    def judge(answer: Answer, expect: Expect, sent_seconds: float = 0.0) -> Judgement:
        if answer.status not in expect.statuses:
            return _unexpected(answer, expect)
        status = str(answer.status)
        if not 200 <= answer.status < 300:
            return Judgement(status=status, retry_after=_retry_after(answer))
        try:
            verdict = check(object_of(answer.body), expect, sent_seconds)
        except WRONG_FORM as fault:
            return wrong_form(fault, status, answer.body)
        if verdict.reason is None:
            return msgspec.structs.replace(verdict, status=status)
        return failed(verdict.reason, status, verdict.message, answer.body)

    return judge


def _unexpected(answer: Answer, expect: Expect) -> Judgement:
    status, code = str(answer.status), answer.status
    wait = _retry_after(answer)
    if code == 429:
        if expect.rate_limited:
            return Judgement(status=status, retry_after=wait)
        return failed("rate_limited", status, "rate limit exceeded", answer.body, retry_after=wait)
    if 300 <= code < 400:
        where = answer.headers.get("location", "nowhere")
        return failed("bad_answer", status, f"a redirect to {where}, which is not followed", answer.body)
    reason = "http_4xx" if 400 <= code < 500 else "http_5xx" if code >= 500 else "bad_answer"
    return failed(reason, status, f"HTTP {status}", answer.body, retry_after=wait)


def _retry_after(answer: Answer) -> float | None:
    return retry_after_of(answer.headers.get("retry-after"), answer.headers.get("date"))


def _sound(found: Mapping[str, Any], field: str, expect: Expect) -> tuple[float, Judgement | None]:
    """Seconds of the base64-coded audio in a field, and its judgement when it is too short."""
    seconds = seconds_of_base64(found[field], int(found["sample_rate"]))
    problem = too_brief(seconds, expect.min_audio_seconds)
    return seconds, None if problem is None else failed("empty_answer", "", f"{field}: {problem}")


def _good_token(found: dict[str, Any], _expect: Expect, _sent: float) -> Judgement:
    return in_band_error(found) or text_field(found, "access_token", 1) or Judgement()


def _good_health(found: dict[str, Any], _expect: Expect, _sent: float) -> Judgement:
    if found["status"] == "healthy":
        return Judgement()
    return failed("in_band_error", "", f"status is {found['status']!r}")


def _good_status(found: dict[str, Any], _expect: Expect, _sent: float) -> Judgement:
    return in_band_error(found) or text_field(found, "service", 1) or Judgement()


def _good_chat(found: dict[str, Any], expect: Expect, _sent: float) -> Judgement:
    if error := in_band_error(found):
        return error
    if found["type"] != "response":
        return failed("bad_answer", "", f"type is {found['type']!r} where 'response' is due")
    return text_field(found, "text", expect.min_text) or Judgement()


def _good_text(found: dict[str, Any], expect: Expect, _sent: float) -> Judgement:
    return in_band_error(found) or text_field(found, "text", expect.min_text) or Judgement()


def _good_speech(found: dict[str, Any], expect: Expect, _sent: float) -> Judgement:
    if error := in_band_error(found):
        return error
    seconds, problem = _sound(found, "audio_b64", expect)
    return problem or Judgement(audio_seconds=seconds)


def _good_transcript(found: dict[str, Any], expect: Expect, sent: float) -> Judgement:
    return in_band_error(found) or text_field(found, "transcript", expect.min_text) or Judgement(audio_seconds=sent)


def _good_round_trip(found: dict[str, Any], expect: Expect, sent: float) -> Judgement:
    if error := in_band_error(found):
        return error
    if empty := text_field(found, "transcript", expect.min_text) or text_field(found, "llm_response", expect.min_text):
        return empty
    seconds, problem = _sound(found, "audio_data", expect)
    return problem or Judgement(audio_seconds=sent + seconds)


def token_of(answer: Answer) -> str:
    """The token in an answer that was judged good; empty where the good answer was an expected refusal."""
    return str(object_of(answer.body)["access_token"]) if 200 <= answer.status < 300 else ""


def _call(
    name: str, build: Callable[..., Request], check: Callable[..., Judgement], *expects: str, **more: Any
) -> Call:
    looked_at = frozenset({STATUSES, RATE_LIMITED, *expects})
    return Call(test_type=REST, name=name, build=build, judge=_judged(check), expects=looked_at, **more)


_SPOKEN: dict[str, Any] = {"measures": frozenset({AUDIO_SECONDS, REALTIME_FACTOR})}
_WAV: dict[str, Any] = {"needs": SPEECH, "params": TranscribeParams, **_SPOKEN}

CALLS = (
    _call("token", token, _good_token, judged=False),
    _call("health", _get("/health"), _good_health, judged=False),
    _call("status", _get("/status"), _good_status, judged=False),
    _call("chat", _chat, _good_chat, MIN_TEXT, needs=PROMPT),
    _call("llm_generate", _llm_generate, _good_text, MIN_TEXT, needs=PROMPT),
    _call("tts_speak", _tts_speak, _good_speech, MIN_AUDIO, needs=SPEECH_TEXT, params=SpeakParams, **_SPOKEN),
    _call("transcribe", _transcribe, _good_transcript, MIN_TEXT, **_WAV),
    _call("round_trip", _round_trip, _good_round_trip, MIN_TEXT, MIN_AUDIO, **_WAV),
)
