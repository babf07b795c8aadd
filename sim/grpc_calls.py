"""The way of a gRPC call: freeze, fault, work, freeze, books. The services' methods stand in files of their own."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import grpc
from google.protobuf.message import Message
from msgspec import Struct

from sim.failures import BackendDown, InjectedError, Refusal
from sim.june import June, clock
from sim.operations import BY_KEY, Operation

FIRST_MESSAGE = 0.3
"""Share of the service time after which a stream's first message comes; the others follow at even distances."""

_CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.NOT_FOUND,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    501: grpc.StatusCode.UNIMPLEMENTED,
    503: grpc.StatusCode.UNAVAILABLE,
    504: grpc.StatusCode.DEADLINE_EXCEEDED,
}
"""HTTP status → the gRPC code of the same meaning; INTERNAL for the others."""


class Visit:
    """One call on its way. A body reads its requests from it and writes a stream's messages to it."""

    def __init__(self, june: June, operation: Operation, context: Any) -> None:
        self.june = june
        self.operation = operation
        self.received = clock()
        self._context = context

    async def requests(self) -> Any:
        """A client's stream, message by message."""
        while (message := await self._context.read()) is not grpc.aio.EOF:
            yield message

    def all_received(self) -> None:
        """The client has said everything: what comes now is the time of the answer."""
        self.received = clock()

    async def write(self, message: Message) -> None:
        """Send a message of a stream."""
        await self.june.gate.passed()
        await self._context.write(message)

    async def write_over(self, messages: Sequence[Message], seconds: float) -> None:
        """Send messages over so many seconds."""
        begun = clock()
        step = seconds * (1 - FIRST_MESSAGE) / max(1, len(messages) - 1)
        for number, message in enumerate(messages):
            due = begun + (seconds * FIRST_MESSAGE + number * step if len(messages) > 1 else seconds)
            await asyncio.sleep(max(0.0, due - clock()))
            await self.write(message)

    def request_id(self) -> str:
        """The metadata's x-request-id; looked for only when it is recorded."""
        if not self.june.answered.recording:
            return ""
        return next((str(value) for key, value in self._context.invocation_metadata() if key == "x-request-id"), "")


Body = Callable[[Visit, Any], Awaitable[Message | None]]


class Method(Struct, frozen=True, kw_only=True):
    """One method of a service."""

    path: str
    """`/package.Service/Method`."""
    call: str
    """The operation's call."""
    request: type[Message]
    body: Body
    """Does the work. A unary method returns its answer; a stream's writes messages and returns nothing. It gets the
    request, or None where the client streams."""
    in_band: Callable[[], Message]
    """An error in the form of an answer, the last message of a stream."""
    client_streams: bool = False
    server_streams: bool = False


class Handlers(grpc.GenericRpcHandler):
    """The methods of one port; those that the profile lacks are not found, as in a server without them."""

    def __init__(self, june: June, methods: Sequence[Method]) -> None:
        self._june = june
        self._handlers = {method.path: _handler(june, method) for method in methods}

    def service(self, handler_call_details: Any) -> Any:
        """The handler of a call, None for UNIMPLEMENTED."""
        path = handler_call_details.method
        return None if path in self._june.profile.missing else self._handlers.get(path)


def _handler(june: June, method: Method) -> Any:
    operation = BY_KEY[f"grpc:{method.call}"]

    async def handle(request: Any, context: Any) -> Message | None:
        visit = Visit(june, operation, context)
        try:
            return await _answer(visit, method, None if method.client_streams else request, context)
        except asyncio.CancelledError:
            june.answered.give_up(operation)
            raise

    make = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }[method.client_streams, method.server_streams]
    return make(
        handle,
        request_deserializer=method.request.FromString,
        response_serializer=lambda message: message.SerializeToString(),
    )


async def _answer(visit: Visit, method: Method, request: Any, context: Any) -> Message | None:
    june = visit.june
    failed, problem = False, None
    answer: Message | None = None
    await june.gate.passed()
    try:
        await june.meet(visit.operation)
        answer = await method.body(visit, request)
    except InjectedError as error:
        failed = True
        if error.in_band:
            answer = method.in_band()
        else:
            problem = (_CODES.get(error.status, grpc.StatusCode.INTERNAL), str(error))
    except Refusal as refusal:
        problem = (grpc.StatusCode.INVALID_ARGUMENT, str(refusal.detail))
    except BackendDown as down:
        problem = (grpc.StatusCode.UNAVAILABLE, str(down))
    except Exception as error:  # noqa: BLE001 - a server answers whatever happens to it
        sys.stderr.write(f"sim: {method.path}: {type(error).__name__}: {error}\n")
        problem = (grpc.StatusCode.INTERNAL, "internal error")
    await june.gate.passed()
    if method.server_streams and answer is not None:
        await visit.write(answer)
        answer = None
    june.answered.settle(
        visit.operation, visit.request_id(), visit.received, clock(), failed=failed or problem is not None
    )
    if problem is not None:
        await context.abort(*problem)
    return answer
