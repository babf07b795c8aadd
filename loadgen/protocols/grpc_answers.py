"""gRPC answers: which are good. `judge(messages, expect, sent_seconds)` takes all that came with status OK, in order.

`sent_seconds` is the length of the audio that was sent, if any.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from google.protobuf.message import Message

from loadgen.model.plan import Expect
from loadgen.protocols.audio import SAMPLE_BYTES
from loadgen.protocols.call import Judgement, failed, too_brief, too_short
from loadgen.protocols.grpc_status import reason_of
from loadgen.protocols.wire import asr_pb2, llm_pb2, tts_pb2

OK = "OK"


def judge_status(code: str, details: str, expect: Expect, *, answered: bool, retry_after: float | None) -> Judgement:
    """The judgement of a call that ended with another status than OK; `code` is the status by name."""
    reason = reason_of(code, details, answered=answered)
    if reason == "rate_limited" and expect.rate_limited:
        return Judgement(status=code, retry_after=retry_after)
    return failed(reason, code, details, retry_after=retry_after)


_Check = Callable[[Any, Expect, float], Judgement]


def one(check: _Check) -> Callable[..., Judgement]:
    """Judges the single answer of a unary call."""

    def judge(messages: Sequence[Message], expect: Expect, sent_seconds: float = 0.0) -> Judgement:
        return _with_status(check(messages[0], expect, sent_seconds), messages[0])

    return judge


def every(check: _Check) -> Callable[..., Judgement]:
    """Judges all that a stream brought."""

    def judge(messages: Sequence[Message], expect: Expect, sent_seconds: float = 0.0) -> Judgement:
        if not messages:
            return failed("empty_answer", OK, "the stream ended without a message")
        return _with_status(check(messages, expect, sent_seconds), messages[-1])

    return judge


def _with_status(verdict: Judgement, message: Message) -> Judgement:
    if verdict.reason is None:
        return verdict
    excerpt = type(message).__name__ if hasattr(message, "audio_data") else str(message)
    return failed(verdict.reason, OK, verdict.message, excerpt)


def _text(text: str, expect: Expect) -> Judgement | None:
    problem = too_short(text, expect.min_text)
    return None if problem is None else failed("empty_answer", OK, problem)


def generated(found: llm_pb2.GenerationResponse, expect: Expect, _sent: float) -> Judgement:
    """A whole text."""
    if found.finish_reason == llm_pb2.ERROR:
        return failed("in_band_error", OK, found.text or "finish_reason is ERROR")
    return _text(found.text, expect) or _tokens(found)


def chatted(found: llm_pb2.ChatResponse, expect: Expect, _sent: float) -> Judgement:
    """A whole reply."""
    return _text(found.message.content, expect) or _tokens(found)


def _tokens(found: llm_pb2.GenerationResponse | llm_pb2.ChatResponse) -> Judgement:
    out = found.usage.completion_tokens or found.tokens_generated
    return Judgement(status=OK, tokens_in=max(0, found.usage.prompt_tokens), tokens_out=max(0, out))


def streamed(field: str) -> _Check:
    """Judges a stream of text pieces in `field`; each piece counts as a token."""

    def check(chunks: Sequence[Any], expect: Expect, _sent: float) -> Judgement:
        last = chunks[-1]
        pieces_of_text = [piece for chunk in chunks if (piece := getattr(chunk, field))]
        text = "".join(pieces_of_text)
        if not last.is_final:
            return failed("bad_answer", OK, "the stream ended without its final message")
        # STOP is 0, so only a final message's finish_reason means anything.
        if last.finish_reason == llm_pb2.ERROR:
            return failed("in_band_error", OK, text or "finish_reason is ERROR")
        return _text(text, expect) or Judgement(status=OK, tokens_out=len(pieces_of_text))

    return check


def embedded(found: llm_pb2.EmbeddingResponse, _expect: Expect, _sent: float) -> Judgement:
    """One vector for the one text that was sent."""
    numbers, dimension = len(found.embeddings), found.dimension
    if not numbers:
        return failed("empty_answer", OK, "no embedding")
    if numbers != dimension:
        return failed("bad_answer", OK, f"{numbers} numbers for one text, but the dimension is {dimension}")
    if not all(map(math.isfinite, found.embeddings)):
        return failed("bad_answer", OK, "an embedding with a number that is not finite")
    return Judgement(status=OK)


def recognized(found: asr_pb2.RecognitionResponse, expect: Expect, sent: float) -> Judgement:
    """A transcript."""
    text = " ".join(result.transcript for result in found.results)
    return _text(text, expect) or Judgement(status=OK, audio_seconds=sent)


def recognized_stream(results: Sequence[asr_pb2.RecognitionResult], expect: Expect, sent: float) -> Judgement:
    """A transcript at the end of the stream."""
    if not results[-1].is_final:
        return failed("bad_answer", OK, "the stream ended without its final result")
    # A failed recognition ends in an empty final result, with status OK.
    return _text(results[-1].transcript, expect) or Judgement(status=OK, audio_seconds=sent)


def spoken(found: tts_pb2.AudioResponse, expect: Expect, _sent: float) -> Judgement:
    """Speech in one piece."""
    return _sound(_seconds(found, 1, found.duration_ms / 1000), expect)


def spoken_stream(chunks: Sequence[tts_pb2.AudioChunk], expect: Expect, _sent: float) -> Judgement:
    """Speech in pieces."""
    return _sound(sum(_seconds(chunk, chunk.channels or 1, 0.0) for chunk in chunks), expect)


def _seconds(found: tts_pb2.AudioResponse | tts_pb2.AudioChunk, channels: int, stated: float) -> float:
    """How long PCM16 sounds; of a compressed sound what the service states."""
    if not found.audio_data:
        return 0.0
    if found.encoding not in ("pcm16", "pcm", ""):
        return stated
    return len(found.audio_data) / (SAMPLE_BYTES * channels * found.sample_rate) if found.sample_rate > 0 else 0.0


def _sound(seconds: float, expect: Expect) -> Judgement:
    problem = too_brief(seconds, expect.min_audio_seconds)
    return Judgement(status=OK, audio_seconds=seconds) if problem is None else failed("empty_answer", OK, problem)


def healthy(found: Any, _expect: Expect, _sent: float) -> Judgement:
    """A service that says it is well."""
    return Judgement(status=OK) if found.healthy else failed("in_band_error", OK, "healthy is false")
