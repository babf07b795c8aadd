"""The control endpoint, on a port of its own that no fault touches."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web
from msgspec import Struct

from sim.costs import Costs
from sim.faults import read_faults
from sim.june import June, clock
from sim.profiles import PROFILES
from sim.rest import JUNE
from sim.services import SERVICES
from sim.settings import read_table

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _Freeze(Struct, forbid_unknown_fields=True):
    seconds: float


class _Profile(Struct, forbid_unknown_fields=True):
    profile: str


class _Refused(Exception):
    """A command that cannot be carried out, and why."""


def application() -> web.Application:
    """The app, still without its June."""
    app = web.Application(middlewares=[_explained])
    app.add_routes(
        [
            web.get("/state", state),
            web.get("/answered", answered),
            web.post("/faults", set_faults),
            web.delete("/faults", clear_faults),
            web.post("/freeze", freeze),
            web.post("/capacity", set_capacity),
            web.post("/costs", set_costs),
            web.post("/profile", set_profile),
            web.post("/backends", set_backends),
            web.post("/reset", reset),
        ]
    )
    return app


@web.middleware
async def _explained(request: web.Request, handler: _Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except (_Refused, argparse.ArgumentTypeError, msgspec.MsgspecError) as error:
        return _json({"detail": str(error)}, 400)


def _json(body: object, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json")


def _told(june: June) -> web.Response:
    """The state, which answers every command."""
    return _json(
        {
            "profile": june.profile.name,
            "uptime": clock() - june.started,
            "frozen_for": june.gate.left,
            "held": june.gate.held,
            "faults": june.faults.listed(),
            "services": {
                name: {"limit": s.limit, "in_use": s.in_use, "queue": s.queue, "down": name in june.services.down}
                for name, s in june.services.slots.items()
            },
            "connections": june.connections,
            "database_pool": june.database.pool(),
            "costs": june.toll.costs,
            "leaked": june.toll.kept,
        }
    )


async def state(request: web.Request) -> web.Response:
    """GET /state."""
    return _told(request.app[JUNE])


async def answered(request: web.Request) -> web.Response:
    """GET /answered: the books by operation."""
    return _json({"operations": request.app[JUNE].answered.listed()})


async def set_faults(request: web.Request) -> web.Response:
    """POST /faults: one fault or a list; each replaces the one for the same operations."""
    june = request.app[JUNE]
    try:
        faults = read_faults(await request.read())
    except ValueError as error:
        raise _Refused(str(error)) from None
    for fault in faults:
        june.faults.set(fault)
    return _told(june)


async def clear_faults(request: web.Request) -> web.Response:
    """DELETE /faults: lift them all."""
    request.app[JUNE].faults.clear()
    return _told(request.app[JUNE])


async def freeze(request: web.Request) -> web.Response:
    """POST /freeze {"seconds": 5}; 0 thaws."""
    command = msgspec.json.decode(await request.read(), type=_Freeze)
    if not 0 <= command.seconds <= 86_400:
        raise _Refused(f"seconds {command.seconds} is not in 0…86400")
    request.app[JUNE].gate.shut(command.seconds)
    return _told(request.app[JUNE])


async def set_capacity(request: web.Request) -> web.Response:
    """POST /capacity {"llm": 8}: slots of the services named."""
    june = request.app[JUNE]
    for service, limit in read_table(await request.read(), int, june.services.slots, 1).items():
        june.services.slots[service].resize(limit)
    return _told(june)


async def set_costs(request: web.Request) -> web.Response:
    """POST /costs {"cpu_time": 0.01}: what each operation costs from now on; what is not named costs nothing."""
    costs = msgspec.json.decode(await request.read(), type=Costs)
    if problem := costs.problem():
        raise _Refused(problem)
    request.app[JUNE].charge(costs)
    return _told(request.app[JUNE])


async def set_profile(request: web.Request) -> web.Response:
    """POST /profile {"profile": "designed"}."""
    command = msgspec.json.decode(await request.read(), type=_Profile)
    if command.profile not in PROFILES:
        raise _Refused(f"profile {command.profile!r} is not known; {', '.join(PROFILES)}")
    request.app[JUNE].assume(command.profile)
    return _told(request.app[JUNE])


async def set_backends(request: web.Request) -> web.Response:
    """POST /backends {"llm": "down"} or "up"."""
    june = request.app[JUNE]
    for service, how in msgspec.json.decode(await request.read(), type=dict[str, str]).items():
        if service not in SERVICES or how not in ("up", "down"):
            raise _Refused(f"{service!r}: {how!r} is not one of {', '.join(SERVICES)} with up or down")
        (june.services.down.add if how == "down" else june.services.down.discard)(service)
    return _told(june)


async def reset(request: web.Request) -> web.Response:
    """POST /reset: everything as on the command line, the books at 0, the record written."""
    request.app[JUNE].reset()
    return _told(request.app[JUNE])
