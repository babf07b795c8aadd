"""gRPC users: unary calls, streams read as they come, speech sent at the pace it would be spoken.

The timeout of speech at its own pace runs from the moment its last chunk is due, as its response time does: a
recording may be longer than any timeout, and before it has been spoken the target owes no answer.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import gevent
import grpc

from loadgen.protocols.call import Judgement
from loadgen.protocols.grpc_answers import judge_status
from loadgen.protocols.grpc_calls import BIDIRECTIONAL, GRPC, METHODS, UNARY, Method, StreamParams, chunks_due
from loadgen.protocols.retry import retry_after_of
from loadgen.users.grpc_channels import Channels, unary
from loadgen.users.operation_user import Draft, Flight, OperationUser
from loadgen.users.sockets import remaining
from loadgen.users.worker import Job, Worker


class GrpcUser(OperationUser):
    """Speaks to the Inference API, STT and TTS."""

    abstract = True
    test_type = GRPC
    channels: ClassVar[Channels]

    @classmethod
    def open_worker(cls, worker: Worker) -> None:
        """Once for each process, before any user. Raises OSError when a TLS file cannot be read."""
        cls.worker = worker
        cls.channels = Channels(worker.target, lambda delta: worker.counters.connections(GRPC, delta))

    def build(self, job: Job) -> Draft:
        """The method with its message or messages."""
        draft = super().build(job)
        methods = METHODS[job.operation.call]
        if len(methods) == 1:
            return Draft(job=job, message=(methods[0], draft.message), seconds=draft.seconds)
        method = self.rng.choice([method for method in methods if method.service in job.params.services])
        return Draft(job=job, message=(method, method.request()))

    def attempt(self, draft: Draft, flight: Flight, deadline: float) -> Judgement:
        """One call, whatever its kind."""
        method, message = draft.message
        metadata = (*self.worker.resolved.metadata, ("x-request-id", flight.request_id))
        expect = draft.job.operation.expect
        try:
            answers = self._call(method, message, draft.job.params, flight, deadline, metadata)
        except grpc.RpcError as error:
            flight.finished = time.monotonic()
            return judge_status(
                error.code().name,
                error.details() or "",
                expect,
                answered=bool(flight.messages),
                retry_after=_retry_after(error),
            )
        flight.length = sum(answer.ByteSize() for answer in answers)
        return draft.job.call.judge(answers, expect, draft.seconds)

    def _call(
        self, method: Method, message: Any, params: Any, flight: Flight, deadline: float, metadata: Any
    ) -> list[Any]:
        """All messages of a call that ended well. Raises grpc.RpcError."""
        stub = self.channels.stub(method, self.index)
        if method.kind == UNARY:
            answer = unary(stub, message, remaining(deadline), metadata)
            flight.finished = time.monotonic()
            return [answer]
        if method.kind == BIDIRECTIONAL:
            paced = isinstance(params, StreamParams) and params.pace == "realtime"
            message = _paced(message, flight) if paced else iter(message)
            deadline += max(0.0, flight.due - flight.started)
        answers = self._read(stub(message, timeout=remaining(deadline), metadata=metadata), flight)
        flight.finished = time.monotonic()
        return answers

    @staticmethod
    def _read(call: Any, flight: Flight) -> list[Any]:
        answers = []
        try:
            for answer in call:
                flight.messages.append(time.monotonic())
                answers.append(answer)
        except BaseException:
            call.cancel()
            raise
        return answers


def _paced(chunks: Sequence[Any], flight: Flight) -> Iterator[Any]:
    """Chunks at the pace they are spoken, by a schedule that does not shift when one is late.

    The answer is due from the last chunk's moment. What counts as our lateness is how long after its moment, or after
    it was asked for, if the target took no more before, a chunk was handed over.
    """
    offsets = chunks_due(chunks)
    begin = flight.due
    flight.due = begin + offsets[-1]
    return _sent(chunks, [begin + offset for offset in offsets], flight)


def _sent(chunks: Sequence[Any], moments: Sequence[float], flight: Flight) -> Iterator[Any]:
    for chunk, moment in zip(chunks, moments, strict=True):
        could = max(moment, time.monotonic())
        while (left := moment - time.monotonic()) > 0:
            gevent.sleep(left)
        flight.lag = max(flight.lag, time.monotonic() - could)
        yield chunk


def _retry_after(error: Any) -> float | None:
    metadata = dict(error.trailing_metadata() or ())
    value = metadata.get("retry-after")
    return retry_after_of(value if isinstance(value, str) else None)
