"""One session with the driver, shared by all collectors: who is there, who is lost, and when to begin anew."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from msgspec import Struct

from exporters.core.collector import NO_DEVICE, NO_DRIVER, Absent
from exporters.gpu.backend import Backend, Call, NvmlFault

NO_DRIVER_ERRORS = ("library_not_found", "driver_not_loaded")

NOT_FOUND, AMBIGUOUS = "gpu_not_found", "unknown"
"""Errors of a GPU that is lost: the driver no longer counts it; one that it counts does not say which it is."""

LOST_ERRORS = ("gpu_is_lost", "reset_required", NOT_FOUND)
"""The device does not answer, whatever it is asked."""

OVER_ERRORS = ("uninitialized", "driver_not_loaded", "lib_rm_version_mismatch")
"""The session itself is over: the driver was unloaded, or replaced."""

PATIENCE = (5.0, 60.0)
"""Seconds until a new session is begun after one in which something was lost: first, and at most; each time twice as
long, since a new session interrupts the GPUs that are well."""

CLOSING_SECONDS = 0.2

NOWHERE = -1
"""No GPU's index."""


class Lost(Exception):
    """The device, or the whole session, is gone; nothing that was read of it in this scrape may be shown."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class Present(Struct, frozen=True):
    """The devices of this moment."""

    gpus: dict[str, int]
    """uuid → index."""
    lost: dict[str, str]
    """uuid → error, of GPUs that were there before and are not now."""
    nameless: tuple[str, ...] = ()
    """Errors of further GPUs that the driver counts, but that do not even tell their uuid."""


class Session:
    """Use it as a context: collectors run in threads of their own, NVML is asked by one of them at a time."""

    def __init__(self, backend: Backend, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock`: seconds that only go forward."""
        self.backend = backend
        self.generation = 0
        """Counts the sessions: what was set up in an older one (watched GPUs) has to be set up again."""
        self._clock = clock
        self._lock = threading.RLock()
        self._is_open = False
        self._known: dict[str, int] = {}
        """uuid → index where it was last seen, NOWHERE when that is another's now."""
        self._error = ""
        self._begun, self._patience, self._again = -math.inf, PATIENCE[0] / 2, -math.inf

    def __enter__(self) -> Self:
        self._lock.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    def present(self) -> Present:
        """Who is there. Raises Absent when no GPU ever was, NvmlFault when the driver is there and refuses."""
        try:
            self._begin()
            found = self._named(self.backend.ask(Call("nvmlDeviceGetCount")))
        except NvmlFault as fault:
            self._end()
            self.note(fault.error)
            if self._known:
                return Present(gpus={}, lost=dict.fromkeys(self._known, fault.error))
            if fault.error in NO_DRIVER_ERRORS:
                raise Absent(NO_DRIVER, f"NVML says {fault.error}") from fault
            raise
        if not (found.gpus or found.lost or found.nameless):
            raise Absent(NO_DEVICE, "the driver is loaded and sees no GPU")
        return found

    def ask(self, call: Call) -> Any:
        """The raw answer. Raises Lost when the device is gone, else NvmlFault."""
        try:
            return self.backend.ask(call)
        except NvmlFault as fault:
            if fault.error not in (*LOST_ERRORS, *OVER_ERRORS):
                raise
            if fault.error in OVER_ERRORS:
                self._end()
            self.note(fault.error)
            raise Lost(fault.error) from fault

    def note(self, error: str) -> None:
        """Something is lost; begin a new session after a while."""
        if not self._error:
            now = self._clock()
            soon = now - self._begun <= 2 * self._patience
            self._patience = min(2 * self._patience, PATIENCE[1]) if soon else PATIENCE[0]
            self._error, self._again = error, now + self._patience

    def close(self) -> None:
        """Let go of the driver, unless a question to it still hangs."""
        if self._lock.acquire(timeout=CLOSING_SECONDS):
            self._end()
            self._lock.release()

    def _begin(self) -> None:
        if self._error and self._clock() >= self._again:
            self._end()
            self._error = ""
        if self._is_open:
            return
        if self._error:
            raise NvmlFault(self._error)
        self._begun = self._clock()
        self.generation += 1
        self.backend.open()
        self._is_open = True

    def _end(self) -> None:
        self.backend.close()
        self._is_open = False

    def _named(self, count: int) -> Present:
        gpus: dict[str, int] = {}
        errors: dict[int, str] = {}
        for index in range(count):
            try:
                gpus[self.backend.ask(Call("nvmlDeviceGetUUID", f"#{index}"))] = index
            except NvmlFault as fault:
                if fault.error in OVER_ERRORS:
                    raise
                errors[index] = fault.error
        gone = {uuid: index for uuid, index in self._known.items() if uuid not in gpus}
        lost = {uuid: errors.pop(index) for uuid, index in gone.items() if index in errors}
        # An error at an index where none of them was may be any of theirs: the index of a GPU can move.
        lost |= dict.fromkeys(gone.keys() - lost.keys(), AMBIGUOUS if errors else NOT_FOUND)
        taken = set(gpus.values())
        self._known = {uuid: NOWHERE if index in taken else index for uuid, index in self._known.items()} | gpus
        if lost or errors:
            self.note(next(iter([*lost.values(), *errors.values()])))
        return Present(gpus=gpus, lost=lost, nameless=tuple(errors.values()))
