"""A worker's own counters: one writer, in shared memory: a scrape costs it nothing and its death loses nothing."""

from __future__ import annotations

from bisect import bisect_left
from pathlib import Path

from msgspec import Struct

from loadgen.model.outcome import REASONS, Outcome
from loadgen.model.plan import Plan
from loadgen.model.record import Count
from loadgen.telemetry import run_values
from loadgen.telemetry.layout import BILLION, FAILURES, RESPONSE, Layout, layout_of
from loadgen.telemetry.memory import create_file, map_file, worker_file

NO_ANSWER = frozenset({"connect", "timeout", "closed", "unfinished", "internal"})
"""Reasons with which no answer arrived: such operations have no service time."""


class _Books(Struct, frozen=True):
    """The slots of one operation in one phase; None where its call measures no such thing."""

    response: int
    failures: dict[str, int]
    shortest: int
    longest: int
    service: int
    lag: int
    retry_after: int
    first_message: int | None
    gaps: int | None
    realtime_factor: int | None
    tokens: int | None
    audio: int | None


def create(work: Path, plan: Plan) -> None:
    """Make every counter file of the run, all at 0, before any process that maps them starts. Raises OSError."""
    layout = layout_of(plan)
    for worker in range(plan.workers):
        create_file(worker_file(work, worker), layout.fingerprint, layout.slots)
    run_values.create(work, plan)


class WorkerCounters:
    """The counters of one worker. Only that worker's process may write them, and from one thread."""

    def __init__(self, slots: memoryview[int], layout: Layout, plan: Plan) -> None:
        self._slots = slots
        self._edges = plan.edges
        self._infinite = len(plan.edges)
        self._lag_edges = layout.family("loadtest_schedule_lag_seconds").edges
        self._loop_lag = layout.family("loadtest_event_loop_lag_seconds").first
        self._books = _books(layout)
        self._users = _by_test_type(layout, "loadtest_users")
        self._in_flight = _by_test_type(layout, "loadtest_requests_in_flight")
        self._connections = _by_test_type(layout, "loadtest_connections")
        self._reconnects = _by_test_type(layout, "loadtest_reconnects_total")
        self._cpu = layout.family("loadtest_generator_cpu_ratio").first
        self._heartbeat = layout.family("loadtest_worker_heartbeat_timestamp_seconds").first

    @classmethod
    def open(cls, work: Path, plan: Plan, worker: int) -> WorkerCounters:
        """Map the counters of worker number `worker`. Raises memory.CounterFileError."""
        layout = layout_of(plan)
        slots = map_file(worker_file(work, worker), layout.fingerprint, layout.slots, writable=True)
        return cls(slots.cast("Q"), layout, plan)

    def record(self, outcome: Outcome) -> None:
        """Count one operation that was finished or given up.

        Its response time always goes into the sum, and into its bucket when it succeeded, else into `+Inf`.
        Raises KeyError for an operation, phase or reason that the plan does not know; nothing is counted then.
        """
        # Written out, without a helper per histogram: this runs once for each operation, between two requests.
        books = self._books[outcome.test_type, outcome.name, outcome.phase]
        slots, edges, infinite = self._slots, self._edges, self._infinite
        finished, reason = outcome.finished, outcome.reason
        response = finished - outcome.due
        billionths = int(response * BILLION + 0.5) if response > 0.0 else 0
        first = books.response
        if reason is None:
            slots[first + infinite + 1] += billionths
            slots[first + bisect_left(edges, response)] += 1
            if billionths >= slots[books.longest]:
                slots[books.longest] = billionths + 1
            if not 0 < slots[books.shortest] <= billionths:
                slots[books.shortest] = billionths + 1
        else:
            failure = books.failures[reason]
            slots[first + infinite + 1] += billionths
            slots[first + infinite] += 1
            slots[failure] += 1
        if reason not in NO_ANSWER:
            self._observe(books.service, finished - outcome.started)
        if outcome.lag > 0.0:
            self._observe(books.lag, outcome.lag, self._lag_edges)
        else:
            slots[books.lag] += 1
        if outcome.retry_after is not None:
            slots[books.retry_after] += 1
        self._record_stream(books, outcome)

    def _record_stream(self, books: _Books, outcome: Outcome) -> None:
        slots = self._slots
        if outcome.first_message is not None:
            self._observe(_measured(books.first_message, outcome), outcome.first_message)
        for gap in outcome.gaps:
            self._observe(_measured(books.gaps, outcome), gap)
        if outcome.realtime_factor is not None:
            self._observe(_measured(books.realtime_factor, outcome), outcome.realtime_factor)
        if outcome.tokens_in or outcome.tokens_out:
            prompt = _measured(books.tokens, outcome)
            slots[prompt] += outcome.tokens_in
            slots[prompt + 1] += outcome.tokens_out
        if outcome.audio_seconds:
            slots[_measured(books.audio, outcome)] += round(outcome.audio_seconds * BILLION)

    def _observe(self, first: int, value: float, edges: tuple[float, ...] | None = None) -> None:
        slots, edges = self._slots, edges or self._edges
        if value > 0.0:
            slots[first + len(edges) + 1] += int(value * BILLION + 0.5)
            first += bisect_left(edges, value)
        slots[first] += 1

    def set_users(self, test_type: str, users: int) -> None:
        """How many of this worker's users are active now."""
        self._slots[self._users[test_type]] = users

    def in_flight(self, test_type: str, delta: int) -> None:
        """Operations sent (+1) or answered (-1)."""
        self._slots[self._in_flight[test_type]] += delta

    def connections(self, test_type: str, delta: int) -> None:
        """Connections opened (+1) or closed (-1)."""
        self._slots[self._connections[test_type]] += delta

    def reconnected(self, test_type: str) -> None:
        """A connection was made again after one was lost."""
        self._slots[self._reconnects[test_type]] += 1

    def loop_lag(self, seconds: float) -> None:
        """How late the event loop ran a timer."""
        self._observe(self._loop_lag, max(0.0, seconds))

    def cpu(self, ratio: float) -> None:
        """Share of one core that this worker used in the last second."""
        self._slots[self._cpu] = round(ratio * BILLION) + 1

    def heartbeat(self, unix: float) -> None:
        """The loop turns. `unix`: Unix seconds now."""
        self._slots[self._heartbeat] = round(unix * BILLION) + 1

    def counts(self) -> tuple[Count, ...]:
        """What this worker has counted so far, by operation, in the order of the plan."""
        totals: dict[tuple[str, str], tuple[int, int]] = {}
        for (test_type, name, _), books in self._books.items():
            requests, failures = totals.get((test_type, name), (0, 0))
            requests += sum(self._slots[books.response : books.response + self._infinite + 1])
            failures += sum(self._slots[slot] for slot in books.failures.values())
            totals[test_type, name] = (requests, failures)
        return tuple(
            Count(test_type=test_type, name=name, requests=requests, failures=failures)
            for (test_type, name), (requests, failures) in totals.items()
        )


def _measured(slot: int | None, outcome: Outcome) -> int:
    if slot is None:
        raise LookupError(f"{outcome.test_type}:{outcome.name} measured what its call does not declare: {outcome}")
    return slot


def _books(layout: Layout) -> dict[tuple[str, str, str], _Books]:
    response, failures = layout.family(RESPONSE).offsets, layout.family(FAILURES).offsets
    return {
        (test_type, name, phase): _books_of(
            layout,
            (test_type, name, phase),
            first,
            {reason: failures[test_type, name, phase, reason] for reason in REASONS},
        )
        for (test_type, name, phase), first in response.items()
    }


def _books_of(layout: Layout, key: tuple[str, str, str], response: int, failures: dict[str, int]) -> _Books:
    test_type, name, phase = key
    operation = (test_type, name)

    def slot(metric: str, *more: str) -> int | None:
        return layout.family(metric).offsets.get((*operation, *more))

    return _Books(
        response=response,
        failures=failures,
        shortest=layout.family("loadtest_response_time_min_seconds").offsets[operation],
        longest=layout.family("loadtest_response_time_max_seconds").offsets[operation],
        service=layout.family("loadtest_request_duration_seconds").offsets[operation],
        lag=layout.family("loadtest_schedule_lag_seconds").offsets[(phase,)],
        retry_after=layout.family("loadtest_retry_after_total").offsets[operation],
        first_message=slot("loadtest_first_message_seconds"),
        gaps=slot("loadtest_inter_message_seconds"),
        realtime_factor=slot("loadtest_realtime_factor"),
        tokens=slot("loadtest_tokens_total", "prompt"),
        audio=slot("loadtest_audio_seconds_total"),
    )


def _by_test_type(layout: Layout, metric: str) -> dict[str, int]:
    return {key[0]: slot for key, slot in layout.family(metric).offsets.items()}
