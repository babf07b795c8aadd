"""The Prometheus that sees a run: one of its own, the standing stack's, or somebody else's. To a run they are alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from loadgen.model.plan import Plan
from loadgen.query.client import Prometheus, PrometheusFault
from loadgen.run.errors import EnvironmentFault


class Part(Protocol):
    """A process that the run needs, watched while there is load."""

    role: str

    def exit_code(self) -> int | None:
        """None while it runs."""

    def last_words(self, lines: int = 3) -> str:
        """The end of its log, for an error message."""

    def death(self) -> str:
        """How it ended, in a sentence."""


class Server(Protocol):
    """A Prometheus, from the moment a run wants it until the run's verdict has been scraped."""

    url: str
    version: str
    data: str
    """Its data directory; empty where we do not know it."""
    started_by_us: bool
    """Started for this run, and ended with it."""
    ours: bool
    """Started for this run or by `loadgen up`, so that whom it notifies is ours to notify."""
    place: str
    """Which it is, where, and for how long: a sentence for the user."""

    def check(self, plan: Plan) -> None:
        """See whether it can serve the plan, changing nothing. Raises EnvironmentFault when it cannot."""

    def begin(self, draft: Plan, telemetry: str) -> Part:
        """Have it scrape the run, whose own endpoint will be `telemetry` (`host:port`). Raises EnvironmentFault."""

    def update(self, plan: Plan) -> None:
        """Have the rules of the plan as it will be carried out. It answers by now. Raises EnvironmentFault."""

    def loaded(self, plan: Plan) -> bool:
        """Whether all of them work by now. Raises EnvironmentFault when they never will."""

    def unseen(self) -> str:
        """Why it may not have scraped the run, and what to do: the end of an error message."""

    def end(self) -> None:
        """Take away what was given to it for this run. Raises nothing; may be called twice."""


class Distant:
    """A Prometheus that is no child of ours, watched by asking it."""

    role = "prometheus"

    PAUSE = 1.0
    """Seconds from question to question."""
    GONE = 5.0
    """Seconds for which nothing may listen there; after that the run could not be judged anyway."""

    def __init__(self, url: str, words: Callable[[int], str], lives: Callable[[], bool] = lambda: True) -> None:
        """`words`: the last lines of its log, `lives`: whether its process runs, where these are known."""
        self._url, self._words, self._lives = url, words, lives
        self._client = Prometheus(url, timeout=1.0, patience=0.0)
        self._asked = self._heard = time.monotonic()

    def exit_code(self) -> int | None:
        """None while it answers; it gave us no exit code, so 1 when it does not."""
        if not self._lives():
            return 1
        now = time.monotonic()
        if now - self._asked >= self.PAUSE:
            self._asked = now
            if self._there():
                self._heard = now
        return 1 if now - self._heard > self.GONE else None

    def _there(self) -> bool:
        try:
            self._client.version()
        except PrometheusFault as fault:
            return fault.reached  # one that is slow is not gone; what it misses shows as a gap
        return True

    def last_words(self, lines: int = 3) -> str:
        """The end of its log."""
        return self._words(lines)

    def death(self) -> str:
        """That it is gone; nobody told us how."""
        return f"the Prometheus at {self._url} is gone; {self.last_words()}"


def ask(question: Callable[[], object], what: str) -> None:
    """Ask Prometheus; an answer that it does not give becomes an EnvironmentFault that begins with `what`."""
    try:
        question()
    except PrometheusFault as fault:
        raise EnvironmentFault(f"{what}: {fault}") from fault
