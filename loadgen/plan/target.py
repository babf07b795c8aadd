"""The target's settings → the plan's Target."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit, urlunsplit

from loadgen.config.stand_in import passed_on
from loadgen.config.values import allowed_host
from loadgen.model.plan import Target, Tls
from loadgen.plan.asked import Asked
from loadgen.plan.request import Endpoints

PLACEHOLDER = "sim"
"""Stands for the stand-in's addresses as long as it is not started."""


def target_of(asked: Asked) -> Target:
    """Addresses, identity and secrets' places of the target of this run."""
    settings, request = asked.target, asked.request
    at = _addresses(asked)
    return Target(
        name=asked.target_name,
        kind=settings.kind,
        rest=at["rest"],
        websocket=at["websocket"],
        llm=at["llm"],
        stt=at["stt"],
        tts=at["tts"],
        tls=Tls(**settings.tls.model_dump()),
        headers=settings.headers,
        metadata=settings.metadata,
        token=settings.token,
        identities=settings.identities,
        honour_retry_after=settings.honour_retry_after,
        allow=tuple(dict.fromkeys((*settings.allow, *map(allowed_host, request.allow)))),
        options=passed_on(settings.options),
        postgres=settings.postgres.record() if settings.postgres else None,
        control=_control(request.endpoints) if settings.kind == "sim" else None,
    )


def _addresses(asked: Asked) -> dict[str, str]:
    settings, request = asked.target, asked.request
    if settings.kind == "sim":
        return _of_stand_in(request.endpoints)
    grpc = settings.grpc.model_dump() if settings.grpc else {"llm": "", "stt": "", "tts": ""}
    found = {"rest": settings.rest or "", "websocket": settings.websocket or "", **grpc}
    return found if request.host is None else _moved(found, request.host.rstrip("/"))


def _of_stand_in(endpoints: Endpoints | None) -> dict[str, str]:
    if endpoints is None:
        base = {"rest": f"http://{PLACEHOLDER}", "websocket": f"ws://{PLACEHOLDER}"}
        return base | dict.fromkeys(("llm", "stt", "tts"), PLACEHOLDER)
    at = endpoints.host
    return {
        "rest": f"http://{at}:{endpoints.rest}",
        "websocket": f"ws://{at}:{endpoints.rest}",
        "llm": f"{at}:{endpoints.llm}",
        "stt": f"{at}:{endpoints.stt}",
        "tts": f"{at}:{endpoints.tts}",
    }


def _control(endpoints: Endpoints | None) -> str | None:
    return None if endpoints is None else f"http://{endpoints.host}:{endpoints.control}"


def moved(asked: Asked, place: str) -> str:
    """An endpoint (`host:port`) on the machine that the request names, where it was on the target's own."""
    if asked.request.host is None:
        return place
    settings, base = asked.target, urlsplit(asked.request.host)
    own = urlsplit(settings.rest or settings.websocket or "").netloc
    host, _, port = place.rpartition(":")
    if host != own.rpartition(":")[0]:
        return place
    return base.netloc if place == own and base.port else _placed(base, port)


def _moved(addresses: dict[str, str], host: str) -> dict[str, str]:
    """The addresses on another host: REST and WebSocket at that URL, gRPC on the ports that it had."""
    parts = urlsplit(host)
    websocket = urlunsplit(parts._replace(scheme={"http": "ws", "https": "wss"}[parts.scheme]))
    services = {key: addresses[key] for key in ("llm", "stt", "tts") if addresses[key]}
    grpc = {key: _placed(parts, place.rpartition(":")[2]) for key, place in services.items()}
    return addresses | {"rest": host, "websocket": websocket} | grpc


def _placed(base: SplitResult, port: str) -> str:
    """That port on the host of a URL."""
    name = f"[{base.hostname}]" if ":" in (base.hostname or "") else base.hostname
    return f"{name}:{port}"
