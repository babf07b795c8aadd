"""What the target offers, asked once before the load: reachable, lets us in, implements which calls."""

from __future__ import annotations

import http.client
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import websockets.exceptions
import websockets.sync.client
from msgspec import Struct

from loadgen.model.plan import Operation, Plan, Target
from loadgen.protocols.grpc_calls import METHODS, Method
from loadgen.run.secrets import ResolvedTarget
from loadgen.run.surroundings import FAILED, OK, WARNING, Finding
from loadgen.run.web import Answer, ask, open_socket, token_path

PATIENCE = 5.0
"""Seconds that any one question may take."""


class Probe(Struct, frozen=True, kw_only=True):
    """The findings, and the operations (`test_type:name` → why) that the target does not offer."""

    findings: tuple[Finding, ...]
    missing: dict[str, str]


def probe(plan: Plan, secrets: ResolvedTarget) -> Probe:
    """Ask everything that the plan's test types need, at once. Never raises for what the target does."""
    with ThreadPoolExecutor(max_workers=16) as pool:
        web = pool.submit(_rest, plan, secrets) if "rest" in plan.test_types else None
        socket = pool.submit(_websocket, plan, secrets) if "websocket" in plan.test_types else None
        rpc = list(pool.map(lambda one: _offered(plan.target, secrets, *one), _wanted(plan)))
    findings = list(web.result()) if web else []
    findings += [socket.result()] if socket else []
    missing: dict[str, str] = {}
    for operation, finding in rpc:
        findings += [finding] if finding.state == FAILED else []
        if finding.state == WARNING:
            missing[f"{operation.test_type}:{operation.name}"] = finding.text
    if rpc and not any(f.name == "grpc" for f in findings):
        answered = sum(finding.state == OK for _, finding in rpc)
        findings.append(Finding(name="grpc", state=OK, text=f"{answered} of {len(rpc)} methods are offered"))
    return Probe(findings=tuple(_once(findings)), missing=missing)


def _once(findings: Iterable[Finding]) -> list[Finding]:
    return list({(f.name, f.text): f for f in findings}.values())


# --------------------------------------------------------------------------------------------------------- REST


def _rest(plan: Plan, secrets: ResolvedTarget) -> list[Finding]:
    target = plan.target
    try:
        health = ask(target, "GET", "/health", secrets.headers, PATIENCE)
    except (OSError, http.client.HTTPException) as error:
        text = f"{target.rest} does not answer ({_said(error)}); is June running there, and is the address right?"
        return [Finding(name="rest", state=FAILED, text=text)]
    findings = [_health(target, health)]
    if target.token == "fetch":  # noqa: S105 - a setting, no secret
        findings.append(_token(target, secrets))
    return findings + _limiter(plan, secrets)


def _health(target: Target, answer: Answer) -> Finding:
    if answer.status == 200:
        return Finding(name="rest", state=OK, text=f"{target.rest} answers")
    text = f"{target.rest}/health answers {answer.status}; look at its checks before you load it"
    return Finding(name="rest", state=WARNING if answer.status == 503 else FAILED, text=text)


def _token(target: Target, secrets: ResolvedTarget) -> Finding:
    how = "set `token: none` for the target when it gives no tokens"
    try:
        answer = ask(target, "POST", token_path("preflight"), secrets.headers, PATIENCE)
    except (OSError, http.client.HTTPException) as error:
        return Finding(name="token", state=FAILED, text=f"no token within {PATIENCE:.0f} s ({_said(error)}); {how}")
    found = answer.json()
    if answer.status == 200 and isinstance(found, dict) and found.get("access_token"):
        return Finding(name="token", state=OK, text="a token is given")
    return Finding(name="token", state=FAILED, text=f"/auth/token answers {answer.status} and gives no token; {how}")


def _limiter(plan: Plan, secrets: ResolvedTarget) -> list[Finding]:
    """A limiter that announces itself, against what the REST users would send at the peak."""
    try:
        answer = ask(plan.target, "GET", "/status", secrets.headers, PATIENCE)
    except (OSError, http.client.HTTPException) as error:
        text = f"/status does not answer ({_said(error)}), so nothing is known of a limiter"
        return [Finding(name="rate limit", state=WARNING, text=text)]
    limit = answer.headers.get("x-ratelimit-limit", "")
    if not limit.isdigit():
        return []
    pause = plan.think_times["rest"]
    # An upper estimate: answers that take no time, so that only think times slow a user down.
    users = plan.users * plan.shares["rest"] / 10
    wanted = users * 60 / max(0.001, (pause.low + pause.high) / 2) / max(1, plan.target.identities)
    if wanted <= int(limit):
        return []
    text = (
        f"the target limits an address to {limit} requests a window, and the load would be about {wanted:.0f} a minute "
        "from each: many answers will be 429; spread users over `identities:`, switch the limiter off, or expect them"
    )
    return [Finding(name="rate limit", state=WARNING, text=text)]


# ---------------------------------------------------------------------------------------------------- WebSocket


def _websocket(plan: Plan, secrets: ResolvedTarget) -> Finding:
    target = plan.target
    try:
        sock = open_socket(target, target.websocket, PATIENCE)
        url = f"{target.websocket.rstrip('/')}/ws/preflight"
        # The socket is connected and wrapped already, so the library must not start TLS again.
        with websockets.sync.client.connect(
            url.replace("wss:", "ws:", 1),
            sock=sock,
            additional_headers=secrets.headers,
            open_timeout=PATIENCE,
            close_timeout=1,
            proxy=None,
        ):
            return Finding(name="websocket", state=OK, text=f"{target.websocket} accepts connections")
    except (OSError, websockets.exceptions.WebSocketException, TimeoutError) as error:
        text = f"{target.websocket} accepts no WebSocket ({_said(error)}); is the gateway running there?"
        return Finding(name="websocket", state=FAILED, text=text)


# --------------------------------------------------------------------------------------------------------- gRPC


def _wanted(plan: Plan) -> list[tuple[Operation, Method]]:
    return [
        (o, method)
        for o in plan.operations_of("grpc")
        for method in METHODS[o.call]
        if method.service in o.params.get("services", (method.service,))
    ]


def _offered(
    target: Target, secrets: ResolvedTarget, operation: Operation, method: Method
) -> tuple[Operation, Finding]:
    """Call the method with an empty message: whatever it says, only UNIMPLEMENTED means that it is not there."""
    endpoint = str(getattr(target, method.service))
    with _channel(target, endpoint) as channel:
        try:
            grpc.channel_ready_future(channel).result(timeout=PATIENCE)
        except grpc.FutureTimeoutError:
            place = f"{method.service} at {endpoint}"
            text = f"{place}: channel not ready after {PATIENCE:.0f} s; is the service running there?"
            return operation, Finding(name="grpc", state=FAILED, text=text)
        status = _status(channel, method, secrets)
    if status is grpc.StatusCode.UNIMPLEMENTED:
        return operation, Finding(name="grpc", state=WARNING, text=f"{method.path} is UNIMPLEMENTED at {endpoint}")
    if status is grpc.StatusCode.UNAUTHENTICATED or status is grpc.StatusCode.PERMISSION_DENIED:
        text = f"{method.service} at {endpoint} answers {status.name}; give it credentials under `metadata:`"
        return operation, Finding(name="grpc", state=FAILED, text=text)
    return operation, Finding(name="grpc", state=OK, text=method.path)


def _status(channel: grpc.Channel, method: Method, secrets: ResolvedTarget) -> grpc.StatusCode:
    call = channel.stream_stream(method.path)(iter((b"",)), timeout=PATIENCE, metadata=secrets.metadata)
    try:
        for _ in call:
            break
    except grpc.RpcError as error:
        return error.code()
    finally:
        call.cancel()
    return grpc.StatusCode.OK


def _channel(target: Target, endpoint: str) -> grpc.Channel:
    host, _, port = endpoint.rpartition(":")
    address = target.addresses[host.strip("[]")]
    place = f"ipv6:[{address}]:{port}" if ":" in address else f"ipv4:{address}:{port}"
    options = [("grpc.default_authority", endpoint), ("grpc.enable_http_proxy", 0)]
    if not target.tls.grpc:
        return grpc.insecure_channel(place, options=options)
    credentials = grpc.ssl_channel_credentials(
        _file(target.tls.ca_file), _file(target.tls.key_file), _file(target.tls.cert_file)
    )
    return grpc.secure_channel(place, credentials, [*options, ("grpc.ssl_target_name_override", host)])


def _file(path: str | None) -> bytes | None:
    return Path(path).read_bytes() if path else None


def _said(error: BaseException) -> str:
    return str(error) or type(error).__name__
