"""What can be asked of the stand-in: one name for each call, the same as `call:` in the load test's YAML."""

from __future__ import annotations

from msgspec import Struct


class Operation(Struct, frozen=True, eq=False):
    """One call. Hashed by identity, so that it is a cheap key."""

    test_type: str
    call: str
    housekeeping: bool = False
    """True for what a client needs before it can work. Faults for everything spare these; by name they can be hit."""

    @property
    def key(self) -> str:
        """`test_type:call`."""
        return f"{self.test_type}:{self.call}"


def _operations(test_type: str, housekeeping: str, work: str) -> tuple[Operation, ...]:
    return (
        *(Operation(test_type, call, True) for call in housekeeping.split()),
        *(Operation(test_type, call) for call in work.split()),
    )


OPERATIONS = (
    *_operations("rest", "token health status", "chat llm_generate tts_speak transcribe round_trip"),
    *_operations("websocket", "connect", "text audio tts_request"),
    *_operations(
        "grpc",
        "health",
        "llm_generate llm_generate_stream llm_chat llm_chat_stream llm_embed "
        "stt_recognize stt_recognize_stream tts_synthesize tts_synthesize_stream",
    ),
)

BY_KEY = {o.key: o for o in OPERATIONS}
