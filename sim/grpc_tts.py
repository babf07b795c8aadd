"""june.tts.TextToSpeech."""

from __future__ import annotations

from loadgen.protocols.wire import tts_pb2
from sim.grpc_calls import Method, Visit
from sim.speech import BYTES_PER_SECOND, SAMPLE_RATE, audio_for

_CHUNK = BYTES_PER_SECOND // 2
"""Bytes of audio in a stream's message: half a second."""
_MICROSECONDS = 1_000_000


async def synthesise(visit: Visit, request: tts_pb2.SynthesisRequest) -> tts_pb2.AudioResponse:
    """A text as audio; a text without words is answered without audio, and with OK."""
    audio = await visit.june.speak(visit.operation, request.text)
    await visit.june.database.store("anonymous", visit.operation.key, len(request.text), len(audio))
    return tts_pb2.AudioResponse(
        audio_data=audio,
        sample_rate=SAMPLE_RATE,
        encoding="pcm16",
        duration_ms=round(len(audio) / BYTES_PER_SECOND * 1000),
    )


async def synthesise_stream(visit: Visit, _: None) -> None:
    """Each text as chunks of audio over its service time; the last chunk of each is final."""
    async for request in visit.requests():
        visit.all_received()
        chunks = _chunks(audio_for(request.text))
        async with visit.june.work(visit.operation, "tts", "SynthesizeStream") as seconds:
            await visit.write_over(chunks, seconds)
        size = sum(len(chunk.audio_data) for chunk in chunks)
        visit.june.metrics.audio_spoken.observe(size / BYTES_PER_SECOND)
        await visit.june.database.store("anonymous", visit.operation.key, len(request.text), size)


async def health(visit: Visit, _: tts_pb2.HealthRequest) -> tts_pb2.HealthResponse:
    """Healthy unless it is down."""
    return tts_pb2.HealthResponse(
        healthy="tts" not in visit.june.services.down, version="0.2.0", available_voices=["default"]
    )


def _chunks(audio: bytes) -> list[tts_pb2.AudioChunk]:
    starts = range(0, max(len(audio), 1), _CHUNK)
    return [
        tts_pb2.AudioChunk(
            audio_data=audio[start : start + _CHUNK],
            sample_rate=SAMPLE_RATE,
            channels=1,
            encoding="pcm16",
            is_final=start == starts[-1],
            timestamp_us=start * _MICROSECONDS // BYTES_PER_SECOND,
        )
        for start in starts
    ]


_SERVICE = "/june.tts.TextToSpeech/"

METHODS = (
    Method(
        path=_SERVICE + "Synthesize",
        call="tts_synthesize",
        request=tts_pb2.SynthesisRequest,
        body=synthesise,
        in_band=tts_pb2.AudioResponse,
    ),
    Method(
        path=_SERVICE + "SynthesizeStream",
        call="tts_synthesize_stream",
        request=tts_pb2.SynthesisRequest,
        body=synthesise_stream,
        in_band=lambda: tts_pb2.AudioChunk(is_final=True),
        client_streams=True,
        server_streams=True,
    ),
    Method(
        path=_SERVICE + "HealthCheck",
        call="health",
        request=tts_pb2.HealthRequest,
        body=health,
        in_band=tts_pb2.HealthResponse,
    ),
)
