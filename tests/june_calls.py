"""What a client of June says, in the plainest way: for tests that need an answer and not a load."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc

from loadgen.protocols.wire import asr_pb2, llm_pb2, tts_pb2
from tests.sim_process import Sim

ANSWERS = {
    "/june.llm.LLMInference/Generate": llm_pb2.GenerationResponse,
    "/june.llm.LLMInference/GenerateStream": llm_pb2.GenerationChunk,
    "/june.llm.LLMInference/Chat": llm_pb2.ChatResponse,
    "/june.llm.LLMInference/ChatStream": llm_pb2.ChatChunk,
    "/june.llm.LLMInference/Embed": llm_pb2.EmbeddingResponse,
    "/june.llm.LLMInference/HealthCheck": llm_pb2.HealthResponse,
    "/june.asr.SpeechToText/Recognize": asr_pb2.RecognitionResponse,
    "/june.asr.SpeechToText/RecognizeStream": asr_pb2.RecognitionResult,
    "/june.asr.SpeechToText/HealthCheck": asr_pb2.HealthResponse,
    "/june.tts.TextToSpeech/Synthesize": tts_pb2.AudioResponse,
    "/june.tts.TextToSpeech/SynthesizeStream": tts_pb2.AudioChunk,
    "/june.tts.TextToSpeech/HealthCheck": tts_pb2.HealthResponse,
}
"""Every method June knows, and what it answers with."""

_SERVICES = {"june.llm": "llm", "june.asr": "stt", "june.tts": "tts"}

GENERATE = "/june.llm.LLMInference/Generate"


def prompt(text: str = "tell me about the harbour", max_tokens: int = 128) -> llm_pb2.GenerationRequest:
    """A prompt for the LLM."""
    return llm_pb2.GenerationRequest(prompt=text, params=llm_pb2.GenerationParameters(max_tokens=max_tokens))


def wav(seconds: float, rate: int = 16_000) -> bytes:
    """A WAV file, 16 bit mono, of so many seconds."""
    file = io.BytesIO()
    with wave.open(file, "wb") as audio:
        audio.setnchannels(1)
        audio.setsampwidth(2)
        audio.setframerate(rate)
        audio.writeframes(b"\x10\x00" * round(seconds * rate))
    return file.getvalue()


def upload(audio: bytes, name: str = "speech.wav", content_type: str | None = "audio/wav") -> dict[str, Any]:
    """`files=` of requests for a transcription."""
    return {"audio": (name, audio, content_type) if content_type else (name, audio)}


@contextmanager
def channel(sim: Sim, path: str) -> Iterator[grpc.Channel]:
    """A channel to the service of a method."""
    with grpc.insecure_channel(sim.grpc(_SERVICES[path[1:9]])) as opened:
        yield opened


def unary(sim: Sim, path: str, request: Any, timeout: float = 10, **metadata: str) -> Any:
    """Call a unary method. Raises grpc.RpcError."""
    with channel(sim, path) as opened:
        return opened.unary_unary(path, _serialise, ANSWERS[path].FromString)(
            request, timeout=timeout, metadata=tuple(metadata.items())
        )


def stream(sim: Sim, path: str, request: Any, timeout: float = 10) -> list[Any]:
    """All messages of a server's stream. Raises grpc.RpcError."""
    with channel(sim, path) as opened:
        return list(opened.unary_stream(path, _serialise, ANSWERS[path].FromString)(request, timeout=timeout))


def both_ways(sim: Sim, path: str, requests: Iterable[Any], timeout: float = 10) -> list[Any]:
    """All messages that answer a client's stream. Raises grpc.RpcError."""
    with channel(sim, path) as opened:
        call = opened.stream_stream(path, _serialise, ANSWERS[path].FromString)
        return list(call(iter(list(requests)), timeout=timeout))


def _serialise(message: Any) -> bytes:
    return message.SerializeToString()
