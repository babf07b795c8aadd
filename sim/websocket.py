"""The gateway's WebSocket: one reply for each message, in order; the next is looked at when the last is answered."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from aiohttp import WSMessage, WSMsgType, web

from sim.chat import KINDS, Reply, chat_reply, error_reply
from sim.failures import InjectedError
from sim.june import June, clock
from sim.operations import BY_KEY, Operation
from sim.rest import JUNE, reply

_LARGEST_MESSAGE = 16 * 1024 * 1024
_FRAMES = (WSMsgType.TEXT, WSMsgType.BINARY)

_CONNECT = BY_KEY["websocket:connect"]
_OPERATIONS = {kind: BY_KEY[f"websocket:{call}"] for kind, call in KINDS.items()}


async def refuse_nameless(_: web.Request) -> web.StreamResponse:
    """A handshake without a user id is refused."""
    return reply({"detail": "Forbidden"}, 403)


async def converse(request: web.Request) -> web.StreamResponse:
    """Shake hands, then answer until the client leaves. No token is looked at."""
    june = request.app[JUNE]
    socket = web.WebSocketResponse(autoclose=False, compress=False, max_msg_size=_LARGEST_MESSAGE)
    if not socket.can_prepare(request).ok:
        return reply({"detail": "Not Found"}, 404)
    user_id = request.match_info["user_id"]
    if (refused := await _shake_hands(june, request, socket, user_id)) is not None:
        return refused
    june.connections += 1
    june.metrics.gateway_connections.inc()
    try:
        await _Conversation(june, request, socket, user_id).run()
    finally:
        june.connections -= 1
        june.metrics.gateway_connections.dec()
    return socket


async def _shake_hands(
    june: June, request: web.Request, socket: web.WebSocketResponse, user_id: str
) -> web.Response | None:
    """None when the connection stands, else the refusal."""
    received = clock()
    refused = None
    try:
        await june.gate.passed()
        await june.meet(_CONNECT)
        await socket.prepare(request)
    except asyncio.CancelledError:
        june.answered.give_up(_CONNECT)
        raise
    except InjectedError as error:
        refused = reply({"detail": str(error)}, error.status)
    june.answered.settle(_CONNECT, f"{user_id}#0", received, clock(), failed=refused is not None)
    return refused


class _Conversation:
    """One connection."""

    def __init__(self, june: June, request: web.Request, socket: web.WebSocketResponse, user_id: str) -> None:
        self._june = june
        self._request = request
        self._socket = socket
        self._user_id = user_id

    async def run(self) -> None:
        """Answer frame after frame. One frame is read ahead, so that a client who leaves meanwhile is noticed."""
        ahead = asyncio.ensure_future(self._socket.receive())
        try:
            while (frame := await ahead).type in _FRAMES:
                ahead = asyncio.ensure_future(self._socket.receive())
                if not await self._exchange(frame, ahead):
                    return
        finally:
            ahead.cancel()
        if frame.type is WSMsgType.CLOSE:
            await self._june.gate.passed()
            await self._socket.close()

    async def _exchange(self, frame: WSMessage, ahead: asyncio.Future[WSMessage]) -> bool:
        """Answer one frame; False when the connection is over."""
        received = clock()
        message, problem = _read(frame)
        if message is None:
            await self._drop(problem)
            return False
        operation = _OPERATIONS.get(str(message.get("type", "text")))
        work = asyncio.create_task(self._answer(operation, message, len(frame.data)))
        try:
            answer = await _unless_left(work, ahead)
            if answer is not None:
                await self._socket.send_str(msgspec.json.encode(answer.body).decode())
        except ConnectionResetError:
            answer = None
        except asyncio.CancelledError:
            work.cancel()
            self._settle(operation, received, None)
            raise
        self._settle(operation, received, answer)
        return answer is not None

    def _settle(self, operation: Operation | None, received: float, answer: Reply | None) -> None:
        if operation is None:
            return
        if answer is None:
            self._june.answered.give_up(operation)
        else:
            request_id = self._june.message_id(self._user_id)
            self._june.answered.settle(operation, request_id, received, clock(), failed=answer.failed)

    async def _answer(self, operation: Operation | None, message: dict[str, Any], size: int) -> Reply:
        june = self._june
        await june.gate.passed()
        try:
            if operation is not None:
                await june.meet(operation)
                await june.mock(operation)
            answer = chat_reply(message)
            if operation is not None:
                await june.database.store(self._user_id, operation.key, size, len(answer.text))
        except InjectedError as error:
            answer = error_reply(str(error))
        await june.gate.passed()
        return answer

    async def _drop(self, problem: str) -> None:
        """Say what is wrong, then go without a close frame."""
        await self._june.gate.passed()
        await self._socket.send_str(msgspec.json.encode(error_reply(problem).body).decode())
        if self._request.transport is not None:
            self._request.transport.close()


async def _unless_left(work: asyncio.Task[Reply], ahead: asyncio.Future[WSMessage]) -> Reply | None:
    """The answer; None, and the work is dropped, when the client left before it was there."""
    waiting: set[asyncio.Future[Any]] = {work, ahead}
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    if not work.done() and ahead.result().type not in _FRAMES:
        work.cancel()
        return None
    return await work


def _read(frame: WSMessage) -> tuple[dict[str, Any] | None, str]:
    """The message, or None and what is wrong with it."""
    if frame.type is not WSMsgType.TEXT:
        return None, "'text'"
    try:
        message = msgspec.json.decode(frame.data)
    except msgspec.DecodeError as error:
        return None, f"Expecting value: {error}"
    if not isinstance(message, dict):
        return None, f"'{type(message).__name__}' object has no attribute 'get'"
    return message, ""
