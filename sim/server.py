"""The process: five listeners, the ready file, and an end that leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import grpc
import msgspec
from aiohttp import web

from sim import control, gateway, grpc_llm, grpc_stt, grpc_tts
from sim.failures import StartFailure
from sim.grpc_calls import Handlers, Method
from sim.june import June
from sim.rest import JUNE
from sim.settings import Settings

_CLOSING = 0.5
"""Seconds that the listeners have to close before the process goes anyway."""

_GRPC_OPTIONS = (
    ("grpc.so_reuseport", 0),  # else two servers could share a port, and half of the load each
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),  # June's clients ping every 30 s without calls
)


async def run(settings: Settings) -> None:
    """Serve until SIGTERM, SIGINT or the parent's end. Raises StartFailure."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # every user is a connection or two
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if settings.parent is not None:
        _watch(settings.parent, stop)
    try:
        june = June(settings)
    except OSError as error:
        raise StartFailure(f"the record cannot be written: {error}") from None
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(june.database.close)
        stack.callback(june.answered.flush)
        await june.database.open()
        await _listen(june, stack)
        _schedule_freeze(june)
        gc.freeze()  # what is loaded now stays, so a full collection need not hold up everybody to look at it
        await stop.wait()


async def _listen(june: June, stack: contextlib.AsyncExitStack) -> None:
    settings = june.settings
    host = settings.host
    ports = {
        "rest": await _serve_http(gateway.application(), june, host, settings.rest_port, "--rest-port", stack),
        "control": await _serve_http(control.application(), june, host, settings.control_port, "--control-port", stack),
        "llm": await _serve_grpc(grpc_llm.METHODS, june, settings.llm_port, "--llm-port", stack),
        "stt": await _serve_grpc(grpc_stt.METHODS, june, settings.stt_port, "--stt-port", stack),
        "tts": await _serve_grpc(grpc_tts.METHODS, june, settings.tts_port, "--tts-port", stack),
    }
    sys.stdout.write(f"sim: listening on {host}: {', '.join(f'{name} {port}' for name, port in ports.items())}\n")
    sys.stdout.flush()
    if settings.ready_file is not None:
        _write_ready(settings.ready_file, {**ports, "pid": os.getpid()})


async def _serve_http(
    app: web.Application, june: June, host: str, port: int, option: str, stack: contextlib.AsyncExitStack
) -> int:
    app[JUNE] = june
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.0, handle_signals=False)
    await runner.setup()
    stack.push_async_callback(_closed_soon, runner.cleanup)
    site = web.TCPSite(runner, host, port, backlog=1024)
    try:
        await site.start()
    except OSError as error:
        raise StartFailure(f"{option}: cannot listen on {host}:{port}: {error.strerror or error}") from None
    return int(runner.addresses[0][1])


async def _serve_grpc(
    methods: Sequence[Method], june: June, port: int, option: str, stack: contextlib.AsyncExitStack
) -> int:
    host = june.settings.host
    server = grpc.aio.server(options=_GRPC_OPTIONS)
    server.add_generic_rpc_handlers((Handlers(june, methods),))
    try:
        bound = server.add_insecure_port(f"{host}:{port}")
    except RuntimeError:
        bound = 0
    if bound == 0:
        raise StartFailure(f"{option}: cannot listen on {host}:{port}: the port is taken or not ours to take")
    await server.start()
    stack.push_async_callback(_closed_soon, server.stop, 0)
    return int(bound)


async def _closed_soon(close: Callable[..., Awaitable[object]], *arguments: object) -> None:
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(close(*arguments), _CLOSING)


def _write_ready(path: Path, ports: dict[str, int]) -> None:
    """Whole or not at all: whoever waits for the file may read it at once."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(ports))
        Path(temporary).replace(path)
    except OSError as error:
        raise StartFailure(f"--ready-file: {error}") from None


def _watch(parent: int, stop: asyncio.Event) -> None:
    """End when this process is gone, killed or not."""
    try:
        watched = os.pidfd_open(parent)
    except OSError as error:
        raise StartFailure(f"--parent {parent}: {error.strerror}") from None
    asyncio.get_running_loop().add_reader(watched, stop.set)


def _schedule_freeze(june: June) -> None:
    if june.settings.freeze:
        asyncio.get_running_loop().call_later(june.settings.freeze_after, june.gate.shut, june.settings.freeze)
