"""What counts as a good gRPC answer, and which failure a status is."""

from __future__ import annotations

from typing import Any

import pytest

from loadgen.inputs.speech import wav_file
from loadgen.model.plan import Expect
from loadgen.protocols.grpc_answers import judge_status
from loadgen.protocols.grpc_calls import METHODS, chunks_due
from loadgen.protocols.registry import CALLS
from loadgen.protocols.wire import asr_pb2 as asr
from loadgen.protocols.wire import llm_pb2 as llm
from loadgen.protocols.wire import tts_pb2 as tts

GRPC = CALLS["grpc"]
SECOND = bytes(32_000)


def chunk(token: str, **more: Any) -> llm.GenerationChunk:
    return llm.GenerationChunk(token=token, **more)


def sound(data: bytes = SECOND, rate: int = 16_000, **more: Any) -> tts.AudioResponse:
    return tts.AudioResponse(audio_data=data, sample_rate=rate, encoding="pcm16", **more)


CASES = [
    ("llm_generate", [llm.GenerationResponse(text="hi")], None),
    ("llm_generate", [llm.GenerationResponse(text="")], "empty_answer"),
    ("llm_generate", [llm.GenerationResponse(text="hi", finish_reason="ERROR")], "in_band_error"),
    ("llm_generate_stream", [chunk("a "), chunk("b", is_final=True)], None),
    ("llm_generate_stream", [], "empty_answer"),
    ("llm_generate_stream", [chunk("", is_final=True)], "empty_answer"),
    ("llm_generate_stream", [chunk("a")], "bad_answer"),
    ("llm_generate_stream", [chunk("a"), chunk("", is_final=True, finish_reason="ERROR")], "in_band_error"),
    ("llm_generate_stream", [chunk("a", finish_reason="ERROR"), chunk("b", is_final=True)], None),
    ("llm_chat", [llm.ChatResponse(message=llm.ChatMessage(content="hi"))], None),
    ("llm_chat", [llm.ChatResponse()], "empty_answer"),
    ("llm_chat_stream", [llm.ChatChunk(content_delta="a", is_final=True)], None),
    ("llm_chat_stream", [llm.ChatChunk(is_final=True, finish_reason="ERROR")], "in_band_error"),
    ("llm_embed", [llm.EmbeddingResponse(embeddings=[0.1, 0.2], dimension=2)], None),
    ("llm_embed", [llm.EmbeddingResponse()], "empty_answer"),
    ("llm_embed", [llm.EmbeddingResponse(embeddings=[0.1], dimension=2)], "bad_answer"),
    ("llm_embed", [llm.EmbeddingResponse(embeddings=[float("nan")], dimension=1)], "bad_answer"),
    ("stt_recognize", [asr.RecognitionResponse(results=[asr.RecognitionResult(transcript="hi")])], None),
    ("stt_recognize", [asr.RecognitionResponse()], "empty_answer"),
    ("stt_recognize_stream", [asr.RecognitionResult(transcript="hi", is_final=True)], None),
    ("stt_recognize_stream", [asr.RecognitionResult(is_final=True)], "empty_answer"),
    ("stt_recognize_stream", [asr.RecognitionResult(transcript="hi")], "bad_answer"),
    ("tts_synthesize", [sound()], None),
    ("tts_synthesize", [sound(b"")], "empty_answer"),
    ("tts_synthesize", [sound(rate=0)], "empty_answer"),
    ("tts_synthesize_stream", [tts.AudioChunk(audio_data=SECOND, sample_rate=16_000, encoding="pcm16")], None),
    ("tts_synthesize_stream", [tts.AudioChunk(is_final=True)], "empty_answer"),
    ("health", [llm.HealthResponse(healthy=True)], None),
    ("health", [tts.HealthResponse(healthy=False)], "in_band_error"),
]


@pytest.mark.parametrize("call, messages, reason", CASES)
def test_status_ok_does_not_make_a_good_answer(call: str, messages: list[Any], reason: str | None) -> None:
    assert GRPC[call].judge(messages, Expect()).reason == reason


@pytest.mark.parametrize(
    "code, details, reason",
    [
        ("UNAVAILABLE", "failed to connect to all addresses; Connection refused", "connect"),
        ("UNAVAILABLE", "Socket closed", "closed"),
        ("DEADLINE_EXCEEDED", "Deadline Exceeded", "timeout"),
        ("RESOURCE_EXHAUSTED", "rate limit exceeded", "rate_limited"),
        ("RESOURCE_EXHAUSTED", "Received message larger than max (5 vs. 4)", "grpc_error"),
        ("INTERNAL", "boom", "grpc_error"),
        ("UNIMPLEMENTED", "", "grpc_error"),
        ("UNAUTHENTICATED", "", "grpc_error"),
        ("CANCELLED", "", "grpc_error"),
    ],
)
def test_a_status_has_one_reason(code: str, details: str, reason: str) -> None:
    found = judge_status(code, details, Expect(), answered=False, retry_after=None)
    assert (found.reason, found.status) == (reason, code)


def test_a_connection_lost_after_a_message_was_closed_whatever_it_says() -> None:
    found = judge_status("UNAVAILABLE", "failed to connect", Expect(), answered=True, retry_after=None)
    assert found.reason == "closed"


def test_an_expected_rate_limit_is_no_failure() -> None:
    expect = Expect(rate_limited=True)
    assert judge_status("RESOURCE_EXHAUSTED", "limit", expect, answered=False, retry_after=2.0).reason is None


def test_tokens_and_audio_are_counted() -> None:
    usage = llm.UsageStats(prompt_tokens=3, completion_tokens=5)
    unary = GRPC["llm_generate"].judge([llm.GenerationResponse(text="hi", usage=usage)], Expect())
    assert (unary.tokens_in, unary.tokens_out) == (3, 5)
    stream = GRPC["llm_generate_stream"].judge([chunk("a"), chunk("b"), chunk("", is_final=True)], Expect())
    assert stream.tokens_out == 2
    assert GRPC["tts_synthesize"].judge([sound()], Expect()).audio_seconds == 1.0


def test_streamed_speech_is_cut_into_chunks_that_are_due_when_they_have_been_spoken() -> None:
    call = GRPC["stt_recognize_stream"]
    chunks = call.build(wav_file(SECOND + bytes(8_000)), call.read_params({"chunk": "500ms"}))
    assert [len(c.audio_data) for c in chunks] == [16_000, 16_000, 8_000]
    assert chunks_due(chunks) == (0.5, 1.0, 1.25)


def test_every_call_has_its_method_and_every_method_belongs_to_a_call() -> None:
    assert METHODS.keys() == GRPC.keys()
    assert [method.path for method in METHODS["tts_synthesize"]] == ["/june.tts.TextToSpeech/Synthesize"]
    assert {method.service for method in METHODS["health"]} == {"llm", "stt", "tts"}
