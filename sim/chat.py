"""The mocked replies of /chat and the WebSocket: the same messages, the same answers."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from sim.tokens import timestamp

KINDS = {"text": "text", "audio": "audio", "tts_request": "tts_request"}
"""Message type → the WebSocket's call for it."""


class Reply(Struct, frozen=True):
    """An answer. `text` is what there is to read in it; `failed`: it is an error inside a good status."""

    body: dict[str, Any]
    text: str
    failed: bool = False


def chat_reply(message: dict[str, Any]) -> Reply:
    """The answer to a message; one without a type is a text."""
    kind = message.get("type", "text")
    if kind == "text":
        text = f"Mock response to: {message.get('text', '')}"
        return Reply({"type": "response", "text": text, "timestamp": timestamp()}, text)
    if kind == "audio":
        text = "This is a mock transcription"
        return Reply({"type": "transcription", "text": text, "confidence": 0.95, "timestamp": timestamp()}, text)
    if kind == "tts_request":
        url = "/audio/mock-response.wav"
        return Reply({"type": "audio_response", "audio_url": url, "duration": 2.5, "timestamp": timestamp()}, url)
    return error_reply(f"Unknown message type: {kind}")


def error_reply(text: str) -> Reply:
    """The form of every error there."""
    return Reply({"type": "error", "message": text, "timestamp": timestamp()}, text, failed=True)
