"""Ctrl-C and SIGTERM: the first asks for an orderly end, the second ends at once."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Self

from loadgen.run.errors import Interrupted

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupt:
    """Remembers the first signal; a second one calls `at_once`, which ends the processes, and leaves.

    A handler that raised could break any clean-up in the middle, so the signal is only noted here and every wait of
    the orchestrator asks for it.
    """

    def __init__(self, left: str = "what was written so far stays in the run folder") -> None:
        """`left`: what is there when it was stopped at once, for the user."""
        self._left = left
        self.signal: int | None = None
        self.at_once: Callable[[], None] = lambda: None
        self._previous: dict[int, object] = {}

    def __enter__(self) -> Self:
        for number in SIGNALS:
            self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal() returned it also takes
            # Whoever waits outside (a series of runs) must know too, however late in the run the signal came.
            outer = getattr(handler, "__self__", None)
            if isinstance(outer, Interrupt) and outer.signal is None:
                outer.signal = self.signal

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if self.signal is None:
            self.signal = number
            return
        self.at_once()
        sys.stderr.write(f"\nstopped at once; {self._left}\n")
        sys.stderr.flush()
        # The interpreter's own shutdown could wait for threads; nothing is left to be tidied here.
        os._exit(128 + number)

    def check(self) -> None:
        """Raise Interrupted when a signal came."""
        if self.signal is not None:
            raise Interrupted(self.signal)

    def wait(self, condition: Callable[[], bool], timeout: float, step: float = 0.05) -> bool:
        """Wait until `condition()` holds, at most `timeout` seconds; False when it did not. Raises Interrupted."""
        deadline = time.monotonic() + timeout
        while True:
            self.check()
            if condition():
                return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(step)
