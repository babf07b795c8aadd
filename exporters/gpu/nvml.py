"""The real thing: NVML through `pynvml`, the module of the package nvidia-ml-py."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from typing import Any

import pynvml

from exporters.gpu.backend import Call, Event, NvmlFault

ERRORS = {
    value: name.removeprefix("NVML_ERROR_").lower()
    for name, value in vars(pynvml).items()
    if name.startswith("NVML_ERROR_")
}

FIELD_TYPES = ("dVal", "uiVal", "ulVal", "ullVal", "sllVal", "siVal", "usVal")
"""The member of a field's value, by its type."""

MOST_EVENTS = 1000
"""In one scrape; a GPU that reports more will find them in the next."""


class Nvml:
    """One session with the driver. Handles are kept by uuid for as long as it lasts."""

    def __init__(self) -> None:
        self._handles: dict[str, Any] = {}
        self._watched: dict[int | None, str] = {}
        self._events: Any = None
        self._is_open = False

    def open(self) -> None:
        """Load the library and connect to the driver. Raises NvmlFault."""
        _ask(pynvml.nvmlInit)
        self._is_open = True

    def close(self) -> None:
        """Disconnect: a driver in use can be neither unloaded nor reset."""
        if self._events is not None:
            with suppress(NvmlFault):
                _ask(pynvml.nvmlEventSetFree, self._events)
        if self._is_open:
            with suppress(NvmlFault):
                _ask(pynvml.nvmlShutdown)
        self._handles, self._watched = {}, {}
        self._events, self._is_open = None, False

    def ask(self, call: Call) -> Any:
        """Call the function of this name. Raises NvmlFault."""
        function = getattr(pynvml, call.function, None)
        if function is None:
            raise NvmlFault("function_not_found")
        handle = [self._handle(call.device)] if call.device else []
        if function is pynvml.nvmlDeviceGetFieldValues:
            return _field(*handle, *call.arguments)
        return plain(_ask(function, *handle, *call.arguments))

    def watch(self, device: str) -> None:
        """Add the GPU to the session's event set. Raises NvmlFault."""
        if self._events is None:
            self._events = _ask(pynvml.nvmlEventSetCreate)
        handle = self._handle(device)
        _ask(pynvml.nvmlDeviceRegisterEvents, handle, pynvml.nvmlEventTypeXidCriticalError, self._events)
        self._watched[_address(handle)] = device

    def events(self) -> list[Event]:
        """Empty the event set. The uuid comes from our own list: a GPU that is lost no longer tells it."""
        found: list[Event] = []
        while self._events is not None and len(found) < MOST_EVENTS:
            try:
                data = _ask(pynvml.nvmlEventSetWait_v2, self._events, 0)
            except NvmlFault as fault:
                if fault.error == "timeout":
                    break
                raise
            if data.eventType & pynvml.nvmlEventTypeXidCriticalError:
                found.append(Event(self._watched.get(_address(data.device), ""), data.eventData))
        return found

    def _handle(self, device: str) -> Any:
        if device not in self._handles:
            parent, slash, index = device.rpartition("/")
            if device.startswith("#"):
                return _ask(pynvml.nvmlDeviceGetHandleByIndex, int(device[1:]))
            if slash:
                return _ask(pynvml.nvmlDeviceGetMigDeviceHandleByIndex, self._handle(parent), int(index))
            self._handles[device] = _ask(pynvml.nvmlDeviceGetHandleByUUID, device)
        return self._handles[device]


def plain(value: Any) -> Any:
    """An answer without ctypes: structs as dicts, arrays as lists, bytes as text."""
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, ctypes.Structure):
        return {name: plain(getattr(value, name)) for name, *_ in value._fields_}
    if isinstance(value, pynvml.nvmlFriendlyObject):
        return {name: plain(member) for name, member in vars(value).items()}
    if isinstance(value, (list, tuple, ctypes.Array)):
        return [plain(member) for member in value]
    return value


def _field(handle: Any, field: int, scope: int) -> Any:
    """One of the values that have a number instead of a function; each has an error of its own."""
    found = _ask(pynvml.nvmlDeviceGetFieldValues, handle, [(field, scope)])[0]
    if found.nvmlReturn != pynvml.NVML_SUCCESS:
        raise NvmlFault(ERRORS.get(found.nvmlReturn, "unknown"))
    return getattr(found.value, FIELD_TYPES[found.valueType])


def _address(handle: Any) -> int | None:
    return ctypes.cast(handle, ctypes.c_void_p).value


def _ask(function: Any, *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except pynvml.NVMLError as error:
        raise NvmlFault(ERRORS.get(error.value, "unknown")) from error
    except pynvml.NVMLLibraryMismatchError as error:  # a driver older than this module
        raise NvmlFault("function_not_found") from error
    except UnicodeDecodeError as error:  # a text that is none, such as the name of somebody's program
        raise NvmlFault("no_data") from error
