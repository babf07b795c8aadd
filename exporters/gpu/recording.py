"""Recordings: what NVML answered, moment by moment, as lines of JSON; written from a device, served in its place.

The first line is the header, each further line a moment: seconds since the start, each question with its raw answer or
`{"error": name}`, and the errors that GPUs reported meanwhile.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from exporters.core.errors import EnvironmentFault
from exporters.gpu.backend import Call, Event

T = TypeVar("T")

FORMAT = 1

BEGIN = Call("nvmlInit")
WATCH = "nvmlDeviceRegisterEvents"
"""The questions of a session's beginning, which are no questions to a backend but stand in a recording like them."""


class Header(Struct, frozen=True, kw_only=True):
    """What a recording is."""

    recording: int
    """The format's version."""
    source: str
    """`nvml`: recorded from a device; `handmade`: written by hand, after NVML's documentation."""
    interval: float
    """Seconds from one moment to the next."""
    about: str = ""


class Moment(Struct, frozen=True, kw_only=True):
    """What was asked and answered at one time."""

    at: float
    """Seconds since the recording began."""
    answers: dict[str, Any]
    events: list[Event] = []


class Recording(Struct, frozen=True, kw_only=True):
    """A whole recording; it has at least one moment."""

    header: Header
    moments: tuple[Moment, ...]


def load(file: Path) -> Recording:
    """Read a recording. Raises EnvironmentFault."""
    try:
        lines = file.read_bytes().splitlines()
    except OSError as fault:
        raise EnvironmentFault(f"cannot read the recording {file}: {fault.strerror}") from fault
    if len(lines) < 2:
        raise EnvironmentFault(
            f"{file} is no recording: it has {len(lines)} lines, and a header and a moment are the least"
        )
    header = _decoded(file, 1, lines[0], Header)
    if header.recording != FORMAT:
        raise EnvironmentFault(f"{file}:1: format {header.recording}, and this exporter reads {FORMAT}")
    moments = tuple(_decoded(file, number, line, Moment) for number, line in enumerate(lines[1:], 2))
    return Recording(header=header, moments=moments)


def _decoded(file: Path, number: int, line: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(line, type=kind)
    except msgspec.MsgspecError as fault:
        raise EnvironmentFault(f"{file}:{number} is no line of a recording: {fault}") from fault


def save(file: Path, header: Header, moments: Sequence[Moment]) -> None:
    """Write a recording, whole or not at all. Raises EnvironmentFault."""
    text = b"".join(msgspec.json.encode(line) + b"\n" for line in (header, *moments))
    try:
        place, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        with os.fdopen(place, "wb") as written:
            written.write(text)
        Path(name).replace(file)
    except OSError as fault:
        raise EnvironmentFault(f"cannot write the recording {file}: {fault.strerror}") from fault
