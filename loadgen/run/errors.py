"""What can keep a run from starting, each with the exit code it ends in."""

from __future__ import annotations


class EnvironmentFault(Exception):
    """The surroundings do not allow the run (target unreachable, port taken, Prometheus missing). No load was sent.

    Says what is wrong, why, and how to mend it, one problem a line.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Interrupted(Exception):
    """A signal asked for the end. `signal` is its number."""

    def __init__(self, signal: int) -> None:
        super().__init__(f"interrupted by signal {signal}")
        self.signal = signal
