"""The WebSocket answers each message once, in order, and treats bad ones as June does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.sim_process import Sim
from tests.waiting import wait_until


@contextmanager
def connection(sim: Sim, user: str = "ann") -> Iterator[ClientConnection]:
    with connect(f"{sim.websocket}/ws/{user}", open_timeout=5, close_timeout=1) as socket:
        yield socket


def ask(socket: ClientConnection, message: Any) -> dict[str, Any]:
    socket.send(json.dumps(message))
    return json.loads(socket.recv(timeout=5))


@pytest.mark.parametrize(
    "message, kind",
    [
        ({"text": "hi"}, "response"),
        ({"type": "text", "text": "hi"}, "response"),
        ({"type": "audio", "audio_data": "AAAA"}, "transcription"),
        ({"type": "tts_request", "text": "hi"}, "audio_response"),
    ],
)
def test_each_type_has_its_reply(sim: Sim, message: dict[str, str], kind: str) -> None:
    with connection(sim) as socket:
        assert ask(socket, message)["type"] == kind


def test_the_nth_reply_belongs_to_the_nth_message(sim: Sim) -> None:
    with connection(sim) as socket:
        for number in range(20):
            socket.send(json.dumps({"text": f"message {number}"}))
        replies = [json.loads(socket.recv(timeout=5))["text"] for _ in range(20)]
    assert replies == [f"Mock response to: message {number}" for number in range(20)]


def test_an_unknown_type_is_an_error_and_the_connection_stays(sim: Sim) -> None:
    with connection(sim) as socket:
        assert ask(socket, {"type": "dance"})["type"] == "error"
        assert ask(socket, {"text": "hi"})["type"] == "response"


@pytest.mark.parametrize("frame", ["no json", "[1]", b"\x00\x01"])
def test_a_message_that_is_none_gets_an_error_and_no_close_frame(sim: Sim, frame: str | bytes) -> None:
    with connection(sim) as socket:
        socket.send(frame)
        assert json.loads(socket.recv(timeout=5))["type"] == "error"
        with pytest.raises(ConnectionClosedError) as closed:
            socket.recv(timeout=5)
        assert closed.value.rcvd is None


def test_a_handshake_without_a_user_is_refused(sim: Sim) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(f"{sim.websocket}/ws"):
        pass
    assert refused.value.response.status_code == 403


def test_open_connections_are_counted(sim: Sim) -> None:
    with connection(sim), connection(sim, "bob"):
        assert sim.state()["connections"] == 2
    wait_until(lambda: sim.state()["connections"] == 0, 5, "no connections")


def test_messages_and_connections_are_booked(sim: Sim) -> None:
    with connection(sim) as socket:
        for _ in range(3):
            ask(socket, {"text": "hi"})
        ask(socket, {"type": "audio"})
    assert [sim.answered(f"websocket:{call}")["answered"] for call in ("connect", "text", "audio", "tts_request")] == [
        1,
        3,
        1,
        0,
    ]


def test_a_ping_is_answered(sim: Sim) -> None:
    with connection(sim) as socket:
        assert socket.ping().wait(5)


def test_an_error_fault_is_an_error_message_and_the_connection_stays(sim: Sim) -> None:
    sim.tell("faults", operation="websocket:text", error_every=2)
    with connection(sim) as socket:
        assert [ask(socket, {"text": "hi"})["type"] for _ in range(4)] == ["response", "error"] * 2
    assert sim.answered("websocket:text")["errors"] == 2


def test_a_handshake_can_be_made_to_fail(sim: Sim) -> None:
    sim.tell("faults", operation="websocket:connect", error_every=1, status=503)
    with pytest.raises(InvalidStatus) as refused, connection(sim):
        pass
    assert refused.value.response.status_code == 503
    assert sim.answered("websocket:connect")["errors"] == 1


@pytest.mark.parametrize("close_frame", [True, False])
def test_a_message_whose_client_left_is_given_up(sim: Sim, close_frame: bool) -> None:
    sim.tell("faults", operation="websocket:text", latency=600)
    with connection(sim) as socket:
        socket.send(json.dumps({"text": "hi"}))
        if not close_frame:
            socket.socket.shutdown(2)
    wait_until(lambda: sim.answered("websocket:text")["given_up"] == 1, 5, "the message to be given up")
    assert sim.answered("websocket:text")["answered"] == 0
