"""The three gRPC services answer as the contract says."""

from __future__ import annotations

import math
from typing import Any

import grpc
import pytest

from loadgen.protocols.wire import asr_pb2, llm_pb2, tts_pb2
from sim.operations import OPERATIONS
from tests.june_calls import ANSWERS, GENERATE, both_ways, prompt, stream, unary, wav
from tests.sim_process import Sim

LLM, STT, TTS = "/june.llm.LLMInference/", "/june.asr.SpeechToText/", "/june.tts.TextToSpeech/"


def talk(text: str = "tell me about the harbour") -> llm_pb2.ChatRequest:
    return llm_pb2.ChatRequest(messages=[llm_pb2.ChatMessage(role="user", content=text)])


def chunks(seconds: float) -> list[asr_pb2.AudioChunk]:
    size = 3200
    audio = wav(seconds)[44:]
    return [
        asr_pb2.AudioChunk(audio_data=audio[at : at + size], sample_rate=16_000, channels=1, encoding="pcm")
        for at in range(0, len(audio), size)
    ]


def speech(seconds: float, rate: int = 16_000, encoding: str = "wav", **config: Any) -> asr_pb2.RecognitionRequest:
    return asr_pb2.RecognitionRequest(
        audio_data=wav(seconds), sample_rate=rate, encoding=encoding, config=asr_pb2.RecognitionConfig(**config)
    )


def refused(sim: Sim, path: str, request: Any) -> grpc.StatusCode:
    with pytest.raises(grpc.RpcError) as error:
        unary(sim, path, request)
    return error.value.code()


def test_generate_counts_its_tokens(sim: Sim) -> None:
    answer = unary(sim, GENERATE, prompt())
    assert answer.tokens_generated == len(answer.text.split()) == answer.usage.completion_tokens
    assert answer.usage.prompt_tokens == 5
    assert answer.finish_reason == llm_pb2.STOP
    assert answer.tokens_per_second > 0


def test_generate_stops_at_the_tokens_allowed(sim: Sim) -> None:
    answer = unary(sim, GENERATE, prompt(max_tokens=3))
    assert (answer.tokens_generated, answer.finish_reason) == (3, llm_pb2.LENGTH)


def test_a_stream_of_tokens_makes_the_answer_that_generate_gives(sim: Sim) -> None:
    messages = stream(sim, LLM + "GenerateStream", prompt())
    assert "".join(m.token for m in messages) == unary(sim, GENERATE, prompt()).text
    assert [m.index for m in messages] == list(range(len(messages)))
    assert [m.is_final for m in messages] == [False] * (len(messages) - 1) + [True]


def test_chat_answers_as_the_assistant(sim: Sim) -> None:
    answer = unary(sim, LLM + "Chat", talk())
    assert answer.message.role == "assistant"
    assert answer.tokens_generated == len(answer.message.content.split())


def test_a_chat_stream_makes_the_answer_that_chat_gives(sim: Sim) -> None:
    messages = stream(sim, LLM + "ChatStream", talk())
    assert "".join(m.content_delta for m in messages) == unary(sim, LLM + "Chat", talk()).message.content
    assert messages[-1].is_final


def test_embed_gives_one_unit_vector_for_each_text(sim: Sim) -> None:
    answer = unary(sim, LLM + "Embed", llm_pb2.EmbeddingRequest(texts=["one", "two"]))
    first, second = answer.embeddings[: answer.dimension], answer.embeddings[answer.dimension :]
    assert len(first) == len(second) == answer.dimension
    assert math.hypot(*first) == pytest.approx(1, abs=1e-5)
    assert list(first) != list(second)


def test_each_service_tells_its_health(sim: Sim) -> None:
    assert unary(sim, LLM + "HealthCheck", llm_pb2.HealthRequest()).supports_streaming
    assert unary(sim, STT + "HealthCheck", asr_pb2.HealthRequest()).healthy
    assert list(unary(sim, TTS + "HealthCheck", tts_pb2.HealthRequest()).available_voices) == ["default"]


@pytest.mark.parametrize("text", ["", "  ", "x" * 100_001])
def test_a_bad_prompt_is_an_invalid_argument(sim: Sim, text: str) -> None:
    assert refused(sim, GENERATE, prompt(text)) is grpc.StatusCode.INVALID_ARGUMENT


def test_recognize_hears_as_many_words_as_the_audio_has_room_for(sim: Sim) -> None:
    (result,) = unary(sim, STT + "Recognize", speech(3)).results
    assert result.is_final
    assert len(result.transcript.split()) == 10
    assert result.end_time_us == 3_000_000


def test_recognize_times_the_words_on_request(sim: Sim) -> None:
    (result,) = unary(sim, STT + "Recognize", speech(3, enable_timestamps=True)).results
    assert [w.word for w in result.words] == result.transcript.split()


@pytest.mark.parametrize("bad", [{"rate": 0}, {"rate": 48_001}, {"encoding": "webm"}])
def test_audio_that_june_would_not_take_is_an_invalid_argument(sim: Sim, bad: dict[str, Any]) -> None:
    assert refused(sim, STT + "Recognize", speech(1, **bad)) is grpc.StatusCode.INVALID_ARGUMENT


def test_audio_above_four_mebibytes_is_resource_exhausted(sim: Sim) -> None:
    assert refused(sim, STT + "Recognize", speech(132)) is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_stream_of_speech_ends_with_a_final_result(sim: Sim) -> None:
    (result,) = both_ways(sim, STT + "RecognizeStream", chunks(3))
    assert result.is_final
    assert len(result.transcript.split()) == 10


def test_long_speech_has_an_interim_result_each_five_seconds(sim: Sim) -> None:
    assert [r.is_final for r in both_ways(sim, STT + "RecognizeStream", chunks(11))] == [False, False, True]


def test_speech_of_less_than_a_tenth_of_a_second_is_not_answered(sim: Sim) -> None:
    assert both_ways(sim, STT + "RecognizeStream", chunks(0.05)) == []


def test_synthesis_is_as_long_as_its_text(sim: Sim) -> None:
    answer = unary(sim, TTS + "Synthesize", tts_pb2.SynthesisRequest(text="one two three"))
    assert (answer.sample_rate, answer.encoding, answer.duration_ms) == (16_000, "pcm16", 900)
    assert len(answer.audio_data) == answer.duration_ms * 32


def test_synthesis_of_nothing_is_ok_and_silent(sim: Sim) -> None:
    assert unary(sim, TTS + "Synthesize", tts_pb2.SynthesisRequest()).audio_data == b""


def test_a_stream_of_audio_makes_what_synthesize_gives(sim: Sim) -> None:
    request = tts_pb2.SynthesisRequest(text="one two three four five", stream=True)
    messages = both_ways(sim, TTS + "SynthesizeStream", [request])
    assert b"".join(m.audio_data for m in messages) == unary(sim, TTS + "Synthesize", request).audio_data
    assert [m.is_final for m in messages] == [False] * (len(messages) - 1) + [True]
    assert len(messages) == 3


def test_each_text_of_a_stream_ends_with_a_final_chunk(sim: Sim) -> None:
    texts = [tts_pb2.SynthesisRequest(text=text) for text in ("one", "two")]
    assert sum(m.is_final for m in both_ways(sim, TTS + "SynthesizeStream", texts)) == 2


def test_a_method_that_june_does_not_know_is_unimplemented(sim: Sim) -> None:
    with grpc.insecure_channel(sim.grpc("llm")) as channel, pytest.raises(grpc.RpcError) as error:
        channel.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=5)
    assert error.value.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize(
    "path",
    [
        "/june.llm.LLMInference/Embed",
        "/june.llm.LLMInference/HealthCheck",
        "/june.asr.SpeechToText/HealthCheck",
        "/june.tts.TextToSpeech/HealthCheck",
    ],
)
def test_as_built_june_lacks_some_methods(sim: Sim, path: str) -> None:
    sim.tell("profile", profile="as-built")
    assert refused(sim, path, llm_pb2.HealthRequest()) is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize("path", [STT + "RecognizeStream", TTS + "SynthesizeStream"])
def test_as_built_june_lacks_the_streams_of_speech(sim: Sim, path: str) -> None:
    sim.tell("profile", profile="as-built")
    with pytest.raises(grpc.RpcError) as error:
        both_ways(sim, path, [])
    assert error.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_every_call_is_booked_once(sim: Sim) -> None:
    unary(sim, GENERATE, prompt())
    stream(sim, LLM + "GenerateStream", prompt())
    unary(sim, LLM + "Chat", talk())
    stream(sim, LLM + "ChatStream", talk())
    unary(sim, LLM + "Embed", llm_pb2.EmbeddingRequest(texts=["one"]))
    unary(sim, STT + "Recognize", speech(1))
    both_ways(sim, STT + "RecognizeStream", chunks(1))
    unary(sim, TTS + "Synthesize", tts_pb2.SynthesisRequest(text="one"))
    both_ways(sim, TTS + "SynthesizeStream", [tts_pb2.SynthesisRequest(text="one")])
    calls = [o.call for o in OPERATIONS if o.test_type == "grpc" and not o.housekeeping]
    books = [sim.answered(f"grpc:{call}") for call in calls]
    assert [(b["answered"], b["errors"], b["given_up"]) for b in books] == [(1, 0, 0)] * len(calls)


IN_BAND: list[tuple[str, str, Any, Any]] = [
    (LLM + "Generate", "llm_generate", prompt(), lambda m: m.finish_reason == llm_pb2.ERROR),
    (LLM + "Chat", "llm_chat", talk(), lambda m: m.message.content == ""),
    (LLM + "Embed", "llm_embed", llm_pb2.EmbeddingRequest(texts=["x"]), lambda m: not m.embeddings),
    (STT + "Recognize", "stt_recognize", speech(1), lambda m: not m.results),
    (TTS + "Synthesize", "tts_synthesize", tts_pb2.SynthesisRequest(text="x"), lambda m: not m.audio_data),
    (LLM + "HealthCheck", "health", llm_pb2.HealthRequest(), lambda m: not m.healthy),
]


@pytest.mark.parametrize("path, call, request_, is_error", IN_BAND)
def test_an_error_can_come_inside_ok(sim: Sim, path: str, call: str, request_: Any, is_error: Any) -> None:
    sim.tell("faults", operation=f"grpc:{call}", error_every=1, in_band=True)
    assert is_error(unary(sim, path, request_))
    assert sim.answered(f"grpc:{call}")["errors"] == 1


def test_a_stream_can_end_with_an_error_inside_ok(sim: Sim) -> None:
    sim.tell("faults", operation="grpc", error_every=1, in_band=True)
    (chunk,) = stream(sim, LLM + "GenerateStream", prompt())
    assert (chunk.is_final, chunk.finish_reason) == (True, llm_pb2.ERROR)
    (result,) = both_ways(sim, STT + "RecognizeStream", chunks(1))
    assert (result.is_final, result.transcript) == (True, "")
    (audio,) = both_ways(sim, TTS + "SynthesizeStream", [tts_pb2.SynthesisRequest(text="x")])
    assert (audio.is_final, audio.audio_data) == (True, b"")


@pytest.mark.parametrize(
    "status, code",
    [(500, grpc.StatusCode.INTERNAL), (503, grpc.StatusCode.UNAVAILABLE), (429, grpc.StatusCode.RESOURCE_EXHAUSTED)],
)
def test_an_error_has_the_code_of_its_status(sim: Sim, status: int, code: grpc.StatusCode) -> None:
    sim.tell("faults", operation="grpc:llm_generate", error_every=1, status=status)
    assert refused(sim, GENERATE, prompt()) is code


def test_the_messages_know_every_method_there_is(sim: Sim) -> None:
    offered = {
        f"/{service.full_name}/{method.name}"
        for module in (llm_pb2, asr_pb2, tts_pb2)
        for service in module.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }
    assert offered == set(ANSWERS)
