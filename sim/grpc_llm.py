"""june.llm.LLMInference."""

from __future__ import annotations

import asyncio

from loadgen.protocols.wire import llm_pb2
from sim.failures import Refusal
from sim.grpc_calls import Method, Visit
from sim.june import MODEL
from sim.speech import embedding_of, words_in_answer

_LONGEST_PROMPT = 100_000
_DIMENSION = 384
_CONTEXT_LENGTH = 32_768


async def generate(visit: Visit, request: llm_pb2.GenerationRequest) -> llm_pb2.GenerationResponse:
    """The whole answer at once."""
    prompt = _checked(request.prompt)
    async with visit.june.work(visit.operation, "llm", "Generate") as seconds:
        await asyncio.sleep(seconds)
    words = _words(visit, prompt, request.params)
    text = " ".join(words)
    await _store(visit, request.context.user_id, prompt, text)
    return llm_pb2.GenerationResponse(
        text=text,
        tokens_generated=len(words),
        tokens_per_second=_rate(words, seconds),
        finish_reason=_finish(words, request.params),
        usage=_usage(prompt, words),
    )


async def generate_stream(visit: Visit, request: llm_pb2.GenerationRequest) -> None:
    """Word by word, over the service time."""
    prompt = _checked(request.prompt)
    words = _words(visit, prompt, request.params)
    last = len(words) - 1
    chunks = [
        llm_pb2.GenerationChunk(token=word if n == 0 else f" {word}", index=n, is_final=n == last)
        for n, word in enumerate(words)
    ]
    chunks[last].finish_reason = _finish(words, request.params)
    async with visit.june.work(visit.operation, "llm", "GenerateStream") as seconds:
        await visit.write_over(chunks, seconds)
    await _store(visit, request.context.user_id, prompt, " ".join(words))


async def chat(visit: Visit, request: llm_pb2.ChatRequest) -> llm_pb2.ChatResponse:
    """The assistant's next message at once."""
    prompt = _checked(_prompt_of(request))
    async with visit.june.work(visit.operation, "llm", "Chat") as seconds:
        await asyncio.sleep(seconds)
    words = _words(visit, prompt, request.params)
    text = " ".join(words)
    await _store(visit, request.context.user_id, prompt, text)
    return llm_pb2.ChatResponse(
        message=llm_pb2.ChatMessage(role="assistant", content=text),
        tokens_generated=len(words),
        tokens_per_second=_rate(words, seconds),
        usage=_usage(prompt, words),
    )


async def chat_stream(visit: Visit, request: llm_pb2.ChatRequest) -> None:
    """The assistant's next message, word by word."""
    prompt = _checked(_prompt_of(request))
    words = _words(visit, prompt, request.params)
    last = len(words) - 1
    chunks = [
        llm_pb2.ChatChunk(content_delta=word if n == 0 else f" {word}", role="assistant", is_final=n == last)
        for n, word in enumerate(words)
    ]
    chunks[last].finish_reason = _finish(words, request.params)
    async with visit.june.work(visit.operation, "llm", "ChatStream") as seconds:
        await visit.write_over(chunks, seconds)
    await _store(visit, request.context.user_id, prompt, " ".join(words))


async def embed(visit: Visit, request: llm_pb2.EmbeddingRequest) -> llm_pb2.EmbeddingResponse:
    """One vector for each text, one after the other."""
    if not request.texts:
        raise Refusal(400, "no texts to embed")
    async with visit.june.work(visit.operation, "embed", "Embed") as seconds:
        await asyncio.sleep(seconds)
    values = [value for text in request.texts for value in embedding_of(text, _DIMENSION)]
    return llm_pb2.EmbeddingResponse(embeddings=values, dimension=_DIMENSION)


async def health(visit: Visit, _: llm_pb2.HealthRequest) -> llm_pb2.HealthResponse:
    """Healthy unless it is down."""
    return llm_pb2.HealthResponse(
        healthy="llm" not in visit.june.services.down,
        version="0.2.0",
        model_name=MODEL,
        max_context_length=_CONTEXT_LENGTH,
        supports_streaming=True,
    )


def _checked(prompt: str) -> str:
    if not prompt.strip() or len(prompt) > _LONGEST_PROMPT:
        raise Refusal(400, f"prompt must have 1 to {_LONGEST_PROMPT} characters")
    return prompt


def _prompt_of(request: llm_pb2.ChatRequest) -> str:
    return "\n".join(message.content for message in request.messages)


def _words(visit: Visit, prompt: str, params: llm_pb2.GenerationParameters) -> list[str]:
    words = words_in_answer(prompt, params.max_tokens)
    visit.june.metrics.tokens.labels(MODEL).inc(len(words))
    return words


def _finish(words: list[str], params: llm_pb2.GenerationParameters) -> llm_pb2.FinishReason:
    return llm_pb2.LENGTH if len(words) == params.max_tokens else llm_pb2.STOP


def _rate(words: list[str], seconds: float) -> float:
    return len(words) / seconds if seconds else 0.0


def _usage(prompt: str, words: list[str]) -> llm_pb2.UsageStats:
    asked = len(prompt.split())
    return llm_pb2.UsageStats(prompt_tokens=asked, completion_tokens=len(words), total_tokens=asked + len(words))


async def _store(visit: Visit, user_id: str, prompt: str, text: str) -> None:
    await visit.june.database.store(user_id or "anonymous", visit.operation.key, len(prompt), len(text))


_SERVICE = "/june.llm.LLMInference/"

METHODS = (
    Method(
        path=_SERVICE + "Generate",
        call="llm_generate",
        request=llm_pb2.GenerationRequest,
        body=generate,
        in_band=lambda: llm_pb2.GenerationResponse(finish_reason=llm_pb2.ERROR),
    ),
    Method(
        path=_SERVICE + "GenerateStream",
        call="llm_generate_stream",
        request=llm_pb2.GenerationRequest,
        body=generate_stream,
        in_band=lambda: llm_pb2.GenerationChunk(is_final=True, finish_reason=llm_pb2.ERROR),
        server_streams=True,
    ),
    Method(
        path=_SERVICE + "Chat",
        call="llm_chat",
        request=llm_pb2.ChatRequest,
        body=chat,
        in_band=lambda: llm_pb2.ChatResponse(message=llm_pb2.ChatMessage(role="assistant")),
    ),
    Method(
        path=_SERVICE + "ChatStream",
        call="llm_chat_stream",
        request=llm_pb2.ChatRequest,
        body=chat_stream,
        in_band=lambda: llm_pb2.ChatChunk(role="assistant", is_final=True, finish_reason=llm_pb2.ERROR),
        server_streams=True,
    ),
    Method(
        path=_SERVICE + "Embed",
        call="llm_embed",
        request=llm_pb2.EmbeddingRequest,
        body=embed,
        in_band=llm_pb2.EmbeddingResponse,
    ),
    Method(
        path=_SERVICE + "HealthCheck",
        call="health",
        request=llm_pb2.HealthRequest,
        body=health,
        in_band=llm_pb2.HealthResponse,
    ),
)
