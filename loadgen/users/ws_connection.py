"""One WebSocket connection: the protocol is the `websockets` library's own (its part without I/O), the socket gevent's.

The library's threaded client would need a second greenlet and a queue for each user, and its timestamps would be taken
behind that queue.
"""

from __future__ import annotations

import socket
import time
from collections import deque
from collections.abc import Callable

from websockets.client import ClientProtocol
from websockets.exceptions import WebSocketException
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from loadgen.protocols.websocket import Handshake
from loadgen.users.failure import Failure, from_os_error
from loadgen.users.sockets import RECEIVE, Place, connect, remaining

_DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)
_GOODBYE = 0.2
"""Seconds that a close frame may take to be sent; nobody waits for the answer."""


class WsConnection:
    """Connected or not. `watch(+1 | -1)` hears of each opening and closing."""

    def __init__(self, place: Place, watch: Callable[[int], None]) -> None:
        self._place = place
        self._watch = watch
        self._socket: socket.socket | None = None
        self._protocol: ClientProtocol
        self._replies: deque[str | bytes] = deque()
        self._pieces: list[Frame] = []
        self.lost = False
        """The peer closed the last connection, or it was given up after a timeout."""

    @property
    def is_open(self) -> bool:
        """Whether a message can be sent."""
        return self._socket is not None

    def open(self, path: str, headers: dict[str, str], deadline: float) -> tuple[Handshake, float]:
        """Connect and shake hands. Returns how that was answered (101: open) and when. Raises Failure."""
        scheme = "ws" if self._place.context is None else "wss"
        uri = parse_uri(f"{scheme}://{self._place.authority}{self._place.prefix}{path}")
        self._protocol = ClientProtocol(uri, max_size=None)
        self._replies.clear()
        self._pieces.clear()
        request = self._protocol.connect()
        request.headers.update(headers)
        self._protocol.send_request(request)
        connection = connect(self._place, deadline)
        try:
            handshake, came = self._shake_hands(connection, deadline)
        except OSError as fault:
            connection.close()
            raise from_os_error(fault, connected=True, awaited="handshake") from None
        except BaseException:
            connection.close()
            raise
        if handshake.status != 101:
            connection.close()
            return handshake, came
        self._socket = connection
        self._watch(1)
        return handshake, came

    def exchange(self, text: str, deadline: float) -> tuple[str | bytes, float]:
        """Send a message; return the reply and when it came. Raises Failure, and is then closed.

        Replies carry no name, so the n-th belongs to the n-th message; one that was not waited for would shift all that
        follow. That is why a connection is given up after a timeout.
        """
        try:
            return self._exchange(text, deadline)
        except OSError as fault:
            self._lose()
            raise from_os_error(fault, connected=True, awaited="reply") from None
        except BaseException:
            self._lose()
            raise

    def rest(self, seconds: float) -> None:
        """Wait so long, answering pings; ends early, closed, when the peer goes or sends what nobody asked for."""
        deadline = time.monotonic() + seconds
        try:
            while self._socket is not None and time.monotonic() < deadline:
                self._receive(self._socket, deadline)
                if self._replies or self._protocol.state is not OPEN:
                    self._lose()
        except TimeoutError:
            return
        except (OSError, Failure):
            self._lose()

    def close(self) -> None:
        """Say goodbye and close, if there is a connection."""
        if self._socket is None:
            return
        try:
            self._protocol.send_close(CloseCode.NORMAL_CLOSURE)
            self._flush(self._socket, time.monotonic() + _GOODBYE)
        except (OSError, WebSocketException):
            pass  # the peer was faster
        self._drop()

    def _exchange(self, text: str, deadline: float) -> tuple[str | bytes, float]:
        connection = self._socket
        if connection is None:
            raise Failure("closed", "the connection was lost before the message was sent")
        self._protocol.send_text(text.encode())
        self._flush(connection, deadline)
        while not self._replies:
            if self._protocol.state is not OPEN:
                raise Failure("closed", "the connection was closed before the reply", self._close_code())
            self._receive(connection, deadline)
        came = time.monotonic()
        reply = self._replies.popleft()
        if self._replies:
            self._lose()  # more than one reply to one message: which belongs to which is lost
        return reply, came

    def _shake_hands(self, connection: socket.socket, deadline: float) -> tuple[Handshake, float]:
        self._flush(connection, deadline)
        while True:
            connection.settimeout(remaining(deadline))
            data = connection.recv(RECEIVE)
            if data:
                self._protocol.receive_data(data)
            else:
                self._protocol.receive_eof()
            for event in self._protocol.events_received():
                if isinstance(event, Response):
                    self._check_handshake(event)
                    headers = {name.lower(): value for name, value in event.headers.raw_items()}
                    return Handshake(status=event.status_code, headers=headers), time.monotonic()
            if not data or self._protocol.handshake_exc is not None:
                raise Failure("closed", f"no handshake: {self._protocol.handshake_exc or 'the connection was closed'}")

    def _check_handshake(self, response: Response) -> None:
        if response.status_code == 101 and self._protocol.handshake_exc is not None:
            raise Failure("bad_answer", f"a wrong handshake: {self._protocol.handshake_exc}", "101")

    def _receive(self, connection: socket.socket, deadline: float) -> None:
        connection.settimeout(remaining(deadline))
        data = connection.recv(RECEIVE)
        if not data:
            self._protocol.receive_eof()
            raise Failure("closed", "the connection was closed", self._close_code())
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Frame) and event.opcode in _DATA:
                self._collect(event)
        self._flush(connection, deadline)

    def _collect(self, frame: Frame) -> None:
        self._pieces.append(frame)
        if frame.fin:
            whole = b"".join(piece.data for piece in self._pieces)
            text = self._pieces[0].opcode is Opcode.TEXT
            self._pieces.clear()
            self._replies.append(whole.decode(errors="replace") if text else whole)

    def _flush(self, connection: socket.socket, deadline: float) -> None:
        for data in self._protocol.data_to_send():
            if data:
                connection.settimeout(remaining(deadline))
                connection.sendall(data)

    def _close_code(self) -> str:
        return str(self._protocol.close_code or CloseCode.ABNORMAL_CLOSURE.value)

    def _lose(self) -> None:
        self.lost = True
        self._drop()

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
            self._watch(-1)
