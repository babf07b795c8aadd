"""The seam between the collectors and NVML: questions in, raw answers or a named error out.

Raw means as NVML gives it: milliwatts, megahertz, percent. `nvml` asks the real library, `replay` answers from a
recording; the collectors know neither.
"""

from __future__ import annotations

from typing import Any, Protocol

from msgspec import Struct

NOT_RECORDED = "not_recorded"
"""The error of a recording that was never asked this; all others are NVML's own, as `not_supported`."""


class NvmlFault(Exception):
    """NVML's answer is an error. `error`: its name in NVML, without `NVML_ERROR_`, in small letters: a fixed list."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class Call(Struct, frozen=True):
    """A question."""

    function: str
    """As pynvml calls it."""
    device: str = ""
    """Whom it is about: a GPU's or a MIG instance's uuid; `#0`: the GPU of this index; `<uuid>/0`: an instance by its
    index; empty: the whole machine."""
    arguments: tuple[Any, ...] = ()

    @property
    def key(self) -> str:
        """The question in a recording: `nvmlDeviceGetClockInfo(GPU-…, 1)`."""
        words = [self.device] if self.device else []
        return f"{self.function}({', '.join([*words, *map(str, self.arguments)])})"


class Event(Struct, frozen=True):
    """Something that a watched GPU reported."""

    device: str
    """Its uuid."""
    xid: int
    """The number of the error, as the driver writes it into the kernel's log."""


class Backend(Protocol):
    """Answers as NVML does. Used by one thread at a time."""

    def open(self) -> None:
        """Begin a session. Raises NvmlFault."""

    def close(self) -> None:
        """End the session, if there is one; what was known of devices is no longer valid."""

    def ask(self, call: Call) -> Any:
        """The raw answer: a number, a text, a list, or a dict for a struct; None for a value NVML has not.

        Raises NvmlFault.
        """

    def watch(self, device: str) -> None:
        """Have the critical errors (XID) of this GPU reported from now on. Raises NvmlFault."""

    def events(self) -> list[Event]:
        """What watched GPUs have reported since the last call; never waits. Raises NvmlFault."""
