"""Connections against small real servers that misbehave."""

from __future__ import annotations

import base64
import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from loadgen.protocols.rest import Answer, Request
from loadgen.users.failure import Failure
from loadgen.users.http1 import HttpConnection, encode, head_lines
from loadgen.users.sockets import Place
from loadgen.users.ws_connection import WsConnection

Serve = Callable[[socket.socket], None]


@contextmanager
def server(serve: Serve) -> Iterator[Place]:
    """Hands every connection to `serve`, one after the other, then closes it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    serve(connection)
                except OSError:
                    continue

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    port = listener.getsockname()[1]
    try:
        yield Place(
            host="gateway.test",
            port=port,
            address="127.0.0.1",
            prefix="",
            authority=f"gateway.test:{port}",
            context=None,
        )
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def saying(*pieces: bytes) -> Serve:
    def serve(connection: socket.socket) -> None:
        while connection.recv(65536):
            for piece in pieces:
                connection.sendall(piece)

    return serve


def once(*pieces: bytes) -> Serve:
    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        for piece in pieces:
            connection.sendall(piece)

    return serve


def asked(place: Place, seconds: float = 5.0) -> Answer:
    connection = HttpConnection(place, lambda _: None)
    try:
        return connection.exchange(b"GET / HTTP/1.1\r\n\r\n", time.monotonic() + seconds)[0]
    finally:
        connection.close()


def reason_of(act: Callable[[], object]) -> str | None:
    with pytest.raises(Failure) as caught:
        act()
    return caught.value.judgement.reason


@pytest.mark.parametrize(
    "pieces",
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", b"he", b"llo"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhe", b"llo\r\n0\r\n\r\n"),
    ],
)
def test_an_answer_is_whole_however_it_is_cut(pieces: tuple[bytes, ...]) -> None:
    with server(saying(*pieces)) as place:
        assert asked(place).body == b"hello"


def test_a_body_may_end_with_its_connection() -> None:
    with server(once(b"HTTP/1.1 200 OK\r\n\r\nhello")) as place:
        assert asked(place).body == b"hello"


def test_a_kept_connection_is_used_again_and_a_closed_one_is_not() -> None:
    keep = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
    for answer, opened in ((keep, 1), (keep.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"), 3)):
        changes: list[int] = []
        with server(saying(answer)) as place:
            connection = HttpConnection(place, changes.append)
            for _ in range(3):
                connection.exchange(b"GET / HTTP/1.1\r\n\r\n", time.monotonic() + 5)
            connection.close()
        assert (changes.count(1), sum(changes)) == (opened, 0)


@pytest.mark.parametrize(
    "serve, reason",
    [
        (once(), "closed"),
        (once(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe"), "closed"),
        (once(b"no HTTP at all\r\n\r\n"), "bad_answer"),
    ],
)
def test_an_answer_that_is_not_whole_is_a_failure(serve: Serve, reason: str) -> None:
    with server(serve) as place:
        assert reason_of(lambda: asked(place)) == reason


def test_an_answer_that_drips_is_over_at_its_deadline() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
        connection.settimeout(0.02)
        while True:
            try:
                if not connection.recv(65536):
                    return
            except TimeoutError:
                connection.sendall(b"x")

    with server(drip) as place:
        assert reason_of(lambda: asked(place, 0.3)) == "timeout"


def test_a_refused_connection_is_no_timeout() -> None:
    with server(once()) as place:
        pass
    assert reason_of(lambda: asked(place)) == "connect"


@pytest.mark.parametrize("value", ["a\r\nx: y", "a\nb", "a\0b"])
def test_a_header_cannot_break_out_of_its_line(value: str) -> None:
    with pytest.raises(ValueError, match="control character"):
        head_lines({"x-key": value})


def test_a_request_with_a_body_says_how_long_it_is() -> None:
    data = encode(
        Request(method="POST", target="/a", body=b"{}", content_type="application/json"), "/base", b"h: 1\r\n"
    )
    assert data == b"POST /base/a HTTP/1.1\r\nh: 1\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


def shaken(*replies: bytes) -> Serve:
    """A WebSocket server: the handshake, then these bytes for each message."""

    def serve(connection: socket.socket) -> None:
        head = connection.recv(65536).decode()
        key = next(
            line.partition(": ")[2] for line in head.split("\r\n") if line.lower().startswith("sec-websocket-key")
        )
        accept = base64.b64encode(
            hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        ).decode()
        upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        connection.sendall(f"{upgrade}Sec-WebSocket-Accept: {accept}\r\n\r\n".encode())
        for reply in replies:
            connection.recv(65536)
            connection.sendall(reply)
        if not replies:
            connection.recv(65536)

    return serve


def text(content: bytes) -> bytes:
    return bytes([0x81, len(content)]) + content


@contextmanager
def opened(place: Place) -> Iterator[WsConnection]:
    connection = WsConnection(place, lambda _: None)
    assert connection.open("/ws/u", {}, time.monotonic() + 5)[0].status == 101
    yield connection
    connection.close()


def test_each_message_gets_its_own_reply() -> None:
    with server(shaken(text(b"one"), text(b"two"))) as place, opened(place) as connection:
        replies = [connection.exchange("m", time.monotonic() + 5)[0] for _ in range(2)]
    assert replies == ["one", "two"]


def test_a_ping_is_no_reply() -> None:
    with server(shaken(b"\x89\x00" + text(b"one"))) as place, opened(place) as connection:
        assert connection.exchange("m", time.monotonic() + 5)[0] == "one"


def test_a_connection_without_a_close_frame_was_closed_and_is_lost() -> None:
    with server(shaken()) as place, opened(place) as connection:
        assert reason_of(lambda: connection.exchange("m", time.monotonic() + 5)) == "closed"
        assert (connection.is_open, connection.lost) == (False, True)


def test_after_a_timeout_the_connection_is_given_up_so_that_replies_cannot_shift() -> None:
    with server(shaken(b"", text(b"late"))) as place, opened(place) as connection:
        assert reason_of(lambda: connection.exchange("m", time.monotonic() + 0.2)) == "timeout"
        assert (connection.is_open, connection.lost) == (False, True)


def test_two_replies_to_one_message_end_the_connection() -> None:
    with server(shaken(text(b"one") + text(b"extra"))) as place, opened(place) as connection:
        assert connection.exchange("m", time.monotonic() + 5)[0] == "one"
        assert not connection.is_open


def test_a_refused_handshake_tells_its_status_and_headers() -> None:
    with server(once(b"HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\ncontent-length: 0\r\n\r\n")) as place:
        handshake = WsConnection(place, lambda _: None).open("/ws/u", {}, time.monotonic() + 5)[0]
    assert (handshake.status, handshake.headers["retry-after"]) == (429, "7")
