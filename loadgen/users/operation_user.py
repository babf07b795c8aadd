"""The user that all protocols share: works in its windows, thinks in between, and writes down every operation once."""

from __future__ import annotations

import logging
import math
import time
from itertools import accumulate, pairwise
from random import Random
from typing import Any, ClassVar

import gevent
from gevent import GreenletExit
from gevent.event import Event
from locust import User, task
from locust.exception import StopUser
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_STOPPING, LOCUST_STATE_WAITING
from msgspec import Struct

from loadgen.model.outcome import Outcome
from loadgen.model.plan import COOLDOWN
from loadgen.protocols.audio import pcm_of
from loadgen.protocols.call import FIRST_MESSAGE, GAPS, REALTIME_FACTOR, SPEECH, Judgement
from loadgen.protocols.identity import user_id
from loadgen.users.failure import Failure
from loadgen.users.timeline import Seat
from loadgen.users.worker import Job, Worker

logger = logging.getLogger(__name__)

GIVEN_UP = "still in flight when the load ended"


class Draft(Struct, frozen=True, kw_only=True):
    """An operation that is ready to be sent, made while the user thinks. `seconds`: audio in it."""

    job: Job
    message: Any
    seconds: float = 0.0


class Flight(Struct, kw_only=True):
    """An operation under way, filled in as it goes. Times are CLOCK_MONOTONIC."""

    due: float
    """When the answer was due to be asked for; a paced stream moves it to its last chunk."""
    started: float
    lag: float
    request_id: str = ""
    finished: float = 0.0
    messages: list[float]
    """When each message of a stream came."""
    length: int = 0
    """Bytes of the answer."""


class OperationUser(User):
    """A Locust user of one test type. A protocol fills in `begin`, `build`, `attempt` and `leave`."""

    abstract = True
    test_type: ClassVar[str]
    worker: ClassVar[Worker]

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.busy = False
        """An operation is in flight."""
        self._leaving = False
        self.active_until = -math.inf
        """End of the window in which the user woke, elapsed; in the past when it is idle."""
        self.index = -1
        self._rank = self.worker.timeline.enlist(self.test_type)
        self._requests = 0
        self.worker.users.append(self)

    # ----------------------------------------------------------------------------------- what a protocol fills in

    def begin(self) -> None:
        """Prepare for work; `index`, `user_id` and `rng` are set."""

    def needs(self) -> Job | None:
        """An operation that must come before the next one, such as fetching a token."""
        return None

    can_do_without: ClassVar[bool] = False
    """Whether the user goes on when what it needed has failed."""

    def build(self, job: Job) -> Draft:
        """What will be sent. Nothing here is measured."""
        call = job.call
        material = self.worker.draw(call.needs, self.rng)
        seconds = pcm_of(material).seconds if call.needs == SPEECH else 0.0
        return Draft(job=job, message=call.build(material, job.params), seconds=seconds)

    def attempt(self, draft: Draft, flight: Flight, deadline: float) -> Judgement:
        """Send, wait, set `flight.finished` when the answer is whole, then judge. Raises Failure."""
        raise NotImplementedError

    def leave(self) -> None:
        """The user goes away: close its connections."""

    # ------------------------------------------------------------------------------------------- the user's life

    def stop(self, force: bool = False) -> bool:
        """Locust ends the user. One that waits begins nothing more, though its time may come before its end does."""
        self._leaving = True
        return bool(super().stop(force))

    @task
    def work(self) -> None:
        """Everything a user does; returns never."""
        self._state = LOCUST_STATE_WAITING
        seat = self.worker.timeline.seat(self.test_type, self._rank)
        try:
            if seat is not None:
                self._live(seat)
        except StopUser:
            raise
        except Exception:
            # A user that cannot work counts as inactive, so the run shows that it lacks users.
            logger.exception("user %s-%s gave up", self.test_type, self.index)
            self.active_until = -math.inf
        # Locust's own count of users stays at the peak until the load is over.
        self._state = LOCUST_STATE_WAITING
        Event().wait()

    def _live(self, seat: Seat) -> None:
        self._sit_down(seat)
        for start, end in seat.windows:
            self._work_in(start, end)

    def _sit_down(self, seat: Seat) -> None:
        plan = self.worker.plan
        self.index = seat.index
        self.user_id = user_id(plan.run_id, self.test_type, seat.index)
        self.rng = Random(f"{plan.inputs.seed}:{self.test_type}:{seat.index}")
        self._jobs = [job for job in self.worker.jobs[self.test_type] if job.operation.weight > 0]
        self._weights = list(accumulate(job.operation.weight for job in self._jobs))
        self._think = plan.think_times[self.test_type]
        self.begin()

    def _work_in(self, start: float, end: float) -> None:
        self._pause_until(start)
        self.active_until = end
        due = start
        while due < end:
            (job,) = self.rng.choices(self._jobs, cum_weights=self._weights)
            draft = self.build(job)
            self._pause_until(due)
            outcome = self._turn(draft, due, end)
            due = self._elapsed(outcome.finished) + self._break_after(outcome)
        self._pause_until(end)
        self.leave()

    def _break_after(self, outcome: Outcome) -> float:
        return max(self.rng.uniform(self._think.low, self._think.high), self._told_to_wait(outcome))

    def _told_to_wait(self, outcome: Outcome) -> float:
        """Seconds that the target asked for and is to be given; 0 when it did not ask, or is not heeded."""
        return (outcome.retry_after or 0.0) if self.worker.target.honour_retry_after else 0.0

    def _turn(self, draft: Draft, due: float, end: float) -> Outcome:
        """One operation, after what it needs. Where that leads no further, it is the only one."""
        needed = self.needs()
        if needed is not None:
            outcome = self._perform(self.build(needed), due)
            due = self._elapsed(outcome.finished)
            lacking = not self.can_do_without and self.needs() is not None
            if due >= end or lacking or self._told_to_wait(outcome) > 0:
                return outcome
        return self._perform(draft, due)

    def _perform(self, draft: Draft, due: float) -> Outcome:
        """Do an operation and write down its outcome, also when this greenlet is killed meanwhile."""
        flight = self._take_off(due)
        try:
            judgement = self.attempt(draft, flight, flight.started + draft.job.operation.timeout)
        except GreenletExit:
            self._land(draft, flight, self._phase_given_up(due), Judgement(reason="unfinished", message=GIVEN_UP))
            raise
        except Failure as failure:
            judgement = failure.judgement
        except Exception as fault:  # noqa: BLE001 - whatever it is, the operation must be in the books
            judgement = Judgement(reason="internal", message=f"{type(fault).__name__}: {fault}")
        return self._land(draft, flight, self.worker.timeline.phase(due), judgement)

    def _phase_given_up(self, due: float) -> str:
        """Where an operation counts that is given up.

        What an early end cut off is nobody's failure, so it is not judged. At the planned end it had the whole drain to
        end by itself, and counts where it was due.
        """
        timeline = self.worker.timeline
        return COOLDOWN if timeline.cut else timeline.phase(due)

    def _take_off(self, due: float) -> Flight:
        if self.worker.timeline.closed or self._leaving:
            raise StopUser
        self.busy = True
        self._requests += 1
        self.worker.counters.in_flight(self.test_type, 1)
        moment, now = self.worker.timeline.moment(due), time.monotonic()
        name = f"{self.user_id}-{self._requests}"
        return Flight(due=moment, started=now, lag=max(0.0, now - moment), request_id=name, messages=[])

    def _land(self, draft: Draft, flight: Flight, phase: str, judgement: Judgement) -> Outcome:
        outcome = self._outcome(draft, flight, phase, judgement)
        self.busy = False
        self.worker.counters.in_flight(self.test_type, -1)
        self.worker.books.enter(outcome, flight.length)
        return outcome

    def _outcome(self, draft: Draft, flight: Flight, phase: str, judgement: Judgement) -> Outcome:
        measures, operation = draft.job.call.measures, draft.job.operation
        finished = flight.finished or time.monotonic()
        came, sound = flight.messages, judgement.audio_seconds
        # A paced stream's time to its first message counts from its last chunk; what came before counts as at once.
        begin = max(flight.due, flight.started)
        return Outcome(
            test_type=self.test_type,
            name=operation.name,
            phase=phase,
            due=flight.due,
            started=flight.started,
            lag=flight.lag,
            finished=finished,
            reason=judgement.reason,
            status=judgement.status,
            message=judgement.message,
            excerpt=judgement.excerpt,
            first_message=max(0.0, came[0] - begin) if came and FIRST_MESSAGE in measures else None,
            gaps=tuple(b - a for a, b in pairwise(came)) if came and GAPS in measures else (),
            realtime_factor=(finished - flight.started) / sound if sound and REALTIME_FACTOR in measures else None,
            tokens_in=judgement.tokens_in,
            tokens_out=judgement.tokens_out,
            audio_seconds=sound,
            retry_after=judgement.retry_after,
            request_id=flight.request_id,
            user=self.index,
        )

    # ---------------------------------------------------------------------------------------------------- waiting

    def pause(self, seconds: float) -> None:
        """Wait, about that long."""
        gevent.sleep(seconds)

    def _pause_until(self, elapsed: float) -> None:
        """Wait until that moment of plan time. Locust may end the user meanwhile."""
        moment = self.worker.timeline.moment(elapsed)
        if self._state == LOCUST_STATE_STOPPING:
            raise StopUser
        self._state = LOCUST_STATE_WAITING
        # The event loop's clock stands still while greenlets run, so a timer may come a little early.
        while (left := moment - time.monotonic()) > 0:
            self.pause(left)
        self._state = LOCUST_STATE_RUNNING

    def _elapsed(self, moment: float) -> float:
        return self.worker.timeline.elapsed_at(moment)
