"""TLS with a private authority, under every protocol: certificates are verified, also the users' own."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from loadgen.model.plan import Plan, Tls
from loadgen.users.failure import Failure
from loadgen.users.http1 import HttpConnection
from loadgen.users.sockets import Place, place_of
from loadgen.users.ws_connection import WsConnection
from tests.sim_process import Sim, start_sim
from tests.small_plan import small_plan
from tests.users.certificates import Authority, authority
from tests.users.front import front
from tests.users.locust_run import Run, aimed, plan_for, start_run
from tests.users.test_connections import server
from tests.waiting import wait_until

HOST = "june.test"
PROTOCOLS = {"rest", "websocket", "grpc"}


@pytest.fixture
def june(tmp_path: Path) -> Authority:
    return authority(tmp_path / "june", HOST)


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    return authority(tmp_path / "stranger", HOST)


# -------------------------------------------------------------------------------------------- one connection at a time


@contextmanager
def gateway(folder: Path, certified: Authority, *, mutual: bool = False) -> Iterator[int]:
    with start_sim(folder) as sim, front(sim.ports["rest"], certified.context(mutual=mutual)) as port:
        yield port


def place(port: int, tls: Tls, scheme: str = "https", host: str = HOST) -> Place:
    target = msgspec.structs.replace(small_plan().target, tls=tls, addresses={host: "127.0.0.1"})
    return place_of(f"{scheme}://{host}:{port}", target)


def asked(where: Place) -> Any:
    """The status of an answer, or the reason for none."""
    connection = HttpConnection(where, lambda _: None)
    try:
        request = f"GET /health HTTP/1.1\r\nhost: {where.authority}\r\n\r\n".encode()
        return connection.exchange(request, time.monotonic() + 10)[0].status
    except Failure as failure:
        return failure.judgement.reason
    finally:
        connection.close()


def connected(where: Place) -> Any:
    """The status of a handshake, or the reason for none."""
    connection = WsConnection(where, lambda _: None)
    try:
        return connection.open("/ws/u", {}, time.monotonic() + 10)[0].status
    except Failure as failure:
        return failure.judgement.reason
    finally:
        connection.close()


def trusting(certified: Authority, *, showing: Authority | None = None) -> Tls:
    """Trust in an authority; `showing`: with a certificate of this one."""
    if showing is None:
        return Tls(ca_file=str(certified.ca.cert))
    return Tls(ca_file=str(certified.ca.cert), cert_file=str(showing.client.cert), key_file=str(showing.client.key))


def both(port: int, tls: Tls, host: str = HOST) -> tuple[Any, Any]:
    """How the gateway answers over REST and over WebSocket."""
    return asked(place(port, tls, "https", host)), connected(place(port, tls, "wss", host))


def test_a_private_authority_is_trusted_where_it_is_named_and_only_for_its_host(
    tmp_path: Path, june: Authority, stranger: Authority
) -> None:
    with gateway(tmp_path, june) as port:
        assert both(port, trusting(june)) == (200, 101)
        assert both(port, trusting(stranger)) == ("connect", "connect")
        assert both(port, Tls()) == ("connect", "connect")
        assert both(port, trusting(june), "other.test") == ("connect", "connect")


def test_a_gateway_that_wants_to_know_its_clients_is_shown_their_certificate(tmp_path: Path, june: Authority) -> None:
    with gateway(tmp_path, june, mutual=True) as port:
        assert both(port, trusting(june, showing=june)) == (200, 101)


def test_users_whom_a_gateway_does_not_want_to_know_had_no_connection(june: Authority, stranger: Authority) -> None:
    context = june.context(mutual=True)

    def refuse(connection: socket.socket) -> None:
        """As servers do: an alert, once the client takes itself for connected, and no reset in its way."""
        secured = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        with secured:
            with pytest.raises(ssl.SSLError):
                secured.do_handshake()
            socket.socket.recv(secured, 65536)  # what was said meanwhile, unread, would end in a reset

    with server(refuse) as somewhere:
        assert both(somewhere.port, trusting(june)) == ("connect", "connect")
        assert both(somewhere.port, trusting(june, showing=stranger)) == ("connect", "connect")


# ------------------------------------------------------------------------------------------------------- whole users


@contextmanager
def fronted(sim: Sim, plan: Plan, name: str, **how: Any) -> Iterator[Plan]:
    """The plan whose target is reached by that name, on ports before those of the stand-in; `how`: of `front`."""
    secure = "s" if how.get("context") else ""
    name = f"[{name}]" if ":" in name else name
    with ExitStack() as stack:
        at = {s: f"{name}:{stack.enter_context(front(sim.ports[s], **how))}" for s in ("rest", "llm", "stt", "tts")}
        gate = at.pop("rest")
        yield aimed(plan, rest=f"http{secure}://{gate}", websocket=f"ws{secure}://{gate}", **at)


def worked(work: Path, plan: Plan) -> dict[str, set[str | None]]:
    """How operations ended, by test type, in a run that lasts until each protocol has some."""
    with start_run(work, plan) as run:
        run.go()
        wait_until(lambda: all(len(ends) >= 5 for ends in _ends(run).values()), 50, "operations of every protocol")
        run.stop(drain=10)
        run.final()
    return {test_type: set(ends) for test_type, ends in _ends(run).items()}


def _ends(run: Run) -> dict[str, list[str | None]]:
    lines = run.requests()
    return {t: [line["reason"] for line in lines if line["test_type"] == t] for t in PROTOCOLS}


@pytest.mark.parametrize(
    "trusted, host, reason",
    [
        ("june", HOST, None),
        ("stranger", HOST, "connect"),
        ("june", "other.test", "connect"),
    ],
    ids=["all in order", "another authority", "another host"],
)
def test_users_of_every_protocol_verify_and_are_verified(
    request: pytest.FixtureRequest, tmp_path: Path, june: Authority, trusted: str, host: str, reason: str | None
) -> None:
    tls = trusting(request.getfixturevalue(trusted), showing=june)
    with start_sim(tmp_path) as sim:
        plan = plan_for(sim, 10, 120.0, workers=1)
        with fronted(sim, plan, host, context=june.context(mutual=True)) as secured:
            tls = msgspec.structs.replace(tls, grpc=True)
            ends = worked(tmp_path / "work", aimed(secured, tls=tls, addresses={host: "127.0.0.1"}))
    assert ends == {test_type: {reason} for test_type in PROTOCOLS}


def test_users_of_every_protocol_reach_an_ipv6_address(tmp_path: Path) -> None:
    if not _has_ipv6():
        pytest.skip("this machine has no IPv6 loopback")
    with start_sim(tmp_path) as sim:
        plan = plan_for(sim, 10, 120.0, workers=1)
        with fronted(sim, plan, "::1", host="::1") as there:
            ends = worked(tmp_path / "work", aimed(there, addresses={"::1": "::1"}))
    assert ends == {test_type: {None} for test_type in PROTOCOLS}


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True
