"""June's rate limits: one count for each address over all paths, three sliding windows, thresholds by path."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

from msgspec import Struct

MINUTE, HOUR, DAY = 60, 3600, 86_400

_PER_DAY = 10_000

_LIMITS = {
    "/api/v1/llm/generate": (10, 100),
    "/api/v1/tts/speak": (20, 200),
    "/api/v1/audio/transcribe": (20, 200),
    "/chat": (30, 500),
}
_OTHERS = (60, 1000)
_EXEMPT = ("/health", "/metrics", "/docs", "/openapi.json", "/ws")


class Decision(Struct, frozen=True):
    """What the limiter says of one request. The window is the tightest of the three, or the one that is exceeded."""

    allowed: bool
    limit: int
    window: int
    """Seconds."""
    remaining: int
    reset_in: int
    """Whole seconds until the window's oldest request leaves it."""

    def headers(self, now: float) -> dict[str, str]:
        """The answer's headers; `now` in Unix seconds."""
        headers = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(int(now) + self.reset_in),
        }
        if not self.allowed:
            headers["Retry-After"] = str(self.reset_in)
        return headers

    def body(self) -> dict[str, object]:
        """The body of the 429."""
        return {
            "error": "Rate limit exceeded",
            "message": f"Rate limit exceeded: {self.limit} requests per {self.window}s",
            "retry_after": self.reset_in,
        }


class Limiter:
    """Remembers when each address was let in."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: dict[str, dict[int, deque[float]]] = {}

    def forget(self) -> None:
        """Start afresh."""
        self._seen.clear()

    def decide(self, address: str, path: str) -> Decision | None:
        """Let a request in or not, and count it if so; None for a path without limits."""
        if path.startswith(_EXEMPT):
            return None
        now = self._clock()
        windows = self._seen.setdefault(address, {MINUTE: deque(), HOUR: deque(), DAY: deque()})
        limits = dict(zip((MINUTE, HOUR, DAY), (*_LIMITS.get(path, _OTHERS), _PER_DAY), strict=True))
        for window, times in windows.items():
            while times and times[0] <= now - window:
                times.popleft()
        tightest = min(windows, key=lambda w: limits[w] - len(windows[w]))
        allowed = len(windows[tightest]) < limits[tightest]
        if allowed:
            for times in windows.values():
                times.append(now)
        times = windows[tightest]
        return Decision(
            allowed,
            limits[tightest],
            tightest,
            max(0, limits[tightest] - len(times)),
            max(1, math.ceil(times[0] + tightest - now)),
        )
