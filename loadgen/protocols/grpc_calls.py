"""gRPC: June's three services. `build(material, params)` gives the message, or the messages of a stream, to send.

`material` is a text, a WAV file (bytes), or None. How answers are judged stands in grpc_answers.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

from google.protobuf.message import Message
from msgspec import Struct
from pydantic import Field

from loadgen.model.quantities import Duration
from loadgen.model.settings import Settings
from loadgen.protocols import grpc_answers as answers
from loadgen.protocols.audio import SAMPLE_BYTES, pcm_of, pieces
from loadgen.protocols.call import (
    AUDIO_SECONDS,
    FIRST_MESSAGE,
    GAPS,
    MIN_AUDIO,
    MIN_TEXT,
    PROMPT,
    RATE_LIMITED,
    REALTIME_FACTOR,
    SPEECH,
    SPEECH_TEXT,
    TOKENS,
    Call,
)
from loadgen.protocols.rest import SpeakParams, TranscribeParams
from loadgen.protocols.wire import asr_pb2, llm_pb2, tts_pb2

GRPC = "grpc"
UNARY, SERVER_STREAM, BIDIRECTIONAL = "unary", "server_stream", "bidirectional"

Service = Literal["llm", "stt", "tts"]


class Method(Struct, frozen=True, kw_only=True):
    """One method of one service: where it is, its kind, and its messages."""

    service: Service
    path: str
    kind: str
    request: type[Message]
    response: type[Message]


class LlmParams(Settings):
    """How much the model may say, and how freely."""

    max_tokens: Annotated[int, Field(ge=1, le=100_000)] = 128
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.7


class StreamParams(TranscribeParams):
    """How speech is streamed: at the pace it would be spoken, or as fast as possible, in chunks of that length."""

    pace: Literal["realtime", "fast"] = "realtime"
    chunk: Annotated[Duration, Field(ge=0.01, le=5)] = 0.1


class HealthParams(Settings):
    """Which services are asked; each time one of them, drawn by chance."""

    services: Annotated[list[Service], Field(min_length=1, default_factory=lambda: ["llm", "stt", "tts"])]


# ------------------------------------------------------------------------------------------------------- requests


def _parameters(params: LlmParams) -> llm_pb2.GenerationParameters:
    return llm_pb2.GenerationParameters(max_tokens=params.max_tokens, temperature=params.temperature)


def _generate(prompt: str, params: LlmParams) -> Message:
    return llm_pb2.GenerationRequest(prompt=prompt, params=_parameters(params))


def _generate_stream(prompt: str, params: LlmParams) -> Message:
    return llm_pb2.GenerationRequest(prompt=prompt, params=_parameters(params), stream=True)


def _chat(prompt: str, params: LlmParams) -> Message:
    return llm_pb2.ChatRequest(messages=[_said(prompt)], params=_parameters(params))


def _chat_stream(prompt: str, params: LlmParams) -> Message:
    return llm_pb2.ChatRequest(messages=[_said(prompt)], params=_parameters(params), stream=True)


def _said(prompt: str) -> llm_pb2.ChatMessage:
    return llm_pb2.ChatMessage(role="user", content=prompt)


def _embed(text: str, _params: None = None) -> Message:
    return llm_pb2.EmbeddingRequest(texts=[text])


def _recognize(wav: bytes, params: TranscribeParams) -> Message:
    config = asr_pb2.RecognitionConfig(language=params.language)
    return asr_pb2.RecognitionRequest(
        audio_data=wav, sample_rate=pcm_of(wav).sample_rate, encoding="wav", config=config
    )


def _recognize_stream(wav: bytes, params: StreamParams) -> tuple[Message, ...]:
    pcm = pcm_of(wav)
    return tuple(
        asr_pb2.AudioChunk(
            audio_data=piece,
            sample_rate=pcm.sample_rate,
            channels=pcm.channels,
            encoding="pcm",
            timestamp_us=round(number * params.chunk * 1_000_000),
        )
        for number, piece in enumerate(pieces(pcm, params.chunk))
    )


def _synthesize(text: str, params: SpeakParams) -> Message:
    return tts_pb2.SynthesisRequest(text=text, voice_id=params.voice_id, language=params.language)


def _synthesize_stream(text: str, params: SpeakParams) -> tuple[Message, ...]:
    request = tts_pb2.SynthesisRequest(text=text, voice_id=params.voice_id, language=params.language, stream=True)
    return (request,)


def chunks_due(messages: Sequence[asr_pb2.AudioChunk]) -> tuple[float, ...]:
    """When each chunk of a speech stream is due, in seconds from its start: as soon as it has been spoken."""
    due: list[float] = []
    spoken = 0.0
    for chunk in messages:
        spoken += len(chunk.audio_data) / (SAMPLE_BYTES * chunk.channels * chunk.sample_rate)
        due.append(spoken)
    return tuple(due)


def _health(_material: None, _params: HealthParams) -> None:
    """Which service is asked is drawn by chance, so the sender takes the method's own empty request."""


# ------------------------------------------------------------------------------------------------ methods and calls


def _methods(service: Service, name: str, messages: Any, *table: tuple[str, str, str, str]) -> tuple[Method, ...]:
    return tuple(
        Method(
            service=service,
            path=f"/{name}/{method}",
            kind=kind,
            request=getattr(messages, request),
            response=getattr(messages, response),
        )
        for method, kind, request, response in table
    )


_HEALTH = ("HealthCheck", UNARY, "HealthRequest", "HealthResponse")

_METHODS = (
    *_methods(
        "llm",
        "june.llm.LLMInference",
        llm_pb2,
        ("Generate", UNARY, "GenerationRequest", "GenerationResponse"),
        ("GenerateStream", SERVER_STREAM, "GenerationRequest", "GenerationChunk"),
        ("Chat", UNARY, "ChatRequest", "ChatResponse"),
        ("ChatStream", SERVER_STREAM, "ChatRequest", "ChatChunk"),
        ("Embed", UNARY, "EmbeddingRequest", "EmbeddingResponse"),
        _HEALTH,
    ),
    *_methods(
        "stt",
        "june.asr.SpeechToText",
        asr_pb2,
        ("Recognize", UNARY, "RecognitionRequest", "RecognitionResponse"),
        ("RecognizeStream", BIDIRECTIONAL, "AudioChunk", "RecognitionResult"),
        _HEALTH,
    ),
    *_methods(
        "tts",
        "june.tts.TextToSpeech",
        tts_pb2,
        ("Synthesize", UNARY, "SynthesisRequest", "AudioResponse"),
        ("SynthesizeStream", BIDIRECTIONAL, "SynthesisRequest", "AudioChunk"),
        _HEALTH,
    ),
)


def _named(*names: str) -> tuple[Method, ...]:
    return tuple(method for method in _METHODS if method.path.rpartition("/")[2] in names)


METHODS: dict[str, tuple[Method, ...]] = {
    "llm_generate": _named("Generate"),
    "llm_generate_stream": _named("GenerateStream"),
    "llm_chat": _named("Chat"),
    "llm_chat_stream": _named("ChatStream"),
    "llm_embed": _named("Embed"),
    "stt_recognize": _named("Recognize"),
    "stt_recognize_stream": _named("RecognizeStream"),
    "tts_synthesize": _named("Synthesize"),
    "tts_synthesize_stream": _named("SynthesizeStream"),
    "health": _named("HealthCheck"),
}
"""Call → the methods behind it: one, and for `health` one of each service."""


def _call(name: str, build: Callable[..., Any], judge: Callable[..., Any], *measures: str, **more: Any) -> Call:
    more.setdefault("expects", frozenset({RATE_LIMITED}))
    return Call(test_type=GRPC, name=name, build=build, judge=judge, measures=frozenset(measures), **more)


_STREAM = (FIRST_MESSAGE, GAPS)
_WORDS: dict[str, Any] = {"expects": frozenset({RATE_LIMITED, MIN_TEXT})}
_TEXT: dict[str, Any] = {"needs": PROMPT, "params": LlmParams, **_WORDS}
_VOICE: dict[str, Any] = {
    "needs": SPEECH_TEXT,
    "params": SpeakParams,
    "expects": frozenset({RATE_LIMITED, MIN_AUDIO}),
}
_tokens, _deltas = answers.every(answers.streamed("token")), answers.every(answers.streamed("content_delta"))

CALLS = (
    _call("llm_generate", _generate, answers.one(answers.generated), TOKENS, **_TEXT),
    _call("llm_generate_stream", _generate_stream, _tokens, TOKENS, *_STREAM, **_TEXT),
    _call("llm_chat", _chat, answers.one(answers.chatted), TOKENS, **_TEXT),
    _call("llm_chat_stream", _chat_stream, _deltas, TOKENS, *_STREAM, **_TEXT),
    _call("llm_embed", _embed, answers.one(answers.embedded), needs=PROMPT),
    _call(
        "stt_recognize",
        _recognize,
        answers.one(answers.recognized),
        AUDIO_SECONDS,
        REALTIME_FACTOR,
        needs=SPEECH,
        params=TranscribeParams,
        **_WORDS,
    ),
    _call(
        "stt_recognize_stream",
        _recognize_stream,
        answers.every(answers.recognized_stream),
        AUDIO_SECONDS,
        REALTIME_FACTOR,
        *_STREAM,
        needs=SPEECH,
        params=StreamParams,
        **_WORDS,
    ),
    _call("tts_synthesize", _synthesize, answers.one(answers.spoken), AUDIO_SECONDS, REALTIME_FACTOR, **_VOICE),
    _call(
        "tts_synthesize_stream",
        _synthesize_stream,
        answers.every(answers.spoken_stream),
        AUDIO_SECONDS,
        REALTIME_FACTOR,
        *_STREAM,
        **_VOICE,
    ),
    _call("health", _health, answers.one(answers.healthy), judged=False, params=HealthParams),
)
