"""Reading and checking what a REST client sends; what is wrong is refused in June's words."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from aiohttp import BodyPartReader, web

from sim.failures import Refusal

MOST_AUDIO = 52_428_800
_MOST_NAME = 255
_EXTENSIONS = ("wav", "mp3", "ogg", "flac", "m4a", "webm", "opus")
_TYPES = frozenset(
    f"audio/{name}"
    for name in ("wav", "wave", "x-wav", "mpeg", "mp3", "ogg", "vorbis", "opus", "flac", "mp4", "m4a", "webm")
)
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")


def _unprocessable(kind: str, where: list[str], message: str, given: object, **context: object) -> Refusal:
    fault: dict[str, object] = {"type": kind, "loc": where, "msg": message, "input": given}
    if context:
        fault["ctx"] = context
    return Refusal(422, [fault])


async def json_object(request: web.Request) -> dict[str, Any]:
    """The body, a JSON object. Raises Refusal, status 422."""
    body = await request.read()
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise _unprocessable("json_invalid", ["body", "0"], "JSON decode error", {}, error=str(error)) from None
    if not isinstance(found, dict):
        raise _unprocessable("dict_type", ["body"], "Input should be a valid dictionary", found)
    return found


def text_in(body: dict[str, Any], field: str, most: int, *, default: str | None = None) -> str:
    """A text of 1…`most` characters that is not blank. Raises Refusal, status 422, which echoes the input."""
    where = ["body", field]
    value = body.get(field, default)
    if value is None:
        raise _unprocessable("missing", where, "Field required", body)
    if not isinstance(value, str):
        raise _unprocessable("string_type", where, "Input should be a valid string", value)
    if not value:
        raise _unprocessable("string_too_short", where, "String should have at least 1 character", value, min_length=1)
    if len(value) > most:
        message = f"String should have at most {most} characters"
        raise _unprocessable("string_too_long", where, message, value, max_length=most)
    if not value.strip():
        raise _unprocessable("value_error", where, f"Value error, {field} is blank", value, error={})
    return value


def language_in(body: dict[str, Any]) -> str:
    """A language such as `en` or `en-GB`. Raises Refusal, status 422."""
    language = text_in(body, "language", 10, default="en")
    if not _LANGUAGE.fullmatch(language):
        raise _unprocessable("value_error", ["body", "language"], "Value error, no language code", language, error={})
    return language.lower()


def language_of(request: web.Request) -> str:
    """The query's language. Raises Refusal, status 400."""
    language = request.query.get("language", "en")
    if not _LANGUAGE.fullmatch(language):
        raise Refusal(400, f"Invalid language code: {language}")
    return language.lower()


async def uploaded_audio(request: web.Request) -> bytes:
    """The bytes of the file part `audio`. Raises Refusal: 422 without one, 400 for one that June would not take."""
    part = await _audio_part(request)
    _check_part(part)
    audio = bytes(await part.read())
    if not audio:
        raise Refusal(400, "Audio file is empty")
    if len(audio) > MOST_AUDIO:
        raise Refusal(400, f"Audio file is larger than {MOST_AUDIO} bytes")
    return audio


async def _audio_part(request: web.Request) -> BodyPartReader:
    if request.content_type == "multipart/form-data":
        try:
            async for part in await request.multipart():
                if isinstance(part, BodyPartReader) and part.name == "audio" and part.filename is not None:
                    return part
        except ValueError as error:
            raise Refusal(400, f"There was an error parsing the body: {error}") from None
    raise _unprocessable("missing", ["body", "audio"], "Field required", None)


def _check_part(part: BodyPartReader) -> None:
    name = part.filename or ""
    if len(name) > _MOST_NAME or ".." in name or "/" in name or "\\" in name:
        raise Refusal(400, "Invalid file name")
    if name.rpartition(".")[2].lower() not in _EXTENSIONS:
        raise Refusal(400, f"Unsupported file extension; one of {', '.join(_EXTENSIONS)}")
    content_type = part.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type not in _TYPES:
        raise Refusal(400, f"Unsupported content type: {content_type or 'none'}")
