"""The Outcome: what one operation did. Every protocol's user makes one for each operation."""

from __future__ import annotations

from msgspec import Struct

REASONS = (
    "connect",
    "timeout",
    "http_4xx",
    "rate_limited",
    "http_5xx",
    "grpc_error",
    "in_band_error",
    "bad_answer",
    "empty_answer",
    "closed",
    "unfinished",
    "internal",
)
"""Every reason for a failure, and so every value of the label `reason`.

connect: no connection, or TLS or channel set-up failed · timeout: no whole answer in time · rate_limited: HTTP 429, or
gRPC RESOURCE_EXHAUSTED that is a limiter's · grpc_error: any other status than OK · in_band_error: an error inside a
good status · bad_answer: not of the agreed form · empty_answer: no text or no audio where some was due · closed: the
peer dropped the connection meanwhile · unfinished: still in flight when the drain ended, or cut off by an early end of
the load (then its phase is `cooldown`, which is never judged) · internal: our own fault.
"""


class Outcome(Struct, frozen=True, kw_only=True):
    """One operation, finished or given up. Times are seconds of CLOCK_MONOTONIC; spans are seconds.

    response time = finished - due (what is judged); service time = finished - started.
    """

    test_type: str
    name: str
    phase: str
    """The phase in which the operation was scheduled; `cooldown` for one that an early end of the load cut off."""
    due: float
    """When the answer was due to be asked for: the planned start; of a paced stream its last chunk's planned time."""
    started: float
    """When sending really began."""
    lag: float
    """How much later than planned the generator sent, through its own fault (of a stream: the latest chunk)."""
    finished: float
    reason: str | None = None
    """None: succeeded; else one of REASONS."""
    status: str = ""
    """The protocol's own status: `200`, `UNAVAILABLE`, close code, …"""
    message: str = ""
    excerpt: str = ""
    """A short piece of the answer, free of secrets."""
    first_message: float | None = None
    """Streams: from `started` (of a paced stream `due`) to the first message."""
    gaps: tuple[float, ...] = ()
    """Streams: between consecutive messages."""
    realtime_factor: float | None = None
    """Speech: service time ÷ seconds of audio; below 1 is faster than real time."""
    tokens_in: int = 0
    tokens_out: int = 0
    audio_seconds: float = 0.0
    """Audio sent (STT) or received (TTS)."""
    retry_after: float | None = None
    """Seconds that the target asked us to wait."""
    request_id: str = ""
    user: int = -1

    @property
    def response_time(self) -> float:
        """Seconds from due to finished, never below 0."""
        return max(0.0, self.finished - self.due)

    @property
    def service_time(self) -> float:
        """Seconds from the actual start to finished."""
        return max(0.0, self.finished - self.started)
