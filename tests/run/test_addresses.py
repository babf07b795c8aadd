"""Two URLs of one server are one, however its host is called."""

from __future__ import annotations

import socket

import pytest

from loadgen.run.addresses import same_server, trusted


@pytest.mark.parametrize(
    "one, other, same",
    [
        ("http://127.0.0.1:9090", "http://127.0.0.1:9090", True),
        ("http://localhost:9090", "http://127.0.0.1:9090", True),
        ("http://[::ffff:127.0.0.1]:9090/", "http://127.0.0.1:9090", True),
        ("http://127.0.0.1", "http://127.0.0.1:80", True),
        ("http://localhost:9091", "http://127.0.0.1:9090", False),
        ("http://localhost:9090/other", "http://127.0.0.1:9090", False),
        ("http://203.0.113.9:9090", "http://127.0.0.1:9090", False),
        ("http://127.0.0.1:99999", "http://127.0.0.1:9090", False),
    ],
)
def test_address_port_and_path_tell_servers_apart(one: str, other: str, same: bool):
    assert same_server(one, other) is same


def test_a_host_without_an_address_is_no_server_but_itself(monkeypatch: pytest.MonkeyPatch):
    def unknown(*_: object, **__: object):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert not same_server("http://nowhere.invalid:9090", "http://127.0.0.1:9090")
    with pytest.raises(OSError, match="not known"):
        trusted("nowhere.invalid", ())


def test_only_loopback_and_what_was_named_is_trusted():
    assert trusted("localhost", ())
    assert not trusted("203.0.113.9", ())
    assert trusted("203.0.113.9", ("203.0.113.9",))
    assert not trusted("", ())
