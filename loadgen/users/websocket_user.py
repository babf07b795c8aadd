"""WebSocket users: one connection each; a connect is an operation of its own, also when it is made again."""

from __future__ import annotations

from typing import ClassVar

from loadgen.protocols.call import Judgement
from loadgen.protocols.registry import CONNECT
from loadgen.protocols.websocket import WEBSOCKET
from loadgen.users.http1 import head_lines
from loadgen.users.operation_user import Draft, Flight, OperationUser
from loadgen.users.rest_user import common_headers
from loadgen.users.sockets import Place, place_of
from loadgen.users.worker import Job, Worker
from loadgen.users.ws_connection import WsConnection


class WebsocketUser(OperationUser):
    """Speaks to the gateway at /ws/{user_id}."""

    abstract = True
    test_type = WEBSOCKET
    place: ClassVar[Place]
    connect_job: ClassVar[Job]

    @classmethod
    def open_worker(cls, worker: Worker) -> None:
        """Once for each process, before any user. Raises LookupError when the plan has no operation to connect with."""
        cls.worker = worker
        cls.place = place_of(worker.target.websocket, worker.target)
        job = worker.job_of(WEBSOCKET, CONNECT)
        if job is None:
            raise LookupError("the plan has no websocket operation with `call: connect`")
        cls.connect_job = job

    def begin(self) -> None:
        """No connection yet."""
        headers = common_headers(self.worker, self.place, self.index)
        head_lines(headers)  # refuses what would break out of its line
        self._headers = {name: value for name, value in headers.items() if name not in ("host", "accept")}
        self._connection = WsConnection(self.place, self._opened_or_closed)
        self._replies = 0

    def needs(self) -> Job | None:
        """A connection."""
        return None if self._connection.is_open else self.connect_job

    def build(self, job: Job) -> Draft:
        """A connect leads to the user's own path."""
        if job.operation.call == CONNECT:
            return Draft(job=job, message=job.call.build(self.user_id))
        return super().build(job)

    def attempt(self, draft: Draft, flight: Flight, deadline: float) -> Judgement:
        """Connect, or send one message and wait for its reply."""
        if draft.job.operation.call == CONNECT:
            return self._connect(draft, flight, deadline)
        flight.request_id = f"{self.user_id}#{self._replies + 1}"
        reply, flight.finished = self._connection.exchange(draft.message, deadline)
        self._replies += 1
        flight.length = len(reply)
        return draft.job.call.judge(reply, draft.job.operation.expect, draft.seconds)

    def pause(self, seconds: float) -> None:
        """While the user thinks, pings are answered and a lost connection is noticed."""
        if self._connection.is_open:
            self._connection.rest(seconds)
        else:
            super().pause(seconds)

    def leave(self) -> None:
        """Say goodbye."""
        self._connection.close()

    def _connect(self, draft: Draft, flight: Flight, deadline: float) -> Judgement:
        flight.request_id = f"{self.user_id}#0"
        again = self._connection.lost
        handshake, flight.finished = self._connection.open(draft.message, self._headers, deadline)
        judgement = draft.job.call.judge(handshake, draft.job.operation.expect)
        if judgement.reason is None and self._connection.is_open and again:
            self._connection.lost = False
            self.worker.counters.reconnected(WEBSOCKET)
        return judgement

    def _opened_or_closed(self, delta: int) -> None:
        self.worker.counters.connections(WEBSOCKET, delta)
