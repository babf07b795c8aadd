"""The way of a REST request: freeze, limiter, fault, handler, freeze, books."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Mapping

import msgspec
from aiohttp import web

from sim.failures import BackendDown, InjectedError, Refusal
from sim.june import June, clock
from sim.limiter import Decision
from sim.operations import BY_KEY, Operation

JUNE = web.AppKey("june", June)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_JSON = msgspec.json.Encoder()

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-XSS-Protection": "1; mode=block",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), camera=()",
    "Content-Security-Policy": "default-src 'self'",
}

_FAILED = "failed"

CONVERSATION = "conversation"
"""Name of the WebSocket's routes, which go a way of their own."""


def reply(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    return web.Response(
        body=_JSON.encode(body),
        status=status,
        content_type="application/json",
        headers={**_HEADERS, **headers} if headers else _HEADERS,
    )


def failed(response: web.Response) -> web.Response:
    """Mark an answer that tells of an error inside a good status."""
    response[_FAILED] = True
    return response


def operation_of(request: web.Request) -> Operation | None:
    """What is asked for; None for a path that is no operation, such as /metrics."""
    name = request.match_info.route.name
    if name == "transcribe" and wants_round_trip(request):
        name = "round_trip"
    return BY_KEY.get(f"rest:{name}")


def wants_round_trip(request: web.Request) -> bool:
    """Whether speech is to be answered with speech. The query says so; a form field is ignored."""
    return request.query.get("full_round_trip", "false").lower() in ("true", "1", "yes", "on")


@web.middleware
async def serve(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Take a request through and book its answer."""
    if request.match_info.route.name == CONVERSATION:
        return await handler(request)
    received = clock()
    june = request.app[JUNE]
    operation = operation_of(request)
    try:
        await june.gate.passed()
        response = await _limited(june, request, handler, operation)
        await june.gate.passed()
    except asyncio.CancelledError:
        if operation is not None:
            june.answered.give_up(operation)
        raise
    now = clock()
    if operation is not None:
        error = response.status >= 400 or _FAILED in response
        june.answered.settle(operation, request.headers.get("X-Request-Id", ""), received, now, failed=error)
    _measure(june, request, response, now - received)
    return response


async def _limited(
    june: June, request: web.Request, handler: Handler, operation: Operation | None
) -> web.StreamResponse:
    decision = june.limiter.decide(_address(request), request.path) if june.profile.limiter else None
    if decision is None:
        return await _answer(june, request, handler, operation)
    if decision.allowed or june.profile.limit_after_work:
        response = await _answer(june, request, handler, operation)
    if not decision.allowed:
        june.metrics.rate_limit_hits.inc()
        response = reply(decision.body(), 429)
    _announce(response, decision)
    return response


def _announce(response: web.StreamResponse, decision: Decision) -> None:
    if not response.prepared:
        response.headers.update(decision.headers(time.time()))


def _address(request: web.Request) -> str:
    forwarded = request.headers.get("X-Forwarded-For")
    return forwarded.split(",", 1)[0].strip() if forwarded else request.remote or ""


async def _answer(
    june: June, request: web.Request, handler: Handler, operation: Operation | None
) -> web.StreamResponse:
    try:
        if operation is not None:
            await june.meet(operation)
        return await handler(request)
    except InjectedError as error:
        return _injected(june, operation, error)
    except Refusal as refusal:
        return reply({"detail": refusal.detail}, refusal.status, refusal.headers)
    except BackendDown as down:
        await asyncio.sleep(june.profile.stall)
        return _failure(june, 503, str(down))
    except web.HTTPException as error:
        return reply({"detail": error.reason}, error.status)
    except Exception as error:  # noqa: BLE001 - a server answers whatever happens to it
        sys.stderr.write(f"sim: {request.method} {request.path}: {type(error).__name__}: {error}\n")
        return _failure(june, 500, "Internal Server Error")


_IN_BAND: dict[str, dict[str, object]] = {
    "chat": {"type": "error", "message": "injected fault"},
    "llm_generate": {"text": ""},
    "tts_speak": {"audio_b64": "", "sample_rate": 16000},
    "transcribe": {"transcript": "", "detected_language": "en"},
    "round_trip": {
        "transcript": "",
        "llm_response": "",
        "audio_data": "",
        "sample_rate": 16000,
        "detected_language": "en",
    },
}
"""June's ways of failing inside a 200. The other operations have none and answer with the fault's status."""


def _injected(june: June, operation: Operation | None, error: InjectedError) -> web.Response:
    if error.in_band and operation is not None and operation.call in _IN_BAND:
        return failed(reply(_IN_BAND[operation.call]))
    return _failure(june, error.status, str(error))


def _failure(june: June, status: int, detail: str) -> web.Response:
    if june.profile.plain_failures:
        return web.Response(text="Internal Server Error", status=500)
    return reply({"detail": detail}, status)


def _measure(june: June, request: web.Request, response: web.StreamResponse, seconds: float) -> None:
    if response.status >= 500 and june.profile.plain_failures:
        return  # June's middleware does not see what ends in an uncaught exception
    resource = request.match_info.route.resource
    endpoint = resource.canonical if resource is not None else "unknown"
    june.metrics.gateway_requests.labels(request.method, endpoint, response.status).inc()
    june.metrics.gateway_duration.observe(seconds)
