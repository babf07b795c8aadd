"""june.asr.SpeechToText."""

from __future__ import annotations

from loadgen.protocols.wire import asr_pb2
from sim.failures import Refusal
from sim.grpc_calls import Method, Visit
from sim.june import MODEL, clock
from sim.speech import SAMPLE_RATE, SECONDS_PER_WORD, seconds_of, transcript_of

_ENCODINGS = ("", "pcm", "wav", "ogg", "flac", "mp3")
_HIGHEST_RATE = 48_000
_CONFIDENCE = 0.93
_INTERIM_EVERY = 5.0
"""Seconds of audio after which a stream says what it has heard so far."""
_SHORTEST = 0.1
"""Seconds of audio below which a stream hears nothing."""
_MICROSECONDS = 1_000_000


async def recognise(visit: Visit, request: asr_pb2.RecognitionRequest) -> asr_pb2.RecognitionResponse:
    """The words in a piece of audio."""
    _check(request)
    words = await visit.june.recognise(visit.operation, request.audio_data, request.sample_rate)
    transcript = " ".join(words)
    await visit.june.database.store("anonymous", visit.operation.key, len(request.audio_data), len(transcript))
    result = _result(words, seconds_of(request.audio_data, request.sample_rate), request.config.language)
    if request.config.enable_timestamps:
        result.words.extend(_timed(words))
    spent = int((clock() - visit.received) * 1000)
    return asr_pb2.RecognitionResponse(results=[result], processing_time_ms=spent)


async def recognise_stream(visit: Visit, _: None) -> None:
    """What was heard so far after each five seconds of audio, and everything when the client has finished."""
    heard = bytearray()
    rate, since = SAMPLE_RATE, 0
    async for chunk in visit.requests():
        heard += chunk.audio_data
        rate = chunk.sample_rate or rate
        if seconds_of(heard[since:], rate) >= _INTERIM_EVERY:
            piece = bytes(heard[since:])
            since = len(heard)
            words = transcript_of(piece, seconds_of(piece, rate))
            await visit.write(asr_pb2.RecognitionResult(transcript=" ".join(words), confidence=_CONFIDENCE))
    visit.all_received()
    audio = bytes(heard)
    length = seconds_of(audio, rate)
    if length < _SHORTEST:
        return
    words = await visit.june.recognise(visit.operation, audio, rate, "RecognizeStream")
    await visit.june.database.store("anonymous", visit.operation.key, len(audio), sum(map(len, words)))
    await visit.write(_result(words, length, ""))


async def health(visit: Visit, _: asr_pb2.HealthRequest) -> asr_pb2.HealthResponse:
    """Healthy unless it is down."""
    return asr_pb2.HealthResponse(healthy="stt" not in visit.june.services.down, version="0.2.0", model_name=MODEL)


def _check(request: asr_pb2.RecognitionRequest) -> None:
    if not 1 <= request.sample_rate <= _HIGHEST_RATE:
        raise Refusal(400, f"sample_rate {request.sample_rate} is not in 1…{_HIGHEST_RATE}")
    if request.encoding not in _ENCODINGS:
        raise Refusal(400, f"encoding {request.encoding!r} is not supported")
    if not request.audio_data:
        raise Refusal(400, "audio_data is empty")


def _result(words: list[str], seconds: float, language: str) -> asr_pb2.RecognitionResult:
    return asr_pb2.RecognitionResult(
        transcript=" ".join(words),
        is_final=True,
        confidence=_CONFIDENCE,
        end_time_us=int(seconds * _MICROSECONDS),
        detected_language=language or "en",
    )


def _timed(words: list[str]) -> list[asr_pb2.WordInfo]:
    step = int(SECONDS_PER_WORD * _MICROSECONDS)
    return [
        asr_pb2.WordInfo(word=word, confidence=_CONFIDENCE, start_time_us=n * step, end_time_us=(n + 1) * step)
        for n, word in enumerate(words)
    ]


_SERVICE = "/june.asr.SpeechToText/"

METHODS = (
    Method(
        path=_SERVICE + "Recognize",
        call="stt_recognize",
        request=asr_pb2.RecognitionRequest,
        body=recognise,
        in_band=asr_pb2.RecognitionResponse,
    ),
    Method(
        path=_SERVICE + "RecognizeStream",
        call="stt_recognize_stream",
        request=asr_pb2.AudioChunk,
        body=recognise_stream,
        in_band=lambda: asr_pb2.RecognitionResult(is_final=True),
        client_streams=True,
        server_streams=True,
    ),
    Method(
        path=_SERVICE + "HealthCheck",
        call="health",
        request=asr_pb2.HealthRequest,
        body=health,
        in_band=asr_pb2.HealthResponse,
    ),
)
