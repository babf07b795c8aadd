"""Load goes only where it is allowed, and to the very address that was checked."""

from __future__ import annotations

import socket

import pytest
from msgspec.structs import replace

from loadgen.model.plan import Target
from loadgen.run.allowed import check_allowed, endpoints
from loadgen.run.errors import EnvironmentFault

LOCAL = Target(
    name="t", kind="june", rest="http://127.0.0.1:8000", websocket="ws://localhost:8001/base",
    llm="127.0.0.1:50051", stt="[::1]:50052", tts="127.0.0.1:50053",
)  # fmt: skip


def test_loopback_is_allowed_and_every_host_gets_its_checked_address() -> None:
    addresses = check_allowed(LOCAL).addresses
    assert addresses["127.0.0.1"] == "127.0.0.1"
    assert addresses["::1"] == "::1"
    assert addresses["localhost"] in ("127.0.0.1", "::1")


def test_another_machine_is_refused_unless_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.7", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    far = replace(LOCAL, rest="http://june.example:8000")
    with pytest.raises(EnvironmentFault, match=r"june\.example.*192\.0\.2\.7.*--allow-host june\.example"):
        check_allowed(far)
    named = replace(far, allow=("june.example", "127.0.0.1", "localhost", "::1"))
    assert check_allowed(named).addresses["june.example"] == "192.0.2.7"


def test_a_loopback_name_that_points_elsewhere_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("198.51.100.1", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(EnvironmentFault, match="localhost"):
        check_allowed(LOCAL)


def test_every_host_that_is_wrong_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    with pytest.raises(EnvironmentFault) as caught:
        check_allowed(replace(LOCAL, rest="http://a.invalid", llm="b.invalid:1"))
    assert len(caught.value.problems) == len(
        {host for host, _ in endpoints(LOCAL).values()} | {"a.invalid", "b.invalid"}
    )


def test_ports_follow_from_the_scheme_where_none_is_given() -> None:
    target = replace(LOCAL, rest="https://june.example", websocket="ws://june.example")
    assert endpoints(target)["rest"] == ("june.example", 443)
    assert endpoints(target)["websocket"] == ("june.example", 80)
    assert endpoints(target)["stt"] == ("::1", 50052)
