"""REST users: one keep-alive connection each, a token of their own."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from loadgen.protocols.call import Judgement
from loadgen.protocols.identity import address
from loadgen.protocols.registry import TOKEN
from loadgen.protocols.rest import REST, token_of
from loadgen.protocols.tokens import renewal
from loadgen.users.http1 import HttpConnection, encode, head_lines
from loadgen.users.operation_user import Draft, Flight, OperationUser
from loadgen.users.sockets import Place, place_of
from loadgen.users.worker import Job, Worker

USER_AGENT = "june-loadtest"


def common_headers(worker: Worker, place: Place, index: int) -> dict[str, str]:
    """What every request of that user carries, beside its token."""
    headers = {"host": place.authority, "user-agent": USER_AGENT, "accept": "application/json"}
    if (where := address(index, worker.target.identities)) is not None:
        headers["x-forwarded-for"] = where
    return headers | worker.resolved.headers


class RestUser(OperationUser):
    """Speaks HTTP/1.1 to the gateway."""

    abstract = True
    test_type = REST
    can_do_without: ClassVar[bool] = True  # without a token the server's refusal is counted where it belongs
    place: ClassVar[Place]

    @classmethod
    def open_worker(cls, worker: Worker) -> None:
        """Once for each process, before any user."""
        cls.worker = worker
        cls.place = place_of(worker.target.rest, worker.target)

    def begin(self) -> None:
        """Header lines once for all; no connection yet."""
        self._common = head_lines(common_headers(self.worker, self.place, self.index))
        self._token_job = self.worker.job_of(REST, TOKEN)
        self._token_line = b""
        self._renew_at: float = 0.0
        self._connection = HttpConnection(self.place, self._opened_or_closed)

    def needs(self) -> Job | None:
        """A token, when there is none or the one there is expires soon."""
        return self._token_job if time.monotonic() >= self._renew_at else None

    def build(self, job: Job) -> Draft:
        """A token is asked for by the user's own id."""
        if job.operation.call == TOKEN:
            return Draft(job=job, message=job.call.build(self.user_id))
        return super().build(job)

    def attempt(self, draft: Draft, flight: Flight, deadline: float) -> Judgement:
        """One exchange."""
        identity = f"x-request-id: {flight.request_id}\r\n".encode()
        data = encode(draft.message, self.place.prefix, self._common, self._token_line, identity)
        answer, flight.finished = self._connection.exchange(data, deadline)
        flight.length = len(answer.body)
        judgement = draft.job.call.judge(answer, draft.job.operation.expect, draft.seconds)
        if draft.job.operation.call == TOKEN:
            self._keep_token(token_of(answer) if judgement.reason is None else "")
        elif answer.status == 401:
            self._keep_token("")
        return judgement

    def leave(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _keep_token(self, token: str) -> None:
        self._token_line = head_lines({"authorization": f"Bearer {token}"}) if token else b""
        lasts = renewal(token, time.time()) if token else 0.0
        self._renew_at = float("inf") if lasts is None else time.monotonic() + lasts

    def _opened_or_closed(self, delta: int) -> None:
        counters: Any = self.worker.counters
        counters.connections(REST, delta)
        if delta > 0 and self._connection.lost:
            self._connection.lost = False
            counters.reconnected(REST)
