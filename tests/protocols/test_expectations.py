"""A call names every expectation that it looks at, and no other: what has no effect can be refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from loadgen.model.plan import Expect
from loadgen.protocols.call import MIN_AUDIO, MIN_TEXT, RATE_LIMITED, STATUSES
from loadgen.protocols.grpc_answers import judge_status
from loadgen.protocols.registry import CALLS
from loadgen.protocols.rest import Answer
from loadgen.protocols.websocket import Handshake
from loadgen.protocols.wire import asr_pb2 as asr
from loadgen.protocols.wire import llm_pb2 as llm
from loadgen.protocols.wire import tts_pb2 as tts

SECOND = bytes(32_000)
B64 = base64.b64encode(SECOND).decode()
SOUND = {"audio_data": SECOND, "sample_rate": 16_000, "encoding": "pcm16"}

GOOD: dict[tuple[str, str], Any] = {
    ("rest", "token"): {"access_token": "abc"},
    ("rest", "health"): {"status": "healthy"},
    ("rest", "status"): {"service": "gateway"},
    ("rest", "chat"): {"type": "response", "text": "words"},
    ("rest", "llm_generate"): {"text": "words"},
    ("rest", "tts_speak"): {"audio_b64": B64, "sample_rate": 16_000},
    ("rest", "transcribe"): {"transcript": "words"},
    ("rest", "round_trip"): {
        "transcript": "words",
        "llm_response": "words",
        "audio_data": B64,
        "sample_rate": 16_000,
    },
    ("websocket", "text"): {"type": "response", "text": "words"},
    ("websocket", "audio"): {"type": "transcription", "text": "words"},
    ("websocket", "tts_request"): {"type": "audio_response", "audio_url": "/a", "duration": 1.0},
    ("websocket", "connect"): Handshake(status=101),
    ("grpc", "llm_generate"): [llm.GenerationResponse(text="words")],
    ("grpc", "llm_generate_stream"): [llm.GenerationChunk(token="words", is_final=True)],
    ("grpc", "llm_chat"): [llm.ChatResponse(message=llm.ChatMessage(content="words"))],
    ("grpc", "llm_chat_stream"): [llm.ChatChunk(content_delta="words", is_final=True)],
    ("grpc", "llm_embed"): [llm.EmbeddingResponse(embeddings=[0.1], dimension=1)],
    ("grpc", "stt_recognize"): [asr.RecognitionResponse(results=[asr.RecognitionResult(transcript="words")])],
    ("grpc", "stt_recognize_stream"): [asr.RecognitionResult(transcript="words", is_final=True)],
    ("grpc", "tts_synthesize"): [tts.AudioResponse(**SOUND)],
    ("grpc", "tts_synthesize_stream"): [tts.AudioChunk(**SOUND)],
    ("grpc", "health"): [llm.HealthResponse(healthy=True)],
}

STRICT = {
    STATUSES: Expect(statuses=(299,)),
    MIN_TEXT: Expect(min_text=1000),
    MIN_AUDIO: Expect(min_audio_seconds=1000.0),
}


def judged(test_type: str, call: str, expect: Expect) -> str | None:
    """The reason that a good answer gets under an expectation."""
    answer: Any = GOOD[test_type, call]
    if test_type == "rest":
        answer = Answer(status=200, headers={}, body=json.dumps(answer).encode())
    elif isinstance(answer, dict):
        answer = json.dumps(answer)
    return CALLS[test_type][call].judge(answer, expect).reason


def limited(test_type: str, call: str, expect: Expect) -> str | None:
    """The reason that a limiter's refusal gets under an expectation."""
    judge = CALLS[test_type][call].judge
    if test_type == "rest":
        return judge(Answer(status=429, headers={}, body=b"{}"), expect).reason
    if test_type == "grpc":
        return judge_status("RESOURCE_EXHAUSTED", "limit", expect, answered=False, retry_after=None).reason
    return judge(
        Handshake(status=429) if call == "connect" else '{"type": "error", "message": "rate limit"}', expect
    ).reason


@pytest.mark.parametrize("test_type, call", [(t, name) for t, calls in CALLS.items() for name in calls])
def test_a_call_looks_at_exactly_the_expectations_that_it_names(test_type: str, call: str) -> None:
    assert judged(test_type, call, Expect()) is None
    matters = {name for name, expect in STRICT.items() if judged(test_type, call, expect) is not None}
    if limited(test_type, call, Expect(rate_limited=True)) is None:
        matters.add(RATE_LIMITED)
    assert CALLS[test_type][call].expects == matters
